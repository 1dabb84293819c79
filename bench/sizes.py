"""How fast the store is at any size, beside what else could hold the same data.

    python bench/sizes.py --speeches FOLDER --vectors FOLDER --work FOLDER [--sizes 10000,100000] [--queries N]

`--speeches` and `--vectors` are those of `bench/scale.py`. Chunks beyond the real ones are copies: texts with other
numbers, vectors moved by noise, so that they are hard but distinct. Each size is a stage of its own in `--work`: stores
and baselines that are there are used again, figures that are there are only printed; remove the folder to start anew.
Prints a Markdown table for each size. Bars are ratios within one run, in which all sides take turns.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scale import SLICE, speeches

from store.types import Chunk, Filters, Header, IndexedStatement, Statement, Vectors

SEED = 11
NOISE = 0.5
"""Length of what is added to a copied vector of unit length: its cosine to the original becomes about 0.9."""
BATCH = 2_000
"""Chunks written at once."""
K = 60
TOP = 10
HEADER_NOISE = 0.3
LANGUAGES = (("en", 0.6), ("fr", 0.15), ("ru", 0.15), ("es", 0.1))
"""Marks that are put on statements, whatever their text: a field that says nothing of the content."""
DIMENSION = 384

Query = tuple[str, NDArray[np.float32], str]
"""Text, vector, delegation of the statement that it was made from."""


def real_vectors(folder: Path) -> Vectors:
    """All that `bench/scale.py` has made, row by row."""
    parts: list[NDArray[np.float16]] = []
    while (file := folder / f"vectors-{len(parts) * SLICE}-{(len(parts) + 1) * SLICE}.npy").is_file():
        parts.append(np.load(file))
    if not parts:
        raise SystemExit(f"no vectors in {folder}; run bench/scale.py")
    return np.concatenate(parts).astype(np.float32)


def unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def statements(folder: Path, vectors: Vectors, size: int) -> Iterator[IndexedStatement]:
    """Statements of `size` chunks in all, the same every time."""
    left, copy = size, 0
    while True:
        rng = np.random.default_rng(SEED + copy)
        marks = random.Random(SEED + copy)
        place = 0
        for statement, chunks in speeches(folder):
            end = place + len(chunks)
            if end > len(vectors):
                break
            here, place = vectors[place:end], end
            if copy:
                here = unit(here + rng.normal(size=here.shape).astype(np.float32) * (NOISE / DIMENSION**0.5))
                chunks = tuple(replace(chunk, text=renumbered(chunk.text, copy)) for chunk in chunks)
            yield indexed(statement, chunks[:left], here[:left], copy, marks)
            left -= len(chunks)
            if left <= 0:
                return
        copy += 1


def renumbered(text: str, copy: int) -> str:
    return re.sub(r"\d+", lambda match: str(int(match[0]) + copy), text) + f" {copy}"


def indexed(
    statement: Statement, chunks: Sequence[Chunk], vectors: Vectors, copy: int, marks: random.Random
) -> IndexedStatement:
    """With a made date and language, and for a header the delegation's own direction."""
    header = statement.header
    delegation = int.from_bytes(hashlib.sha256((header.delegation or "").encode()).digest()[:4], "big")
    own = np.random.default_rng(delegation).normal(size=DIMENSION)
    mean = vectors.mean(axis=0) + own * (HEADER_NOISE / DIMENSION**0.5)
    changed = replace(
        header,
        code=f"{header.code}/{copy}" if copy else header.code,
        language=marks.choices([name for name, _ in LANGUAGES], [share for _, share in LANGUAGES])[0],
        event_from=f"{marks.randrange(1990, 2025)}-{marks.randrange(1, 13):02}-{marks.randrange(1, 29):02}",
    )
    file = f"{copy}/{statement.file}"
    made = replace(statement, header=changed, paragraphs=statement.paragraphs[: len(chunks)], file=file, digest=file)
    return IndexedStatement(made, tuple(chunks), vectors, unit(mean))


