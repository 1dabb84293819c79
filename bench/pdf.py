"""Paragraphs of real PDFs against the gold text beside them.

    python bench/pdf.py FOLDER [--failures] [--gold]

FOLDER holds `x.pdf` with `x.json`, whose `Content` is the gold text: lines, partly wrapped, partly a paragraph each,
headings and footnotes among them. White space, and what kind of hyphen is printed, are not compared; a footnote's mark
may be in the gold or not. A gold paragraph counts when one paragraph is made of exactly its letters, with its label
where the gold has one; paragraphs that hold a running header or footer are counted apart.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.parse import parse
from store.types import Paragraph

_LABEL = re.compile(r"(?:\d{1,3}\.|\((?:[a-z]{1,2}|[ivx]{1,5})\)|[a-z]\)|[IVX]{1,4}\.|[•◦▪-])\s")
_PREAMBLE = re.compile(
    r"(?!United|Limited|King|Working)(?:(?:Also|Further|Strongly|Gravely|Deeply|Seriously|Fully|Firmly|Particularly)\s[a-z]+|[A-Z][a-z]+)(?:ing|ed)\b"
    r"|Taking note|Deeply|Gravely"
)
_FURNITURE = re.compile(r"\b\d\d-\d{5}(?!\d)|\*\d{7}\*|\b\d{1,2}/\d{1,2}\s\d\d-\d|Please recycle")
_NOTE_MARK = re.compile(r"(?<=[.,;)a-z])\s?\d{1,2}(?=\s[A-Z]|$)")
_RULE = re.compile(r"^_{5,}$")


@dataclass(frozen=True, slots=True)
class Missed:
    """A gold paragraph that did not come out."""

    text: str
    letters: bool
    """The letters differ from what the PDF prints, so that no cut could have made it; else the cut is another."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one file."""

    found: int
    missed: tuple[Missed, ...]
    furniture: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.found + len(self.missed)


def gold_paragraphs(content: str) -> list[str]:
    """The paragraphs of a gold text, its wrapped lines joined; headings and footnotes left out."""
    # Some lines of the gold hold two paragraphs: `… Missions; 30. Calls …`.
    content = re.sub(r"(?<=;)[ \t]*(?=\d{1,2}\.\s+[A-Z])", "\n", content)
    lines = [(len(raw) - len(raw.lstrip()), " ".join(raw.split())) for raw in content.split("\n") if raw.strip()]
    blocks: list[str] = []
    note = False
    before = 0
    for number, (left, text) in enumerate(lines):
        labelled = _LABEL.match(text + " ") is not None
        note = _RULE.match(text) is not None or (note and not labelled)
        if note:
            continue
        heading = (
            blocks
            and re.search(r"[.;][”\d]?$|;?\s(?:and|or)$", blocks[-1])
            and _is_heading(re.sub(r"\s\d{1,2}\.$", "", text))
            and text[0].isupper()
            and number + 1 < len(lines)
            and (text[-1] == "." or _LABEL.match(lines[number + 1][1] + " "))
        )
        if not blocks or labelled or heading or _starts(blocks[-1], text, indented=left > before + 3 or not left):
            blocks.append(text)
        else:
            blocks[-1] += " " + text
        before = left
    return [block for block in _labelled(blocks) if not _is_heading(block)]


def _starts(before: str, text: str, *, indented: bool) -> bool:
    """Whether a line begins a paragraph, though it bears no number."""
    if re.search(r"(?:^|[).\s])\s*\d{1,2}\.$", before) and text[0].isupper():
        return True
    if re.search(r",\s?\d{0,2}$", before):
        return _PREAMBLE.match(text) is not None
    if before.endswith(":") and text[0].isupper():
        return True
    return indented and text[0].isupper() and re.search(r"[.;:]\s?[”\"]?\d{0,2}$|;\s(?:and|or),?$", before) is not None


