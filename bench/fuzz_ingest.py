"""The long fuzz run over all formats: `python bench/fuzz_ingest.py --cases 10000 --workers 2`.

Prints how far it is after each slice, then what became of the damaged files by format, the slowest one, and every one
that broke a promise: it must be read or refused with a reason, within the seconds and the memory of `tests/fuzz.py`.
Ends with 1 where one did.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from fuzz import MEMORY, SECONDS, attack, cases  # noqa: E402  the tests are no package

_SLICE = 250


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args()
    started = time.monotonic()
    sizes = [min(_SLICE, options.cases - start) for start in range(0, options.cases, _SLICE)]
    counts: Counter[str] = Counter()
    failures: list[str] = []
    slowest, peak = 0.0, 0
    with ThreadPoolExecutor(options.workers) as pool:
        runs = [pool.submit(lambda n, s: attack(cases(n, s)), n, options.seed + i) for i, n in enumerate(sizes)]
        for run in as_completed(runs):
            outcome = run.result()
            counts.update(outcome.counts)
            failures += outcome.failures
            slowest, peak = max(slowest, outcome.slowest), max(peak, outcome.peak)
            took = time.monotonic() - started
            print(f"{counts.total()} files, {took:.0f} s, {len(failures)} failures", flush=True)  # noqa: T201
            for failure in outcome.failures:
                print(failure[:300], flush=True)  # noqa: T201
    for name, count in sorted(counts.items()):
        print(f"{count:6d}  {name}")  # noqa: T201
    held = f"{peak / 1e6:.0f} of {MEMORY / 1e6:.0f} MB"
    print(f"slowest {slowest:.1f} of {SECONDS:.0f} s, memory at most {held}")  # noqa: T201
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