def queries(folder: Path, vectors: Vectors, count: int) -> list[Query]:
    """Some words of real chunks with their vectors a little moved: questions that have an answer, but not a copy."""
    rng, place, chosen = np.random.default_rng(SEED), 0, []
    wanted = set(rng.choice(min(len(vectors), 9_000), count, replace=False).tolist())
    for item in statements(folder, vectors, 10_000):
        for chunk, vector in zip(item.chunks, item.vectors, strict=True):
            if place in wanted:
                moved = unit(vector + rng.normal(size=DIMENSION).astype(np.float32) * (NOISE / DIMENSION**0.5))
                chosen.append((" ".join(chunk.text.split()[20:32]), moved, item.statement.header.delegation or ""))
            place += 1
    return chosen


def filters(share: float, kind: str, delegation: str, headers: Sequence[Header]) -> Filters:
    """Filters that keep about this share: by date (which says nothing of the text) or by delegation (which does)."""
    if kind == "language and date":
        days = sorted(h.event_from or "" for h in headers if h.language == "en")
        first = max(int(len(days) - share * len(headers)), 0)
        return Filters(language=("en",), event_from=days[min(first, len(days) - 1)])
    names = sorted({h.delegation or "" for h in headers}, key=lambda name: hashlib.sha256(name.encode()).digest())
    if kind == "other delegations":
        names = [name for name in names if name != delegation]
    else:
        names.sort(key=lambda name: name != delegation)
    chosen: list[str] = []
    kept = 0
    counts = dict.fromkeys(names, 0)
    for header in headers:
        if header.delegation in counts:
            counts[header.delegation or ""] += 1
    for name in names:
        if chosen and kept + counts[name] > share * len(headers) * 1.2:
            continue
        chosen.append(name)
        kept += counts[name]
        if kept >= share * len(headers):
            break
    made = Filters(delegation=tuple(chosen))
    if kept > 2 * share * len(headers):
        days = sorted(h.event_from or "" for h in headers if h.delegation in chosen)
        made = replace(made, event_from=days[max(int(len(days) - share * len(headers)), 0)])
    return made


SELECTIVITIES = tuple(
    (share, kind)
    for share in (0.5, 0.05, 0.005, 0.0001)
    for kind in ("language and date", "delegation", "other delegations")
)


def choices(delegation: str, headers: Sequence[Header]) -> list[tuple[str, Filters]]:
    """What a question is asked with, by name."""
    made = [(f"{100 * share:g} % {kind}", filters(share, kind, delegation, headers)) for share, kind in SELECTIVITIES]
    return [("all", Filters()), *made]


