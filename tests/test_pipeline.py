"""A folder to a store: what is taken in, skipped, refused, removed; workers that die; links, names, interrupts."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from words import HashEmbedder

from ingest.metadata import Row
from ingest.parse import digest, parse
from ingest.pipeline import BATCH_CHUNKS, IngestReport, Progress, ingest
from ingest.report import report
from ingest.workers import Task, parsed
from store.errors import InputError
from store.statements import StatementStore
from store.types import Statement

TEXT = "XX.DEL/{number}/20\n3 May 2020\n\nENGLISH\n\nMr. Chairman,\n\nThe {number} boats are in the harbour today.\n"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "statements"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "docs"
    (place / "sub").mkdir(parents=True)
    for number in range(1, 4):
        write(place / "sub" / f"{number}.txt", number)
    return place


def write(path: Path, number: int) -> None:
    path.write_text(TEXT.format(number=number), "utf-8")


def codes(report: IngestReport) -> list[str]:
    return [taken.header.code for taken in report.taken]


def test_taken_in_then_unchanged_then_only_what_changed(
    store: StatementStore, folder: Path, embedder: HashEmbedder
) -> None:
    first = ingest(folder, store)
    assert codes(first) == ["XX.DEL/1/20", "XX.DEL/2/20", "XX.DEL/3/20"]
    assert [taken.file for taken in first.taken] == ["sub/1.txt", "sub/2.txt", "sub/3.txt"]
    assert {taken.paragraphs for taken in first.taken} == {1}
    assert store.status().statements == 3
    embedded = len(embedder.texts)
    second = ingest(folder, store)
    assert (second.taken, second.unchanged, len(embedder.texts)) == ((), 3, embedded)
    write(folder / "sub" / "2.txt", 7)
    third = ingest(folder, store)
    assert (codes(third), third.unchanged, store.status().statements) == (["XX.DEL/7/20"], 2, 3)


def test_one_file(store: StatementStore, folder: Path) -> None:
    report = ingest(folder / "sub" / "1.txt", store)
    assert codes(report) == ["XX.DEL/1/20"]


def test_bad_files_stop_nothing(store: StatementStore, folder: Path) -> None:
    (folder / "empty.txt").write_text("", "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (folder / "table.xls").write_bytes(b"x")
    (folder / "README.md").write_text("About this folder.", "utf-8")
    (folder / ".hidden.txt").write_text("Not meant for others.", "utf-8")
    report = ingest(folder, store)
    assert len(report.taken) == 3
    reasons = {refused.file: refused.reason for refused in report.refused}
    assert list(reasons) == ["broken.pdf", "empty.txt", "table.xls"]
    assert reasons["empty.txt"] == "holds no text"
    assert "not a whole PDF" in reasons["broken.pdf"]
    assert reasons["table.xls"].startswith("format .xls is not read (doc")


def test_a_stopped_run_keeps_what_it_has(store: StatementStore, folder: Path) -> None:
    stop = threading.Event()
    stop.set()
    stopped = ingest(folder, store, stop=stop)
    assert len(stopped.taken) == store.status().statements
    assert len(stopped.taken) + len(ingest(folder, store).taken) == 3


def test_missing_and_empty_folder(store: StatementStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        ingest(tmp_path / "nowhere", store)
    (tmp_path / "void").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        ingest(tmp_path / "void", store)


def test_links_that_lead_out_are_refused(store: StatementStore, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    write(secret / "9.txt", 9)
    (folder / "link.txt").symlink_to(secret / "9.txt")
    (folder / "linked").symlink_to(secret)
    (folder / "dangling.txt").symlink_to(tmp_path / "none.txt")
    report = ingest(folder, store)
    assert "XX.DEL/9/20" not in codes(report)
    assert {(refused.file, refused.reason) for refused in report.refused} == {
        (name, "is a link that leads out of the folder") for name in ("link.txt", "linked", "dangling.txt")
    }


def test_names_of_any_kind(store: StatementStore, folder: Path) -> None:
    write(folder / "имя 𝄞 \u202e x.txt", 11)
    (folder / os.fsdecode(b"bad\xff.txt")).write_text(TEXT.format(number=12), "utf-8")
    report = ingest(folder, store)
    assert "XX.DEL/11/20" in codes(report)
    assert [refused.reason for refused in report.refused] == ["its name is no valid text: rename it"]


def test_manifest_of_the_folder_is_used(store: StatementStore, folder: Path) -> None:
    (folder / "manifest.csv").write_text("file,title,organization\nsub/1.txt,Boats,Peru\nsub/x.txt,,\n", "utf-8")
    report = ingest(folder, store)
    assert report.missing == ("sub/x.txt",)
    assert (report.taken[0].header.title, report.taken[0].header.delegation) == ("Boats", "Peru")
    assert report.refused == ()
    (folder / "manifest.csv").write_text("file,title,organization\nsub/1.txt,Ships,Peru\n", "utf-8")
    again = ingest(folder, store)
    assert ([taken.header.title for taken in again.taken], again.unchanged) == (["Ships"], 2)


def test_two_files_with_one_identity_are_both_kept_and_flagged_on_both_sides(
    store: StatementStore, folder: Path
) -> None:
    ingest(folder, store)
    (folder / "sub" / "again.txt").write_text(TEXT.format(number=1) + "\nThe ninth boat is late.\n", "utf-8")
    second = ingest(folder, store)
    assert [(one.file, one.doubts) for one in second.taken] == [
        ("sub/again.txt", ("same code, part and language as sub/1.txt",))
    ]
    assert {entry.statement.file: entry.doubts for entry in report(store).entries if entry.doubts} == {
        "sub/1.txt": ("same code, part and language as sub/again.txt",),
        "sub/again.txt": ("same code, part and language as sub/1.txt",),
    }
    (folder / "sub" / "again.txt").unlink()
    ingest(folder, store, prune=True)
    assert not any(entry.doubts for entry in report(store).entries)


def test_the_same_content_under_another_name_is_one_statement_with_two_sources(
    store: StatementStore, folder: Path, embedder: HashEmbedder
) -> None:
    write(folder / "a.txt", 1)
    first = ingest(folder, store)
    assert [(copy.file, copy.same_as) for copy in first.copies] == [("sub/1.txt", "a.txt")]
    assert sources(store) == {"a.txt": ("sub/1.txt",), "sub/2.txt": (), "sub/3.txt": ()}
    embedded = len(embedder.texts)
    write(folder / "z.txt", 1)
    second = ingest(folder, store)
    assert ([copy.file for copy in second.copies], second.taken, second.unchanged) == (["z.txt"], (), 4)
    third = ingest(folder, store)
    assert (third.unchanged, third.copies, len(embedder.texts)) == (5, (), embedded)


def test_a_copy_below_another_root_is_one_too(
    store: StatementStore, folder: Path, tmp_path: Path, embedder: HashEmbedder
) -> None:
    ingest(folder, store)
    embedded = len(embedder.texts)
    other = tmp_path / "other"
    other.mkdir()
    write(other / "copy.txt", 2)
    report = ingest(other, store)
    assert [(copy.file, copy.same_as) for copy in report.copies] == [("copy.txt", f"{folder}/sub/2.txt")]
    assert (store.status().statements, len(embedder.texts)) == (3, embedded)


@pytest.mark.parametrize("change", ["removed", "changed"])
def test_a_copy_inherits_the_statement(
    store: StatementStore, folder: Path, embedder: HashEmbedder, change: str
) -> None:
    write(folder / "z.txt", 1)
    ingest(folder, store)
    embedded = len(embedder.texts)
    if change == "removed":
        (folder / "sub" / "1.txt").unlink()
    else:
        write(folder / "sub" / "1.txt", 8)
    report = ingest(folder, store, prune=True)
    assert report.removed == 0
    assert [one.file for one in store.find("XX.DEL/1/20")] == ["z.txt"]
    assert "z.txt" in sources(store)
    assert len(embedder.texts) == embedded + (2 if change == "changed" else 0)


def test_a_renamed_file_costs_no_embedding(store: StatementStore, folder: Path, embedder: HashEmbedder) -> None:
    ingest(folder, store)
    embedded = len(embedder.texts)
    (folder / "sub" / "1.txt").rename(folder / "moved.txt")
    report = ingest(folder, store, prune=True)
    assert (report.taken, report.removed) == ((), 0)
    assert set(sources(store)) == {"moved.txt", "sub/2.txt", "sub/3.txt"}
    assert (store.status().statements, len(embedder.texts)) == (3, embedded)
    assert ingest(folder, store, prune=True).unchanged == 3


def test_a_code_made_from_a_name_follows_the_name(store: StatementStore, folder: Path, embedder: HashEmbedder) -> None:
    (folder / "scan7.txt").write_text(
        "The seventh boat is in the harbour, and nobody knows why it is there.\n", "utf-8"
    )
    ingest(folder, store)
    embedded = len(embedder.texts)
    (folder / "scan7.txt").rename(folder / "XX.DEL_7_20.txt")
    ingest(folder, store, prune=True)
    assert [one.header.code for one in store.statements()] == [f"XX.DEL/{number}/20" for number in (1, 2, 3, 7)]
    assert len(embedder.texts) == embedded + 1, "the header alone"


def test_copies_share_the_row_of_the_metadata_table(
    store: StatementStore, folder: Path, embedder: HashEmbedder
) -> None:
    write(folder / "a.txt", 1)
    ingest(folder, store)
    embedded = len(embedder.texts)
    (folder / "manifest.csv").write_text("file,title\nsub/1.txt,Boats\n", "utf-8")
    ingest(folder, store)
    assert [(one.header.title, one.file, one.also) for one in store.find("XX.DEL/1/20")] == [
        ("Boats", "a.txt", ("sub/1.txt",))
    ]
    assert len(embedder.texts) == embedded + 1, "the header alone"


def sources(store: StatementStore) -> dict[str, tuple[str, ...]]:
    return {one.file: one.also for one in store.statements()}


def test_only_what_may_have_changed_is_looked_at(store: StatementStore, folder: Path) -> None:
    ingest(folder, store)
    for number in (1, 2):
        write(folder / "sub" / f"{number}.txt", number + 10)
    (folder / "sub" / "3.txt").unlink()
    report = ingest(folder, store, only=["sub/2.txt", "sub/3.txt", ".hidden", "../docs/sub/1.txt"], prune=True)
    assert (codes(report), report.removed, report.unchanged) == (["XX.DEL/12/20"], 1, 0)
    assert codes(ingest(folder, store, only=["sub"])) == ["XX.DEL/11/20"]
    assert ingest(folder, store, only=()).taken == ()


def test_refusals_are_kept_until_the_file_is_read_or_gone(store: StatementStore, folder: Path) -> None:
    (folder / "empty.txt").write_text("", "utf-8")
    (folder / "copy.txt").write_text("", "utf-8")
    (folder / "void.md").write_text("", "utf-8")
    for _ in range(2):
        ingest(folder, store)
        assert [(file, reason) for _, file, _, reason in store.refusals()] == [
            (name, "holds no text") for name in ("copy.txt", "empty.txt", "void.md")
        ]
    write(folder / "empty.txt", 5)
    (folder / "void.md").unlink()
    ingest(folder, store)
    assert [file for _, file, _, _ in store.refusals()] == ["copy.txt"]


def test_prune_removes_what_is_gone_and_nothing_else(store: StatementStore, folder: Path) -> None:
    ingest(folder, store)
    (folder / "sub" / "3.txt").unlink()
    assert ingest(folder, store).removed == 0
    assert store.status().statements == 3
    assert ingest(folder, store, prune=True).removed == 1
    assert store.status().statements == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can enter every folder")
def test_prune_spares_a_folder_that_cannot_be_entered(store: StatementStore, folder: Path) -> None:
    ingest(folder, store)
    write(folder / "0.txt", 20)
    (folder / "sub").chmod(0)
    try:
        report = ingest(folder, store, prune=True)
    finally:
        (folder / "sub").chmod(0o700)
    assert report.removed == 0
    assert [refused.file for refused in report.refused] == ["sub"]


def test_progress_counts_every_file(store: StatementStore, folder: Path) -> None:
    (folder / "x.xyz").write_text("?", "utf-8")
    (folder / "empty.md").write_text("", "utf-8")
    seen: list[Progress] = []
    ingest(folder, store, progress=seen.append)
    assert [one.done for one in seen] == [1, 2, 3, 4, 5]
    assert {one.total for one in seen} == {5}
    assert seen[-1].chunks == 3


def test_interrupt_leaves_whole_batches(store: StatementStore, folder: Path) -> None:
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(folder, store, progress=stop)
    assert store.status().statements in (0, 3)
    assert ingest(folder, store).unchanged in (0, 3)
    assert store.status().statements == 3


class Bomb:
    """Ends the process that unpickles it, as a crash in a parser's C code would."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def test_a_worker_that_dies_takes_down_one_file(folder: Path) -> None:
    tasks = []
    for number in range(20):
        path = folder / f"{number:02d}.txt"
        write(path, number)
        row = Bomb() if number == 5 else None
        tasks.append(Task(path, path.name, str(folder), "", row))  # type: ignore[arg-type]
    results = [result for result in parsed(tasks, workers=2) if result is not None]
    assert [result.file for result in results] == [task.file for task in tasks]
    assert [result.file for result in results if result.reason] == ["05.txt"]
    assert results[5].reason == "the process that parsed it died on it"


