"""Every error that a user may see.

    StatementsError
    ├── InputError            fix what was given: a path, a manifest, a question, a setting
    ├── NotFoundError         what was asked for is not in the store
    ├── SignInError           say who asks
    ├── AccessError           who asks may not do this: ask the operator for the right
    ├── StoreError            ask the operator
    │   ├── StoreBusyError    another process owns the store: use it, or wait and retry
    │   ├── StoreFullError    the disk is full: make space and run the same command again
    │   ├── FingerprintError  the index was made with another embedder or chunker: rebuild
    │   └── StoreDamagedError the folder can't be read: restore or ingest again
    ├── ModelError            a model is missing, or its file is not the one on its card
    └── RemoteError           a configured endpoint failed: retry, or look at its address

Every message is one line that says what is wrong and what to do. Foreign exceptions are translated where the foreign
library is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from store.lock import Owner


NO_SPACE = (ENOSPC, EDQUOT, EFBIG)
"""Error numbers of a write that found no space."""


class StatementsError(Exception):
    """Root of the tree; the command line and the HTTP layer catch nothing broader."""


class InputError(StatementsError):
    """What was given can't be used as it is."""


class NotFoundError(StatementsError):
    """What was asked for is not in the store."""


class SignInError(StatementsError):
    """Nobody is signed in, or what was shown for it does not count (any more)."""


class AccessError(StatementsError):
    """Who asks may not do this."""


class StoreError(StatementsError):
    """The store can't do its work."""


class StoreBusyError(StoreError):
    """Another process owns the store."""

    owner: Owner | None = None
    """Who it is, where that could be read."""


class StoreFullError(StoreError):
    """The disk is full; what was not written yet is not in the store, and everything else is."""


class FingerprintError(StoreError):
    """The index was made with other settings than those in force."""


class StoreDamagedError(StoreError):
    """The store's folder can't be read."""


class ModelError(StatementsError):
    """A model is missing or is not the one on its card."""


class RemoteError(StatementsError):
    """A configured endpoint failed."""

    reason: Literal["refused", "slow", "unsupported", "failed"] = "failed"
    """`unsupported`: it answers, but not to a request of this form."""


@contextmanager
def disk_errors(folder: Path, what: str, remedy: str) -> Iterator[None]:
    """The operating system's errors over files in `folder`: a full disk, or `what` failed, with what helps."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise StoreFullError(f"no space left in {folder}; free some and run the same command again") from error
        raise StoreError(f"{what} ({error.strerror}); {remedy}") from error
