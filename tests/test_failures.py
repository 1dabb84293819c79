"""Full disks, missing rights and damaged files: one clear line that says what to do, and nothing silently wrong."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from served import ROOT, environment, run, sample_store
from words import WordEmbedder, document, whole

from store.errors import StatementsError, StoreDamagedError, StoreError, StoreFullError
from store.registry import Registry
from store.statements import StatementStore
from store.types import Header


def add(store: StatementStore, *numbers: int, paragraphs: int = 30) -> None:
    batch = []
    for n in numbers:
        texts = [f"Heron h{n} nests in tree t{k}. " + "The weir is safe. " * 20 for k in range(paragraphs)]
        batch += document(f"{n}.txt", (Header(f"CC.DEL/{n}/19", "en"), texts))
    store.add(store.embed([(one, whole(one)) for one in batch]))


def codes(store: StatementStore) -> list[str]:
    """What is listed must be found too."""
    listed = [one.header.code for one in store.statements()]
    for code in listed:
        number = code.split("/")[1]
        hits = store.search(f"h{number}", store.embedder.embed_query(f"heron h{number}"), k=3)
        assert hits
        assert max(hits, key=lambda hit: hit.lexical).statement_id == store.find(code)[0].id
    return listed


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert text
    return text


# full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of a few megabytes, which can grow."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("making a small disk needs the right to mount one")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("margin", [20_000, 150_000, 400_000, 900_000])
def test_a_full_disk_loses_nothing_and_is_survived(small_disk: Path, margin: int) -> None:
    """`margin` bytes are free when the batch that is too large comes: another step of the write fails each time."""
    folder = small_disk / "store"
    with StatementStore.open(folder, WordEmbedder()) as store:
        for n in range(1, 4):
            add(store, n)
        held = codes(store)
        with (small_disk / "filler").open("wb") as filler:
            filler.write(bytes(max(shutil.disk_usage(small_disk).free - margin, 0)))
        for n in (4, 5):
            with suppress(StatementsError):  # a small batch may still fit
                add(store, n)
                held.append(f"CC.DEL/{n}/19")
        with pytest.raises(StoreFullError, match="no space left") as failed:
            add(store, 6, paragraphs=2000)
        assert "again" in one_line(failed.value)
        assert codes(store) == held
        (small_disk / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        add(store, 7)
        assert codes(store) == [*held, "CC.DEL/7/19"]
        assert store.check(full=True).sound
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert codes(store) == [*held, "CC.DEL/7/19"]
        assert store.check(full=True).findings == ()


def test_a_backup_on_a_full_disk_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    from store.backup import backup

    with StatementStore.open(tmp_path / "store", WordEmbedder()) as store:
        add(store, 1)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - 20_000))
    with pytest.raises(StoreFullError, match="no space left"):
        backup(tmp_path / "store", small_disk / "b.zip")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


LIMITED = """
import resource, sys
from pathlib import Path
from test_failures import add, codes
from words import WordEmbedder
from store.errors import StoreError
from store.statements import StatementStore

