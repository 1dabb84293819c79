"""Counting tokens, offline."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from typing import TYPE_CHECKING

from store.bundled import bundled
from store.errors import ModelError

if TYPE_CHECKING:
    from tiktoken import Encoding

_FILE = "fb374d419588a4632f3f557e76b4b70aebbca790"
"""How tiktoken names the vocabulary of o200k_base in its cache."""
_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"


def count_tokens(text: str) -> int:
    """Number of o200k_base tokens in a text; markup of a model in it is counted as plain text."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> Encoding:
    """The bundled vocabulary. It is checked first because tiktoken would download a missing or damaged one."""
    file = bundled(f"tiktoken_cache/{_FILE}")
    if hashlib.sha256(file.read_bytes()).hexdigest() != _SHA256:
        raise ModelError(f"the token vocabulary {file} is damaged: install llama-index-core again")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(file.parent)
    import tiktoken

    return tiktoken.get_encoding("o200k_base")