class Timer:
    """Milliseconds by name."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def run(self, name: str, work: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401
        start = time.perf_counter()
        result = work(*given, **named)
        self.taken.setdefault(name, []).append(1000 * (time.perf_counter() - start))
        return result

    def figures(self) -> dict[str, tuple[float, float]]:
        return {
            name: (float(np.median(values)), float(np.percentile(values, 95))) for name, values in self.taken.items()
        }


class NoEmbedder:
    """Vectors are given: nothing is embedded."""

    fingerprint = "bench"
    dimension = DIMENSION

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        raise AssertionError(text)


def batches(items: Iterator[IndexedStatement]) -> Iterator[list[IndexedStatement]]:
    batch: list[IndexedStatement] = []
    for item in items:
        batch.append(item)
        if sum(len(one.chunks) for one in batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def memory() -> float:
    """Resident memory of this process now, in GB; mapped files count with what of them is in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def disk(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9


def build(arguments: argparse.Namespace, size: int, folder: Path) -> None:
    """Our store; one that was interrupted goes on behind what it holds."""
    from store.statements import StatementStore

    vectors = real_vectors(arguments.vectors)
    done, start = 0, time.perf_counter()
    with StatementStore.open(folder / "store", NoEmbedder()) as store:
        held = {statement.file for statement in store.statements()}
        for batch in batches(statements(arguments.speeches, vectors, size)):
            batch = [item for item in batch if item.statement.file not in held]
            store.add(batch)
            done += sum(len(item.chunks) for item in batch)
            note(f"{size:,}: store {store.status().chunks:,}, {done / (time.perf_counter() - start):.0f}/s")
    if done == size:  # in one go: else the rate is not known
        save(folder / "insert.json", {"store": size / (time.perf_counter() - start)})


def build_chroma(arguments: argparse.Namespace, size: int, folder: Path) -> None:
    """Plain Chroma as it is mostly used: documents and metadata beside the vectors, default settings but cosine."""
    import chromadb

    from store.vectors import combine

    client: Any = chromadb.PersistentClient(str(folder / "plain-chroma"))
    held = client.get_or_create_collection(
        "plain", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    place, already, start = 0, held.count(), time.perf_counter()
    for batch in batches(statements(arguments.speeches, real_vectors(arguments.vectors), size)):
        count = sum(len(item.chunks) for item in batch)
        if place + count > already:
            summed = np.concatenate(
                [combine(i.vectors, np.repeat(i.header_vector[None], len(i.chunks), axis=0)) for i in batch]
            )
            rows = [(item.statement.header, chunk) for item in batch for chunk in item.chunks]
            for first in range(0, count, 1000):
                part = range(first, min(first + 1000, count))
                held.upsert(
                    [str(place + n) for n in part],
                    embeddings=summed[part.start : part.stop],
                    documents=[rows[n][1].text for n in part],
                    metadatas=[metadata(rows[n][0]) for n in part],
                )
        place += count
        note(f"{size:,}: plain Chroma {place:,}, {(place - already) / (time.perf_counter() - start):.0f}/s")
    client.close()


def metadata(header: Header) -> dict[str, str | int]:
    return {
        "delegation": header.delegation or "",
        "language": header.language,
        "day": int((header.event_from or "").replace("-", "") or 0),
        "code": header.code,
    }


def build_fts(arguments: argparse.Namespace, size: int, folder: Path) -> None:
    unfinished = folder / "fts.part"
    unfinished.unlink(missing_ok=True)
    db = sqlite3.connect(unfinished)
    db.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "CREATE VIRTUAL TABLE words USING fts5(text, content='');"
        "CREATE TABLE chunks(id INTEGER PRIMARY KEY, delegation TEXT, language TEXT, day INTEGER)"
    )
    place = 0
    for item in statements(arguments.speeches, real_vectors(arguments.vectors), size):
        known = metadata(item.statement.header)
        for chunk in item.chunks:
            place += 1
            text = f"{item.statement.header.line()}\n{chunk.text}"
            db.execute("INSERT INTO words(rowid, text) VALUES (?, ?)", (place, text))
            row = (place, known["delegation"], known["language"], known["day"])
            db.execute("INSERT INTO chunks VALUES (?, ?, ?, ?)", row)
    db.commit()
    db.close()
    unfinished.replace(folder / "fts.sqlite3")


def measure(arguments: argparse.Namespace, size: int, folder: Path) -> None:
    """Ours and exact numpy, filter by filter in turns."""
    from store.statements import StatementStore

    start = time.perf_counter()
    store = StatementStore.open(folder / "store", NoEmbedder())
    opened = time.perf_counter() - start
    asked = queries(arguments.speeches, real_vectors(arguments.vectors), arguments.queries)
    start = time.perf_counter()
    store.search(asked[0][0], asked[0][1], k=K)
    first = time.perf_counter() - start
    if store._indexes.vectors.count():  # opened now, where it is not yet: measured is what follows
        store.nearest(asked[0][1], k=K)
    snapshot = store.snapshot
    headers = [statement.header for statement in snapshot.statements.values()]
    exact = store._indexes.matrix.vectors(snapshot.chunk_ids)[1] if size <= arguments.exact else None
    timer = Timer()
    recalls: dict[str, list[float]] = {}
    kept_share: dict[str, list[float]] = {}
    for number, (text, vector, delegation) in enumerate(asked):
        for name, wanted in choices(delegation, headers):
            timer.run(f"hybrid {name}", store.search, text, vector, filters=wanted, k=K)
            found, _ = timer.run(f"vectors {name}", store.nearest, vector, filters=wanted, k=K)
            rows = np.flatnonzero(snapshot.allowed(wanted)[snapshot.chunk_statement])
            kept_share.setdefault(name, []).append(len(rows) / len(snapshot.chunk_ids))
            truth = timer.run(f"numpy {name}", best_of, store, exact, rows, vector)
            hit = len(set(found[:TOP].tolist()) & set(truth.tolist()))
            recalls.setdefault(name, []).append(hit / len(truth) if len(truth) else 1.0)
        timer.run("words", store._indexes.words.best, text, 200)
        note(f"{size:,}: query {number + 1} of {len(asked)}")
    figures = {
        "opened": opened,
        "first": first,
        "memory": memory() - (exact.nbytes / 1e9 if exact is not None else 0),
        "disk": disk(folder / "store"),
        "chunks": len(snapshot.chunk_ids),
        "statements": len(headers),
        "times": timer.figures(),
        "recall": {name: float(np.mean(values)) for name, values in recalls.items()},
        "kept": {name: float(np.mean(values)) for name, values in kept_share.items()},
    }
    store.close()
    save(folder / "ours.json", figures)


def best_of(
    store: Any,  # noqa: ANN401
    exact: Vectors | None,
    rows: NDArray[np.int64],
    vector: NDArray[np.float32],
) -> NDArray[np.int64]:
    """Ids of the best by plain arithmetic; beyond `--exact` chunks slice by slice, from the mapped file."""
    ids = store.snapshot.chunk_ids[rows]
    if exact is not None:
        scores = exact[rows] @ vector
    else:
        parts = (ids[first : first + 50_000] for first in range(0, len(ids), 50_000))
        found = [store._indexes.matrix.vectors(part)[1] @ vector for part in parts]
        scores = np.concatenate([np.zeros(0, np.float32), *found])
    return np.asarray(ids[np.argsort(-scores)[:TOP]], np.int64)


def measure_plain(arguments: argparse.Namespace, size: int, folder: Path) -> None:
    """Plain Chroma with `where` and SQLite FTS5 with a join, on the same questions and filters."""
    import chromadb

    client: Any = chromadb.PersistentClient(str(folder / "plain-chroma")) if size <= arguments.plain else None
    held = client.get_collection("plain", embedding_function=None) if client else None
    db = sqlite3.connect(folder / "fts.sqlite3")
    vectors = real_vectors(arguments.vectors)
    headers = [item.statement.header for item in statements(arguments.speeches, vectors, size)]
    timer = Timer()
    for number, (text, vector, delegation) in enumerate(queries(arguments.speeches, vectors, arguments.plain_queries)):
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", text))
        for name, wanted in choices(delegation, headers):
            if held:
                timer.run(f"chroma {name}", plain_chroma, held, vector, wanted)
            timer.run(f"fts {name}", plain_fts, db, words, wanted)
        note(f"{size:,}: plain query {number + 1} of {arguments.plain_queries}")
    figures = {"times": timer.figures(), "memory": memory(), "disk": disk(folder / "plain-chroma")}
    if client:
        client.close()
    save(folder / "plain.json", figures)


def plain_chroma(held: Any, vector: NDArray[np.float32], wanted: Filters) -> object:  # noqa: ANN401
    parts: list[dict[str, object]] = []
    if wanted.delegation:
        parts.append({"delegation": {"$in": list(wanted.delegation)}})
    if wanted.language:
        parts.append({"language": {"$in": list(wanted.language)}})
    if wanted.event_from:
        parts.append({"day": {"$gte": int(wanted.event_from.replace("-", ""))}})
    where = {"$and": parts} if len(parts) > 1 else parts[0] if parts else None
    return held.query(query_embeddings=vector[None], n_results=K, where=where, include=["distances"])


def plain_fts(db: sqlite3.Connection, words: str, wanted: Filters) -> object:
    conditions, values = ["words MATCH ?"], [words]
    for column, chosen in (("delegation", wanted.delegation), ("language", wanted.language)):
        if chosen:
            conditions.append(f"chunks.{column} IN ({','.join('?' * len(chosen))})")
            values += chosen
    if wanted.event_from:
        conditions.append("chunks.day >= ?")
        values.append(int(wanted.event_from.replace("-", "")))  # type: ignore[arg-type]
    query = f"SELECT words.rowid FROM words JOIN chunks ON chunks.id = words.rowid WHERE {' AND '.join(conditions)}"
    return db.execute(f"{query} ORDER BY bm25(words) LIMIT {K}", values).fetchall()


def start_time(folder: Path) -> dict[str, float]:
    """Seconds that fresh processes take to load the model, and to load it and answer a first question; each thrice."""
    load = "from store.embedder import E5Embedding; from ui.settings import load; "
    load += "e = E5Embedding.load(load().models.folder); v = e.embed_query('The question of water'); "
    answer = "from pathlib import Path; from store.statements import StatementStore; from sizes import NoEmbedder; "
    answer += f"s = StatementStore.open(Path({str(folder / 'store')!r}), NoEmbedder()); {load}"
    answer += (
        "h = s.search('The question of water', v, k=60); s.passages([(x.statement_id, x.first) for x in h[:12]]); "
    )
    taken: dict[str, list[float]] = {"load": [], "answer": []}
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'bench'}"}
    for _ in range(3):
        for name, code in (("load", load), ("answer", f"{answer} import os; os._exit(0)")):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=environment, cwd=root, check=True)
            taken[name].append(time.perf_counter() - start)
    return {name: min(values) for name, values in taken.items()}


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def save(file: Path, figures: object) -> None:
    file.with_suffix(".part").write_text(json.dumps(figures, indent=1))
    file.with_suffix(".part").replace(file)