def test_a_worker_that_hangs_takes_down_one_file(folder: Path) -> None:
    tasks = [Task(path, path.name, str(folder), "") for path in sorted((folder / "sub").iterdir())]
    os.mkfifo(folder / "pipe.txt")  # opening it for reading waits for a writer that never comes
    tasks.insert(1, Task(folder / "pipe.txt", "pipe.txt", str(folder), ""))
    results = [result for result in parsed(tasks, seconds=8) if result]
    assert [(result.file, result.reason is None) for result in results] == [
        ("1.txt", True),
        ("pipe.txt", False),
        ("2.txt", True),
        ("3.txt", True),
    ]
    assert "takes longer to parse than" in str(results[1].reason)


def test_batches_are_bounded(store: StatementStore, folder: Path, embedder: HashEmbedder) -> None:
    """No batch holds more chunks than it may, but for a single file of more."""
    for number, paragraphs in enumerate((200, 100, 700, 10)):
        lines = "\n\n".join(
            f"The boat number {n} of fleet {number} is in the harbour today." for n in range(paragraphs)
        )
        head = f"XX.DEL/{number}/21\n3 May 2021\n\nENGLISH\n\n"
        (folder / f"{number}.txt").write_text(head + lines + "\n", "utf-8")
    seen: list[Progress] = []
    ingest(folder, store, progress=seen.append)
    sizes = sorted({one.chunks for one in seen})
    steps = [after - before for before, after in zip([0, *sizes], sizes, strict=False)]
    assert max(step for step in steps if step != 700) <= BATCH_CHUNKS
    assert 700 in steps


def test_digest_changes_with_file_row_and_nothing_else() -> None:
    assert digest("a", None) == digest("a", Row("x")) == digest("a", Row("y"))
    assert len({digest("a", None), digest("b", None), digest("a", Row("x", title="T"))}) == 3


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_corpus_files_keep_their_letters() -> None:
    """A sample of each source: the words of every paragraph stand in the file, in order."""
    for place in sorted(path for path in CORPUS.iterdir() if path.is_dir()):
        for path in sorted(path for path in place.iterdir() if path.suffix in (".txt", ".md"))[
            :: 40 if place.name != "ungd" else 90
        ]:
            (statement,) = parse(path, path.name, "", "").statements
            raw = letters(path.read_text("utf-8", "replace"))
            kept = sum(letters(paragraph.text) in raw for paragraph in statement.paragraphs)
            assert kept >= 0.8 * len(statement.paragraphs), path
            assert numbered(statement)


def letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def numbered(statement: Statement) -> bool:
    return [paragraph.number for paragraph in statement.paragraphs] == list(range(1, len(statement.paragraphs) + 1))