with StatementStore.open(Path(sys.argv[1]), WordEmbedder()) as store:
    add(store, 1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        add(store, 2, paragraphs=2000)
    except StoreError as error:
        print(error)
    assert codes(store) == ["CC.DEL/1/19"]
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    add(store, 3)
    assert codes(store) == ["CC.DEL/1/19", "CC.DEL/3/19"]
    assert store.check(full=True).sound
"""


def child(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        env=environment(PYTHONPATH=str(ROOT / "tests")),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = child(LIMITED, tmp_path / "store")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip().splitlines()) == 1


# rights


AS_NOBODY = """
import os, sys
from pathlib import Path
from store.errors import StatementsError
from store.statements import StatementStore
from words import WordEmbedder

StatementStore.open(Path(sys.argv[1] + "-other"), WordEmbedder()).close()  # imports, from folders of root
os.setgid(65534)
os.setuid(65534)
try:
    StatementStore.open(Path(sys.argv[1]), WordEmbedder())
except StatementsError as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user without rights")
@pytest.mark.parametrize(
    ("modes", "said"),
    [
        ({"store": 0o555}, "can't write in"),
        ({"store": 0o777}, "can't write in"),
        ({"store": 0o777, "store.lock": 0o666}, "give this user the right"),
        ({"store": 0o777, "store.lock": 0o666, "registry.sqlite3": 0o666}, "can't"),
    ],
)
def test_missing_rights_are_named(modes: dict[str, int], said: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = Path(place) / "store"
        with StatementStore.open(folder, WordEmbedder()) as store:
            add(store, 1, paragraphs=2)
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        for name, mode in modes.items():
            (folder if name == "store" else folder / name).chmod(mode)
        if "registry.sqlite3" in modes:
            for name in ("chroma", "lexical", "matrix"):
                if (folder / name).exists():
                    (folder / name).chmod(0o555)
        done = child(AS_NOBODY, folder)
        assert done.returncode == 0, done.stderr
        (line,) = done.stdout.strip().splitlines()
        assert said in line


# damage


def small_store(folder: Path) -> list[str]:
    with StatementStore.open(folder, WordEmbedder()) as store:
        for n in range(3):
            add(store, n, paragraphs=5)
        return codes(store)


def damaged_page(folder: Path) -> None:
    """Random bytes over a page in the middle of the database."""
    path = folder / "registry.sqlite3"
    pages = path.stat().st_size // 4096
    content = bytearray(path.read_bytes())
    content[pages // 2 * 4096 : (pages // 2 + 1) * 4096] = os.urandom(4096)
    path.write_bytes(content)


def test_a_damaged_page_is_never_passed_over(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path / "store", WordEmbedder()) as store:
        for n in range(6):
            add(store, n)
    seen = 0
    for copy in range(4):
        folder = Path(shutil.copytree(tmp_path / "store", tmp_path / str(copy)))
        damaged_page(folder)
        try:
            with StatementStore.open(folder, WordEmbedder()) as store:
                report = store.check()
                assert not report.sound
                assert any("restore" in one.remedy for one in report.findings)
        except StoreDamagedError as error:
            assert "statements restore" in one_line(error)
        seen += 1
    assert seen == 4


def test_the_command_says_how_to_recover_from_a_damaged_registry(tmp_path: Path) -> None:
    own = shutil.copytree(sample_store(), tmp_path / "store")
    assert run("--store", own, "backup", tmp_path / "b.zip").code == 0
    (own / "registry.sqlite3").write_bytes(b"no database" * 1000)
    for command in (("status",), ("doctor",), ("list",)):
        done = run("--store", own, *command)
        assert done.code == 1
        assert len(done.err.strip().splitlines()) == 1
        assert "statements restore" in done.err
    assert run("--store", own, "restore", tmp_path / "b.zip", "--replace").code == 0
    assert run("--store", own, "doctor", "--full").code == 0


@pytest.mark.parametrize("ending", ["idx", "term", "fast", "store", "fieldnorm"])
@pytest.mark.parametrize("length", [0, 1 / 2])
def test_a_truncated_segment_is_made_again(tmp_path: Path, ending: str, length: float) -> None:
    held = small_store(tmp_path / "whole")
    folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / "harmed"))  # the whole one may still be mapped
    segment = max((folder / "lexical").glob(f"*.{ending}"), key=lambda path: path.stat().st_size)
    os.truncate(segment, int(segment.stat().st_size * length))
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert codes(store) == held
        assert store.check(full=True).sound


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 500),
        lambda folder: (folder / "chroma" / "chroma.sqlite3").unlink(),
        lambda folder: os.truncate(folder / "chroma" / "chroma.sqlite3", 40_000),
        lambda folder: (folder / "chroma" / "notes.txt").write_text("someone's notes"),
        lambda folder: (folder / "lexical" / "meta.json").unlink(),
        lambda folder: (folder / "lexical" / "meta.json").write_text("{}"),
        lambda folder: (folder / "notes.txt").write_text("someone's notes"),
        lambda folder: (folder / "indexes.seal").write_text("[1"),
        lambda folder: [shutil.rmtree(path) for path in folder.iterdir() if path.is_dir()],
        lambda folder: [path.write_bytes(b"") for path in (folder / "matrix").iterdir()],
        lambda folder: [os.truncate(path, path.stat().st_size // 2) for path in (folder / "matrix").iterdir()],
    ],
)
def test_missing_damaged_and_foreign_files_are_no_obstacle(tmp_path: Path, harm: object) -> None:
    held = small_store(tmp_path / "whole")
    folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / "harmed"))  # the whole one may still be mapped
    harm(folder)  # type: ignore[operator]
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert codes(store) == held
        assert store.check(full=True).sound