def stage(work: Callable[..., None], made: Path, arguments: argparse.Namespace, size: int, folder: Path) -> None:
    """In a process of its own, so that memory is its own; left out where its result is there."""
    if made.exists():
        return
    process = multiprocessing.get_context("spawn").Process(target=work, args=(arguments, size, folder))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work.__name__} of {size:,} ended with {process.exitcode}; run the same command again")
    if not made.exists():
        made.write_text("{}")


def table(size: int, folder: Path) -> Iterator[str]:
    """The figures of one size, in Markdown."""
    ours, plain, insert, start = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("ours", "plain", "insert", "start")
    )
    rate = f"{insert['store']:,.0f} chunks/s" if insert else "not measured (interrupted)"
    yield f"### {ours['chunks']:,} chunks, {ours['statements']:,} statements"
    yield ""
    yield f"Insert {rate}; disk {ours['disk']:.2f} GB (plain Chroma {plain['disk']:.2f}); "
    yield f"memory {ours['memory']:.2f} GB (plain Chroma {plain['memory']:.2f}); open {ours['opened']:.2f} s, "
    yield f"first search {1000 * ours['first']:.0f} ms; a fresh process loads the model in {start['load']:.1f} s, "
    yield f"has answered a first question after {start['answer']:.1f} s ({start['answer'] / start['load']:.2f} times); "
    yield f"200 candidates by words p50 {ours['times']['words'][0]:.1f} ms."
    yield ""
    yield (
        "| filter | kept | hybrid p50 / p95 ms | to unfiltered | vectors p50 | recall@10 "
        "| numpy p50 | Chroma `where` p50 | to unfiltered | FTS5 p50 |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    times, other = ours["times"], plain["times"]
    for name, recall in ours["recall"].items():
        hybrid, chroma = times[f"hybrid {name}"], other.get(f"chroma {name}")
        plainly = f"{chroma[0]:.1f} | {chroma[0] / other['chroma all'][0]:.1f}" if chroma else "not built | "
        yield (
            f"| {name} | {ours['kept'][name]:.3%} | {hybrid[0]:.1f} / {hybrid[1]:.1f} "
            f"| {hybrid[0] / times['hybrid all'][0]:.2f} | {times[f'vectors {name}'][0]:.1f} | {recall:.4f} "
            f"| {times[f'numpy {name}'][0]:.1f} | {plainly} | {other[f'fts {name}'][0]:.1f} |"
        )
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speeches", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--plain-queries", type=int, default=10)
    parser.add_argument("--plain", type=int, default=1_000_000, help="plain Chroma is built up to so many chunks")
    parser.add_argument("--exact", type=int, default=200_000, help="up to so many chunks numpy has all in memory")
    arguments = parser.parse_args()
    for size in map(int, arguments.sizes.split(",")):
        folder = arguments.work / str(size)
        folder.mkdir(parents=True, exist_ok=True)
        stage(build, folder / "insert.json", arguments, size, folder)
        stage(build_fts, folder / "fts.sqlite3", arguments, size, folder)
        if size <= arguments.plain:
            stage(build_chroma, folder / "chroma.done", arguments, size, folder)
        stage(measure, folder / "ours.json", arguments, size, folder)
        stage(measure_plain, folder / "plain.json", arguments, size, folder)
        if not (folder / "start.json").exists():
            save(folder / "start.json", start_time(folder))
        print("\n".join(table(size, folder)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
