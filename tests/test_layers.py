"""`store` imports none of ours; `ingest` and `assistant` import `store`, never each other; `ui` imports all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "store": {"store"},
    "ingest": {"ingest", "store"},
    "assistant": {"assistant", "store"},
    "ui": {"ui", "assistant", "ingest", "store"},
}
HEAVY = {"gradio", "llama_index", "chromadb", "onnxruntime", "tokenizers", "pypdfium2", "docx", "numpy", "sqlalchemy"}


def imports(path: Path) -> set[str]:
    """Top-level names of everything that a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
    return names


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_no_layer_imports_upward(layer: str) -> None:
    modules = sorted((ROOT / layer).rglob("*.py"))
    assert modules
    for path in modules:
        upward = imports(path) & set(MAY_IMPORT) - MAY_IMPORT[layer]
        assert not upward, f"{path.relative_to(ROOT)} imports {upward}"


@pytest.mark.parametrize(("library", "owner"), [("chromadb", "store/vectors.py"), ("tantivy", "store/lexical.py")])
def test_an_index_library_has_one_importer(library: str, owner: str) -> None:
    importers = [
        str(path.relative_to(ROOT))
        for layer in MAY_IMPORT
        for path in sorted((ROOT / layer).rglob("*.py"))
        if library in imports(path)
    ]
    assert importers == [owner]


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = "import sys, ui.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not set(loaded.stdout.split()) & HEAVY