# kills


def test_a_deletion_that_was_cut_short_is_no_obstacle_to_the_next(tmp_path: Path) -> None:
    """A commit writes its list of deleted entries first, and names it in `meta.json` last."""
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        add(store, 1, 2, 3)  # in one segment
    shutil.copytree(tmp_path, tmp_path.with_name("before"))
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        store.delete([store.statements()[0].id])
    deletions = list((tmp_path / "lexical").glob("*.del"))
    assert deletions
    cut_short = tmp_path.with_name("before")
    for path in deletions:
        shutil.copy(path, cut_short / "lexical")
    (cut_short / "indexes.seal").unlink()
    with StatementStore.open(cut_short, WordEmbedder()) as store:
        assert len(store.statements()) == 3
        store.delete([store.statements()[0].id])
        assert len(store.statements()) == 2
        assert store.check(full=True).sound


def test_a_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom words import WordEmbedder\n"
        "from store.statements import StatementStore\n"
        "store = StatementStore.open(Path(sys.argv[1]), WordEmbedder(), address='http://127.0.0.1:9')\n"
        "print('open', flush=True)\ntime.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env=environment(PYTHONPATH=str(ROOT / "tests")),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    owner = StatementStore.owner(tmp_path)
    assert owner is not None
    assert (owner.pid, owner.address) == (process.pid, "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=f"process {process.pid}.*stop it first"):
        StatementStore.open(tmp_path, WordEmbedder())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert StatementStore.owner(tmp_path) is None
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        add(store, 1, paragraphs=2)


def test_looking_at_a_lock_does_not_hold_it(tmp_path: Path) -> None:
    """A look takes the lock for an instant; an opening that meets one waits for it."""
    from threading import Event, Thread

    from store.lock import FolderLock, read_owner

    stop = Event()

    def look() -> None:
        while not stop.is_set():
            read_owner(tmp_path)
            time.sleep(0)

    thread = Thread(target=look)
    thread.start()
    try:
        for _ in range(300):
            lock = FolderLock(tmp_path)
            lock.acquire(None)
            lock.release()
    finally:
        stop.set()
        thread.join()


MIGRATED = """
import os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from store.registry import Registry

left = int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

sa.event.listen(sa.Engine, "before_cursor_execute", count)
Registry(Path(sys.argv[1])).close()
"""


def test_a_migration_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    from test_schema import first_version

    from store.schema import version_of

    (tmp_path / "old").mkdir()
    first_version(tmp_path / "old" / "registry.sqlite3").dispose()
    seen, step, code = set(), 0, -signal.SIGKILL
    while code:
        path = Path(shutil.copytree(tmp_path / "old", tmp_path / str(step))) / "registry.sqlite3"
        code = subprocess.run(
            [sys.executable, "-c", MIGRATED, str(path), str(step)], cwd=ROOT, env=environment(), check=False
        ).returncode
        assert code in (0, -signal.SIGKILL)
        assert version_of(path.with_name("registry.sqlite3.schema1")) == "1"
        seen.add(version_of(path))
        registry = Registry(path)
        assert [row["code"] for row in registry.live_statements()] == ["CC.DEL/1/19"]
        assert registry.statement_paragraphs(7)[0].text == "The dam is safe."
        registry.close()
        step += 8
    assert seen == {"1", "2"}
