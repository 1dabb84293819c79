"""A backup is one checked file, made while the store is served; a restore gives the same store or changes nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from served import ROOT, environment, run, sample_store, serving
from words import WordEmbedder, document, whole

from store.backup import MANIFEST, backup, read_manifest, restore
from store.doctor import check_registry
from store.errors import FingerprintError, InputError, NotFoundError, StoreBusyError
from store.statements import StatementStore
from store.types import Header

QUESTION = "How many duty officers would suffice for the Centre?"


def add(store: StatementStore, n: int, text: str = "Herons nest at the weir.") -> None:
    batch = document(f"{n}.txt", (Header(f"CC.DEL/{n}/19", "en"), [text, f"Tree {n}."]))
    store.add(store.embed([(one, whole(one)) for one in batch]))


def content(store: StatementStore) -> list[object]:
    return [(one.header, one.file, store.paragraphs(one.id)) for one in store.statements()] + list(store.sources())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with StatementStore.open(tmp_path / "store", WordEmbedder()) as store:
        for n in range(5):
            add(store, n)
    return tmp_path / "store"


def test_a_restored_store_is_the_same(folder: Path, tmp_path: Path) -> None:
    made = backup(folder, tmp_path / "b.zip")
    assert made == read_manifest(tmp_path / "b.zip")
    assert made.statements == 5
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
    restore(tmp_path / "b.zip", tmp_path / "other")
    embedder = WordEmbedder()
    with (
        StatementStore.open(folder, WordEmbedder()) as old,
        StatementStore.open(tmp_path / "other", embedder) as new,
    ):
        assert content(old) == content(new)
        assert old.status() == new.status()
        question = embedder.embed_query("tree 3")
        for hits in zip(*(one.search("tree 3", question, k=10) for one in (old, new)), strict=True):
            assert hits[0].chunk_id == hits[1].chunk_id
            assert hits[0].dense == pytest.approx(hits[1].dense, abs=1e-3)
            assert hits[0].lexical == pytest.approx(hits[1].lexical, abs=1e-3)
        assert new.check(full=True).sound
    assert embedder.embedded == 0


def test_a_backup_made_while_the_store_is_written_is_one_state_of_it(folder: Path, tmp_path: Path) -> None:
    with StatementStore.open(folder, WordEmbedder()) as store:
        stop = threading.Event()

        def write() -> None:
            n = 5
            while not stop.is_set():
                add(store, n)
                n += 1

        thread = threading.Thread(target=write)
        thread.start()
        try:
            made = [backup(folder, tmp_path / f"{n}.zip") for n in range(3)]
        finally:
            stop.set()
            thread.join()
    for n, manifest in enumerate(made):
        restore(tmp_path / f"{n}.zip", tmp_path / str(n))
        with StatementStore.open(tmp_path / str(n), WordEmbedder()) as copy:
            assert copy.status().statements == manifest.statements >= 5
            assert copy.check(full=True).sound


def test_a_damaged_backup_is_refused_and_changes_nothing(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "b.zip")
    whole_file = (tmp_path / "b.zip").read_bytes()
    bad = tmp_path / "bad.zip"
    for place in range(40, len(whole_file), len(whole_file) // 12):
        damaged = bytearray(whole_file)
        damaged[place : place + 8] = bytes(b ^ 0xFF for b in damaged[place : place + 8])
        bad.write_bytes(damaged)
        with pytest.raises(InputError, match=r"bad\.zip"):
            restore(bad, tmp_path / "other")
        assert not list((tmp_path / "other").glob("registry*"))
    for length in (0, 10, len(whole_file) // 2, len(whole_file) - 1):
        bad.write_bytes(whole_file[:length])
        with pytest.raises(InputError, match=r"bad\.zip"):
            restore(bad, tmp_path / "other")
    with pytest.raises(InputError, match=r"none\.zip"):
        restore(tmp_path / "none.zip", tmp_path / "other")


def test_a_registry_that_is_not_the_manifests_is_refused(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as packed, zipfile.ZipFile(tmp_path / "c.zip", "w") as other:
        other.writestr(MANIFEST, packed.read(MANIFEST))
        other.writestr("registry.sqlite3", packed.read("registry.sqlite3") + b"\0")
    with pytest.raises(InputError, match="checksum"):
        restore(tmp_path / "c.zip", tmp_path / "other")


def test_a_folder_that_holds_something_is_replaced_only_when_told(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "b.zip")
    with StatementStore.open(folder, WordEmbedder()) as store:
        add(store, 9, "Storks came later.")
        with pytest.raises(StoreBusyError):
            restore(tmp_path / "b.zip", folder, replace=True)
    with pytest.raises(InputError, match="--replace"):
        restore(tmp_path / "b.zip", folder)
    restore(tmp_path / "b.zip", folder, replace=True)
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert store.find("CC.DEL/9/19") == []
        assert store.check(full=True).sound
        assert all(hit.lexical == 0 for hit in store.search("storks", store.embedder.embed_query("storks"), k=9))


def test_a_newer_schema_and_a_newer_format_are_refused(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "b.zip")
    for key, value in (("schema", "99"), ("format", 99)):
        with zipfile.ZipFile(tmp_path / "b.zip") as packed, zipfile.ZipFile(tmp_path / f"{key}.zip", "w") as other:
            other.writestr(MANIFEST, json.dumps(json.loads(packed.read(MANIFEST)) | {key: value}))
            other.writestr("registry.sqlite3", packed.read("registry.sqlite3"))
        with pytest.raises(InputError, match="99"):
            restore(tmp_path / f"{key}.zip", tmp_path / "other")


def test_another_embedder_is_told_what_to_rebuild(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "other")
    with pytest.raises(FingerprintError, match="statements rebuild"):
        StatementStore.open(tmp_path / "other", WordEmbedder("other"))
    with StatementStore.open(tmp_path / "other", WordEmbedder("other"), any_index=True) as store:
        store.rebuild(whole)
        assert store.check(full=True).sound


def test_what_is_no_backup_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(InputError, match=r"letter\.txt"):
        backup(folder, tmp_path / "letter.txt")
    assert (tmp_path / "letter.txt").read_text() == "Dear colleague"
    for file in (folder / "b.zip", tmp_path / "nowhere" / "b.zip"):
        with pytest.raises(InputError):
            backup(folder, file)
    with pytest.raises(NotFoundError):
        backup(tmp_path / "empty", tmp_path / "b.zip")
    backup(folder, tmp_path / "b.zip")
    backup(folder, tmp_path / "b.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "letter.txt", "store"]


KILLED = """
import os, signal, shutil, sys
from pathlib import Path
from store.backup import restore

