"""Data files that LlamaIndex ships, found without importing it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from store.errors import ModelError


def bundled(name: str) -> Path:
    """A file or folder under LlamaIndex' own static data. Raises ModelError where it is not there."""
    spec = find_spec("llama_index.core")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "_static" / name
        if path.exists():
            return path
    raise ModelError(
        f"llama-index-core does not hold its data file {name}: install the version in requirements.lock again"
    )