def _labelled(blocks: list[str]) -> list[str]:
    """A number that its line lost to the one before is put back: `Dialogue (two months) 5.` + `Upon …`."""
    result: list[str] = []
    carried = ""
    for block in blocks:
        match = re.fullmatch(r"((?:[A-Z(].*\s)?)(\d{1,2}\.)", block)
        inner = re.match(r"([A-Z][A-Za-z ]{4,60})\s(\d{1,2}\.\s[A-Z].*)$", block)
        if match:
            carried = match[2] + " "
        elif inner and not inner[1].endswith((" paragraph", " resolution")):
            result.append(inner[2])
        else:
            result.append(carried + block)
            carried = ""
    return result


def _is_heading(text: str) -> bool:
    return len(text) < 160 and not re.search(r"[.;:,!?”]\d?$", text) and not _LABEL.match(text)


def key(text: str) -> str:
    """Letters that count."""
    return re.sub(r"[\s\u00ad]+", "", re.sub(r"[\u2010\u2011\ufffe]", "-", text))


def compare(pdf: Path) -> Result:
    """One PDF against its gold."""
    gold = gold_paragraphs(json.loads(pdf.with_suffix(".json").read_text("utf-8"))["Content"])
    statements = parse(pdf, pdf.name, str(pdf.parent), "").statements
    paragraphs = [paragraph for statement in statements for paragraph in statement.paragraphs]
    made = Counter(form for paragraph in paragraphs for form in _forms(paragraph))
    printed = key("".join(f"{paragraph.label or ''}{paragraph.text}" for paragraph in paragraphs))
    missed = []
    for text in gold:
        form = key(re.sub(r"^[•◦▪-]\s", "", text))
        unmarked = key(_NOTE_MARK.sub("", text))
        if made[form] or made[unmarked]:
            made[form if made[form] else unmarked] -= 1
        else:
            missed.append(Missed(text, form not in printed and unmarked not in printed))
    furniture = tuple(paragraph.text for paragraph in paragraphs if _FURNITURE.search(paragraph.text))
    return Result(len(gold) - len(missed), tuple(missed), furniture)


def _forms(paragraph: Paragraph) -> set[str]:
    """How the gold may print a paragraph: a label `3(a)` as `3. (a)`, or none, or behind its heading."""
    label = paragraph.label or ""
    labels = {label, re.sub(r"^(\d+)(\(.*)", r"\1.\2", label)}
    headings = (paragraph.heading or "").split(" / ")
    before = {"", headings[-1], " ".join(headings[-2:]), " ".join(headings)}
    forms = {key(heading + label + paragraph.text) for heading in before for label in labels}
    return forms if paragraph.label and paragraph.label[0] == "(" else {*forms, key(paragraph.text)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--failures", action="store_true", help="print each gold paragraph that did not come out")
    parser.add_argument("--gold", action="store_true", help="print the gold paragraphs themselves")
    arguments = parser.parse_args()
    files = [pdf for pdf in sorted(arguments.folder.glob("*.pdf")) if pdf.with_suffix(".json").exists()]
    if not files:
        raise SystemExit(f"{arguments.folder} holds no PDF with a JSON of the same name")
    results: list[Result] = []
    lines: list[str] = []
    for pdf in files:
        results.append(result := compare(pdf))
        lines.append(f"{result.found:5} of {result.total:5}, furniture in {len(result.furniture)}  {pdf.name}")
        if arguments.gold:
            content = json.loads(pdf.with_suffix(".json").read_text("utf-8"))["Content"]
            lines += [f"    gold: {text}" for text in gold_paragraphs(content)]
        if arguments.failures:
            lines += [f"    {'letters' if one.letters else 'cut'}: {one.text}" for one in result.missed]
            lines += [f"    furniture: {text}" for text in result.furniture]
    found, total = sum(result.found for result in results), sum(result.total for result in results)
    letters = sum(one.letters for result in results for one in result.missed)
    furniture = sum(len(result.furniture) for result in results)
    lines.append(
        f"{found} of {total} = {found / total:.4f}; missed for other letters {letters}, for another cut "
        f"{total - found - letters}; running header or footer in {furniture} paragraphs"
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
