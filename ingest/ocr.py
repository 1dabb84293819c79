"""Text of a picture of a page, by tesseract's command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.reader import clean
from store.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LANGUAGES = ("eng", "fra", "deu", "ita", "rus", "spa")
"""Tesseract's names of the languages of the house; those that are installed are used together."""
INSTALL = "apt-get install tesseract-ocr " + " ".join(f"tesseract-ocr-{name}" for name in LANGUAGES)
DOTS_PER_INCH = 300
PAGE_SECONDS = 120
"""Longest that a page may take."""
_NOISE = 0.25
"""Confidence up to which what was read is taken for a stain or a drawing."""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line that was recognised; its box in dots from the upper left corner of the picture."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float
    """Mean over its words, 0 to 1."""


def recognise(picture: NDArray[np.uint8], dots_per_inch: int = DOTS_PER_INCH) -> list[ReadLine]:
    """The lines of a grey picture of shape (rows, columns), in tesseract's reading order.

    Raises InputError where tesseract or all its languages are missing, fails, or takes longer than `PAGE_SECONDS`.
    """
    program, languages = _program()
    rows, columns = picture.shape
    command = [program, "-", "-", "-l", "+".join(languages), "--dpi", str(dots_per_inch), "--psm", "3", "tsv"]
    try:
        run = subprocess.run(
            command,
            input=b"P5\n%d %d\n255\n" % (columns, rows) + picture.tobytes(),
            capture_output=True,
            timeout=PAGE_SECONDS,
            check=True,
            # One thread a page: the files themselves are read in parallel.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"is a scan that takes more than {PAGE_SECONDS} seconds to recognise") from error
    except (subprocess.CalledProcessError, OSError) as error:
        reason = getattr(error, "stderr", b"") or str(error).encode()
        words = reason.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"is a scan that tesseract fails on ({words[-1] if words else error})") from error
    return list(_lines(run.stdout.decode("utf-8", "replace")))


def _lines(table: str) -> Iterator[ReadLine]:
    """Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text."""
    # A lone bar is the edge of the paper, not a word.
    rows = [row.split("\t", 11) for row in table.splitlines()[1:]]
    words = [row for row in rows if len(row) == 12 and row[0] == "5" and row[11].strip(" |¦")]
    for _, group in groupby(words, key=lambda row: tuple(row[1:5])):
        line = list(group)
        text = clean(" ".join(row[11] for row in line)).strip()
        confidence = sum(max(0.0, float(row[10])) for row in line) / len(line) / 100
        if not any(sign.isalnum() for sign in text) or confidence < _NOISE:
            continue
        boxes = [tuple(int(part) for part in row[6:10]) for row in line]
        yield ReadLine(
            text,
            min(left for left, _, _, _ in boxes),
            min(top for _, top, _, _ in boxes),
            max(left + width for left, _, width, _ in boxes),
            max(top + height for _, top, _, height in boxes),
            min(1.0, confidence),
        )


@cache
def _program() -> tuple[str, tuple[str, ...]]:
    """Tesseract and those of the languages that it has."""
    program = shutil.which("tesseract")
    if program is None:
        raise InputError(f"is a scan and tesseract is not installed here: {INSTALL}")
    try:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, timeout=30, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise InputError(f"is a scan and tesseract does not run here ({error}): {INSTALL}") from error
    names = listed.stdout.decode("utf-8", "replace").split()
    languages = tuple(name for name in LANGUAGES if name in names)
    if not languages:
        raise InputError(f"is a scan and tesseract has none of the languages {', '.join(LANGUAGES)}: {INSTALL}")
    return program, languages