EVENTS = ("open", "os.rename", "os.remove", "shutil.rmtree", "sqlite3.connect", "os.rmdir")
file, live, targets = map(Path, sys.argv[1:])


def attempt(target, left):
    def watch(event, arguments):
        nonlocal left
        if event in EVENTS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    restore(file, target, replace=True)
    os._exit(0)


step, status = 0, None
while status != 0:
    shutil.copytree(live, targets / str(step))
    child = os.fork()
    if not child:
        attempt(targets / str(step), step)
    _, status = os.waitpid(child, 0)
    step += 1
"""


def test_a_killed_restore_leaves_the_old_store_or_the_new_one(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "b.zip")
    with StatementStore.open(folder, WordEmbedder()) as store:
        add(store, 9)
        shutil.copytree(folder, tmp_path / "live")  # its log is not yet written into the database
    (tmp_path / "targets").mkdir()
    command = [sys.executable, "-c", KILLED, tmp_path / "b.zip", tmp_path / "live", tmp_path / "targets"]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True)
    targets = sorted((tmp_path / "targets").iterdir(), key=lambda path: int(path.name))
    assert len(targets) > 10
    counts = []
    for target in targets:
        report = check_registry(target, full=True)
        assert report.sound
        counts.append(report.statements)
        if report.statements == 5:  # of the new one no index of the old one may be left
            assert {path.name for path in target.iterdir()} <= {"registry.sqlite3", "store.lock"}
    assert counts == sorted(counts, reverse=True)
    assert set(counts) == {5, 6}
    for target in (targets[len(targets) // 2], targets[-1]):
        with StatementStore.open(target, WordEmbedder()) as store:
            assert store.check(full=True).sound


def test_the_commands(tmp_path: Path) -> None:
    store = shutil.copytree(sample_store(), tmp_path / "store")
    file, other = tmp_path / "b.zip", tmp_path / "other"
    before = json.loads(run("--store", store, "ask", QUESTION, "--json").out)
    with serving(store):
        assert run("--store", store, "backup", file).code == 0
    done = run("--store", other, "restore", file)
    assert done.code == 0, done.err
    assert "restored" in done.out
    after = json.loads(run("--store", other, "ask", QUESTION, "--json").out)
    for key in ("status", "text", "claims", "citations", "refusal"):
        assert before[key] == after[key]

    assert run("--store", other, "restore", file).code == 2
    remote = {
        "STATEMENTS_EMBEDDER_KIND": "remote",
        "STATEMENTS_EMBEDDER_URL": "http://127.0.0.1:9/v1",
        "STATEMENTS_EMBEDDER_MODEL": "another",
    }
    told = run("--store", other, "restore", file, "--replace", **remote)
    assert "statements rebuild" in told.out + told.err or "127.0.0.1:9" in told.err


def test_an_older_backup_is_brought_up(tmp_path: Path) -> None:
    from test_schema import first_version

    (tmp_path / "old").mkdir()
    first_version(tmp_path / "old" / "registry.sqlite3").dispose()
    assert backup(tmp_path / "old", tmp_path / "b.zip").schema == "1"
    restore(tmp_path / "b.zip", tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "registry.sqlite3")) as db:
        assert db.execute("SELECT code FROM statements").fetchall() == [("CC.DEL/1/19",)]
    from store.registry import Registry

    Registry(tmp_path / "new" / "registry.sqlite3").close()
    assert (tmp_path / "new" / "registry.sqlite3.schema1").exists()
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["registry.sqlite3"]  # a backup changes nothing


def test_what_is_kept_beside_the_registry_is_taken_along(folder: Path, tmp_path: Path) -> None:
    for name, word in (("notes.sqlite3", "old"), ("Other-name.sqlite3", "not ours")):
        with closing(sqlite3.connect(folder / name)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("CREATE TABLE words (word)")
            db.execute("INSERT INTO words VALUES (?)", (word,))
            db.commit()
    made = backup(folder, tmp_path / "b.zip")
    with closing(sqlite3.connect(folder / "notes.sqlite3")) as db:
        db.execute("UPDATE words SET word = 'new'")
        db.commit()
    restore(tmp_path / "b.zip", folder, replace=True)

    assert set(made.members) == {"registry.sqlite3", "notes.sqlite3"}
    with closing(sqlite3.connect(folder / "notes.sqlite3")) as db:
        assert db.execute("SELECT word FROM words").fetchall() == [("old",)]


def test_a_member_of_another_name_is_refused(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(held[MANIFEST])
    manifest["members"]["../x.sqlite3"] = manifest["members"]["registry.sqlite3"]
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as packed:
        packed.writestr(MANIFEST, json.dumps(manifest))
        packed.writestr("registry.sqlite3", held["registry.sqlite3"])
        packed.writestr("../x.sqlite3", held["registry.sqlite3"])

    with pytest.raises(InputError):
        restore(tmp_path / "c.zip", tmp_path / "other")
    assert not (tmp_path / "x.sqlite3").exists()
