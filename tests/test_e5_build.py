"""The weight file is decoded as its format says, and the quantised graph stays near the exact one."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from store.e5_build import Weights, build
from store.embedder import E5Embedding
from store.errors import ModelError
from store.inference import open_session
from store.models import E5_SMALL, prepare

SENTENCES = (
    "The delegation regrets that the observers were turned back at the bridge.",
    "Die Abrüstung konventioneller Waffen bleibt unser gemeinsames Ziel.",
    "Мы предлагаем вернуться к этому вопросу осенью.",
    "Les prix de l'énergie ont doublé en un an.",
    "Chair, 14 of the 57 proposals were accepted; the rest will be discussed on 3 May.",
    "Oui.",
)


def write_weights(path: Path, codes: list[int], scale: float, floats: list[float]) -> None:
    """A file of the format with one block of 32 codes (`a.w`) and one vector (`a.b`)."""
    block = struct.pack("<e", scale) + bytes(low | high << 4 for low, high in zip(codes[:16], codes[16:], strict=True))
    vector = struct.pack(f"<{len(floats)}f", *floats)
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 0, 1, 128, 1, 1, 1, 1e-12, 32)
    head += struct.pack("<5iQ", 1, 0, 2, 1, 3, 5) + struct.pack("<2i", 0, 5) + struct.pack("<f", 0.5) + b"piece"
    head += struct.pack("<iI", 1, 4) + b"node" + struct.pack("<i", 2)
    entries = [(b"a.w", 1, 32, len(block)), (b"a.b", 0, len(floats), len(vector))]
    start = len(head) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name, *_ in entries)
    start += -start % 4
    for name, kind, count, size in entries:
        head += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, count, start, size)
        start += size
    path.write_bytes(head.ljust(-(-len(head) // 4) * 4, b"\0") + block + vector)


def test_blocks_and_vectors_are_decoded(tmp_path: Path) -> None:
    codes = [*range(16), *reversed(range(16))]
    write_weights(tmp_path / "w", codes, 0.25, [1.5, -2.0])

    weights = Weights.read(tmp_path / "w")

    assert weights.matrix("a.w", 32).tolist() == [[(code - 8) * 0.25 for code in codes]]
    assert weights.floats("a.b").tolist() == [1.5, -2.0]
    assert (weights.hidden, weights.layers, weights.heads) == (32, 0, 1)


@pytest.mark.parametrize("content", [b"ONNX" * 20, b"E5S1", b"E5S1" + bytes(200), b"\0"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w").write_bytes(content)

    with pytest.raises(ModelError, match="w "):
        Weights.read(tmp_path / "w")


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    write_weights(tmp_path / "w", [0] * 32, 1.0, [0.0])
    whole = (tmp_path / "w").read_bytes()

    for length in range(4, len(whole), 7):
        (tmp_path / "w").write_bytes(whole[:length])
        with pytest.raises(ModelError):
            Weights.read(tmp_path / "w")


def test_quantised_vectors_stay_near_the_exact_ones(models_folder: Path, tmp_path: Path) -> None:
    raw = prepare(dataclasses.replace(E5_SMALL, name="raw", convert=None), tmp_path)
    build(raw / "weights.q4", tmp_path / "exact.onnx", "float32")
    exact = open_session(tmp_path / "exact.onnx")
    tokenizer = Tokenizer.from_file(str(raw / "tokenizer.json"))
    embedder = E5Embedding.load(models_folder)

    for sentence in SENTENCES:
        ids = np.array([tokenizer.encode(f"passage: {sentence}").ids])
        (reference,) = exact.run(["embedding"], {"input_ids": ids})[0]
        assert embedder.embed_passages([sentence])[0] @ reference > 0.99
