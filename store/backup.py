"""One file that holds the store: the registry, what else is kept in its folder as SQLite, and a manifest.

The indexes are made again from the registry, without embedding.

A backup may be made while another process serves the store: SQLite copies one state of the registry, whatever is
written meanwhile. A restore puts the registry in place with one rename, after everything was checked.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from store import schema
from store.errors import InputError, NotFoundError, disk_errors
from store.lock import NAME as LOCK
from store.lock import FolderLock
from store.registry import translated

REGISTRY = schema.FILE
MANIFEST = "manifest.json"
FORMAT = 1
MEMBER = re.compile(r"[a-z]+\.sqlite3")
BLOCK = 1 << 20
UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    format: int
    program: str
    """Version of the program that made it."""
    made: str
    """ISO date and time, UTC."""
    schema: str
    fingerprint: str
    """Embedder, chunker and analyser, as the registry records them: JSON."""
    statements: int
    members: dict[str, str]
    """SHA-256 by name."""


def backup(folder: Path, file: Path) -> Manifest:
    """Write the store in `folder` to `file`. Nothing of an older backup is lost until the new one is complete.

    Raises InputError for a file that can't be or is no backup, NotFoundError where there is no store.
    """
    source = folder / REGISTRY
    if not source.exists():
        raise NotFoundError(f"no store in {folder}; choose another --store DIR")
    if file.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{file} lies in the store's own folder; name a file elsewhere")
    if not file.parent.is_dir():
        raise InputError(f"{file.parent} is no folder; make it first, or name another file")
    if file.exists():
        read_manifest(file)  # another file is not overwritten
    packed = file.with_name(f".{file.name}.zip{UNFINISHED}")
    copies = {
        path.name: file.with_name(f".{file.name}.{path.name}{UNFINISHED}")
        for path in sorted(folder.glob("*.sqlite3"))
        if path.is_file() and MEMBER.fullmatch(path.name)
    }
    try:
        with _disk_errors(file.parent):
            for name, copy in copies.items():
                copy.unlink(missing_ok=True)
                with translated(folder / name), closing(sqlite3.connect(folder / name, timeout=30)) as db:
                    db.execute("VACUUM INTO ?", (str(copy),))
            manifest = _described(copies)
            _pack(copies, manifest, packed)
            packed.replace(file)
            _sync(file.parent)
    finally:
        for copy in (*copies.values(), packed):
            copy.unlink(missing_ok=True)
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What a backup says it holds. Raises InputError where it is none."""
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = Manifest(**json.loads(packed.read(MANIFEST)))
    except OSError as error:
        raise InputError(f"{file} can't be read ({error.strerror})") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, ValueError, TypeError, NotImplementedError) as error:
        raise InputError(f"{file} is no backup of a store, or a damaged one; use another") from error
    readable = REGISTRY in manifest.members and all(map(MEMBER.fullmatch, manifest.members))
    if manifest.format != FORMAT or not readable:
        raise InputError(
            f"{file} is a backup of format {manifest.format}, this program reads {FORMAT}; use a newer one"
        )
    return manifest


def restore(file: Path, folder: Path, *, replace: bool = False) -> Manifest:
    """Put the registry of a backup into `folder`; opening the store then makes the indexes again.

    A restore that is interrupted leaves what was there before. Raises InputError for a damaged file, one of a newer
    schema, or a folder that holds something, unless `replace`; StoreBusyError where a process has the store.
    """
    manifest = read_manifest(file)
    if not manifest.schema.isdecimal() or int(manifest.schema) > int(schema.VERSION):
        raise InputError(
            f"{file} has schema {manifest.schema}, this program knows {schema.VERSION}: "
            f"use version {manifest.program} or newer"
        )
    unfinished = {name: folder / f"{name}{UNFINISHED}" for name in manifest.members}
    with _disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder)
    lock.acquire(None)
    try:
        parts = {path.name for path in unfinished.values()}
        held = sorted(path.name for path in folder.iterdir() if path.name not in {LOCK, *parts})
        if held and not replace:
            raise InputError(f"{folder} is not empty ({held[0]}); choose another --store DIR, or add --replace")
        with _disk_errors(folder):
            for name, part in unfinished.items():
                _unpack(file, name, manifest.members[name], part)
            _clear(folder, keep={LOCK, *parts, REGISTRY})
            for name, part in unfinished.items():
                if name != REGISTRY:
                    part.replace(folder / name)
            unfinished[REGISTRY].replace(folder / REGISTRY)
            _sync(folder)
    finally:
        for part in unfinished.values():
            part.unlink(missing_ok=True)
        lock.release()
    return manifest


def _described(copies: dict[str, Path]) -> Manifest:
    copy = copies[REGISTRY]
    kept = schema.version_of(copy)
    with translated(copy), closing(sqlite3.connect(copy)) as db:
        count = db.execute("SELECT count(*) FROM statements WHERE live").fetchone()[0]
        row = db.execute("SELECT value FROM settings WHERE name = 'fingerprint'").fetchone()
    members = {}
    for name, path in copies.items():
        with path.open("rb") as stream:
            members[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return Manifest(
        format=FORMAT,
        program=version("statements-assistant"),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        schema=kept or "",
        fingerprint=row[0] if row else "{}",
        statements=count,
        members=members,
    )


def _pack(copies: dict[str, Path], manifest: Manifest, packed: Path) -> None:
    packed.unlink(missing_ok=True)
    handle = os.open(packed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)  # statements may be restricted
    with os.fdopen(handle, "w+b") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
            for name, copy in copies.items():
                archive.write(copy, name)
        stream.flush()
        os.fsync(stream.fileno())


def _unpack(file: Path, name: str, sha256: str, target: Path) -> None:
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(file) as archive, archive.open(name) as packed, target.open("wb") as stream:
            for block in _blocks(packed):
                digest.update(block)
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, zlib.error) as error:
        raise InputError(f"{file} is damaged ({error}); use another backup") from error
    if digest.hexdigest() != sha256:
        raise InputError(f"{file} is damaged: {name} has not the checksum of its manifest; use another backup")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


def _clear(folder: Path, keep: set[str]) -> None:
    """Take away what belongs to the registry that goes, before the new one is there: each alone would be mistaken.

    The old registry stays until the rename, with its log written into it, so that it is whole until then.
    """
    old = folder / REGISTRY
    if old.exists():
        # Where it is damaged, which may be why it is replaced, its log is of no use either.
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(old, timeout=5)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in folder.iterdir():
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """The rename itself must survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _disk_errors(folder: Path) -> AbstractContextManager[None]:
    return disk_errors(folder, f"can't write in {folder}", "choose another place")
