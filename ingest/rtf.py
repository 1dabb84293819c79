"""RTF to lines: footnotes on their paragraph, numbers as printed, rows of tables; hidden and deleted text left out.

An own reading of the format's groups, as the libraries for it drop footnotes, keep hidden text and split links with
patterns that a hostile file makes endless.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.blocks import header_lines, heading_level, row_lines
from ingest.limits import bounded
from ingest.reader import Line, Pages, clean
from store.errors import InputError

MOST_RTF = 50_000_000
"""Bytes of a file, pictures included; more would be read for minutes."""
_MOST_MARKS = 1_500_000
"""Groups, words of control and pieces of text: what takes the time, while pictures take the bytes."""
_DEEPEST = 500
"""Groups in groups; more is taken for a trap."""
_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})?\ ?|(?P<hex>(?:\\'[0-9a-fA-F]{2})+)|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)|.",
    re.DOTALL,
)
_SKIPPED = frozenset(
    (
        *(
            "colortbl",
            "info",
            "footer",
            "footerf",
            "footerl",
            "footerr",
            "headerl",
            "headerr",
            "pict",
            "objdata",
            "fldinst",
        ),
        *("listtable", "listoverridetable", "revtbl", "shprslt", "do", "sp", "nonshppict", "xe", "tc", "rxe", "txe"),
        *(
            "ftnsep",
            "ftnsepc",
            "aftnsep",
            "aftnsepc",
            "filetbl",
            "generator",
            "themedata",
            "datastore",
            "pntxta",
            "pntxtb",
        ),
    )
)
_STARRED = frozenset(("shpinst", "shptxt", "listtext", "pntext", "fldrslt"))
"""Groups marked as extensions that are read nevertheless."""
_SIGNS = {
    "tab": "\t",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "line": "\n",
    "lbr": "\n",
}
_ESCAPES = {b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\", b"\t": "\t"}
_CHARSETS = {
    77: "mac_roman",
    89: "mac_cyrillic",
    128: "cp932",
    129: "cp949",
    134: "gbk",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}
"""Code page of a font by its character set; 0 and 1 stand for the file's own."""


def read_rtf(path: Path) -> Pages:
    """The text in order. Raises InputError for a file that is no RTF or too large."""
    if path.stat().st_size > MOST_RTF:
        raise InputError(f"is larger than {MOST_RTF // 1_000_000} MB, the most that is read of an RTF")
    return rtf_pages(path.read_bytes())


def rtf_pages(data: bytes) -> Pages:
    """The lines of a file that is in memory already."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise InputError("is not an RTF file")
    reading = _Reading()
    reading.run(data)
    lines = reading.lines
    header = header_lines(reading.first_header, lines, running=False) if reading.first_header else []
    header = header or header_lines(reading.header, lines, running=reading.title_page)
    return Pages(tuple(bounded((*header, *lines))), whole=True)


@dataclass(frozen=True, slots=True)
class _State:
    """What holds until a group ends."""

    target: str = "body"
    """Where text goes: `body`, `note`, `label`, `header`, `first`, `fonts`, `styles` or nowhere (`skip`)."""
    font: int | None = None
    fallback: int = 1
    """Signs behind a Unicode one that stand for it in old programs."""
    bold: bool = False
    hidden: bool = False


@dataclass(slots=True)
class _Paragraph:
    words: list[str] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bold: bool = True
    level: int | None = None


class _Reading:
    """One pass over a file."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.header: list[str] = []
        self.first_header: list[str] = []
        self.title_page = False
        self._state = _State()
        self._stack: list[_State] = []
        self._starred = False
        self._skip = 0
        self._bytes = b""
        self._encoding = "cp1252"
        self._fonts: dict[int, int] = {}
        self._font = 0
        self._default_font: int | None = None
        self._levels: dict[int, int] = {}
        self._style: int | None = None
        self._paragraph = _Paragraph()
        self._note: list[str] = []
        self._notes = 0
        self._in_table = False
        self._cell: list[Line] = []
        self._cells: list[list[Line]] = []
        self._words: dict[str, Callable[[int | None], None]] = {
            "par": lambda _: self._par(),
            "sect": lambda _: self._par(),
            "page": lambda _: self._add("\n"),
            "cell": lambda _: self._end_cell(),
            "nestcell": lambda _: self._add(" "),
            "row": lambda _: self._end_row(),
            "plain": lambda _: self._set(bold=False, hidden=False, font=self._default_font),
            "b": lambda number: self._set(bold=number != 0),
            "v": lambda number: self._set(hidden=number != 0),
            "deleted": lambda number: self._set(hidden=number != 0),
            "f": lambda number: self._set_font(number or 0),
            "uc": lambda number: self._set(fallback=min(number or 0, 10)),
            "u": lambda number: self._unicode(number or 0),
        }

    def run(self, data: bytes) -> None:
        place = count = 0
        while (match := _TOKEN.match(data, place)) is not None:
            place = match.end()
            kind = match.lastgroup
            count += 1
            if count > _MOST_MARKS:
                raise InputError(f"holds more than {_MOST_MARKS:,} marks and pieces of text, the most that is read")
            if kind == "hex":
                self._encoded(bytes.fromhex(match["hex"].replace(b"\\'", b"").decode()))
                continue
            if kind == "text":
                self._text(match["text"])
                continue
            self._flush()
            if kind == "brace":
                self._brace(match["brace"])
                if not self._stack:
                    break
            elif kind == "sign":
                self._escape(match["sign"])
            elif match["word"]:
                word, number = match["word"].decode("ascii"), int(match["number"]) if match["number"] else None
                if word == "bin":
                    place += max(0, number or 0)
                self._word(word, number)
        self._flush()
        self._end_row()
        self._par()

    def _set(self, **changes: bool | int | str | None) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]

    def _brace(self, brace: bytes) -> None:
        self._skip = 0
        if brace == b"{":
            if len(self._stack) >= _DEEPEST:
                raise InputError(f"nests groups more than {_DEEPEST} deep: taken for a trap")
            self._stack.append(self._state)
        elif self._stack:
            closed, self._state = self._state, self._stack.pop()
            if closed.target == "note" != self._state.target:
                self._end_note()
        self._starred = False

    def _escape(self, sign: bytes) -> None:
        self._skip = 0
        if sign == b"*":
            self._starred = True
        elif sign in (b"\n", b"\r"):
            self._par()
        elif sign in _ESCAPES:
            self._add(_ESCAPES[sign])

    def _word(self, word: str, number: int | None) -> None:
        self._skip = 0
        starred, self._starred = self._starred, False
        if self._state.target == "skip":
            return
        if word in _SKIPPED or (starred and word not in _STARRED):
            self._set(target="skip")
        elif word in _SIGNS:
            self._add(_SIGNS[word])
        elif word in self._words:
            self._words[word](number)
        elif not self._destination(word):
            self._setting(word, number)

    def _destination(self, word: str) -> bool:
        """Open the group that a word names."""
        targets = {
            "fonttbl": "fonts",
            "stylesheet": "styles",
            "listtext": "label",
            "pntext": "label",
            "footnote": "note",
        }
        targets |= {"header": "header", "headerf": "first"}
        if word not in targets:
            return False
        if word == "footnote":
            self._note = []
            self._notes += 1
        self._set(target=targets[word], hidden=False)
        return True

    def _setting(self, word: str, number: int | None) -> None:
        if word == "ansicpg" and number is not None:
            self._encoding = _known(f"cp{number}") or self._encoding
        elif word in ("mac", "pc", "pca"):
            self._encoding = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "deff":
            self._default_font = number
            self._set(font=number)
        elif word == "fcharset" and self._state.target == "fonts":
            self._fonts[self._font] = number or 0
        elif word == "titlepg":
            self.title_page = True
        elif word == "pard" and self._state.target == "body":
            self._style, self._paragraph.level, self._in_table = None, None, False
        elif word == "intbl":
            self._in_table = True
        elif word == "s":
            self._style = number
            if self._state.target == "body":
                self._paragraph.level = self._levels.get(number or 0)
        elif word == "outlinelevel" and number is not None and self._state.target == "body":
            self._paragraph.level = number + 1 if number < 9 else None
        elif word == "chftn" and self._state.target == "note":
            self._note.append(f"{self._notes} ")

    def _set_font(self, number: int) -> None:
        self._font = number
        self._set(font=number)

    def _unicode(self, number: int) -> None:
        self._add(chr(number % 0x10000))
        self._skip = self._state.fallback

    def _encoded(self, data: bytes) -> None:
        cut = min(self._skip, len(data))
        self._skip -= cut
        if self._state.target != "skip":
            self._bytes += data[cut:]

    def _text(self, text: bytes) -> None:
        cut = min(self._skip, len(text))
        self._skip -= cut
        if self._state.target == "skip":
            return
        if self._state.target == "styles":
            self._style_name(text)
        elif self._state.target != "fonts":
            self._bytes += text[cut:]
            self._flush()

    def _flush(self) -> None:
        """Decode the bytes in hand by their font."""
        if self._bytes:
            text, self._bytes = self._bytes.decode(self._page(), "replace"), b""
            self._add(text)

    def _page(self) -> str:
        charset = self._fonts.get(self._state.font if self._state.font is not None else -1, 1)
        if charset in _CHARSETS:
            return _CHARSETS[charset]
        # A file of Eastern Europe whose fonts all say Latin means its own code page by that.
        latin = charset == 0 and any(one in _CHARSETS for one in self._fonts.values())
        return "cp1252" if latin else self._encoding

    def _style_name(self, text: bytes) -> None:
        match = re.match(rb"\s*heading (\d)\s*;", text, re.IGNORECASE)
        if match and self._style is not None:
            self._levels[self._style] = int(match[1])

    def _add(self, text: str) -> None:
        state = self._state
        if state.hidden:
            return
        if state.target == "body":
            self._paragraph.words.append(text)
            self._paragraph.bold = self._paragraph.bold and (state.bold or not text.strip())
        elif state.target == "note":
            self._note.append(text)
        elif state.target == "label":
            self._paragraph.label.append(text)
        elif state.target in ("header", "first"):
            place = self.header if state.target == "header" else self.first_header
            if text == "\t" or not place:
                place.append("")
            place[-1] += text.strip("\t")

    def _end_note(self) -> None:
        text = " ".join(clean(_joined(self._note)).split())
        if text:
            self._paragraph.notes.append(text)
        self._note = []

    def _par(self) -> None:
        """A paragraph ends, of the body or of what stands apart from it."""
        if self._state.target != "body":
            if self._state.target in ("header", "first"):
                (self.header if self._state.target == "header" else self.first_header).append("")
            self._add(" " if self._state.target == "note" else "")
            return
        done, self._paragraph = self._paragraph, _Paragraph(level=self._paragraph.level)
        place = self._cell if self._in_table else self.lines
        text = _joined(done.words)
        label: str | None = clean(_joined(done.label)).strip()
        label = label if label and any(sign.isalnum() for sign in label) and len(label) <= 40 else None
        level = heading_level(text, done.level)
        if level is not None and label:
            text, label = f"{label} {text.lstrip()}", None
        notes = tuple(done.notes)
        bold = done.bold and bool(text.strip())
        for part in text.split("\n"):
            tidy = clean(part).strip()
            if not tidy:
                place.append(Line(""))
                continue
            place.append(Line(tidy, bold=bold, level=level, label=label, notes=notes))
            label, notes = None, ()
        place.append(Line(""))

    def _end_cell(self) -> None:
        if self._state.target == "body":
            self._in_table = True
            self._par()
            self._cells.append(self._cell)
            self._cell = []

    def _end_row(self) -> None:
        if self._cells:
            self.lines.extend(row_lines(self._cells))
        self._cells, self._in_table = [], False


def _known(encoding: str) -> str | None:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return None


def _joined(words: list[str]) -> str:
    """The text; halves of a sign beyond the first plane are put together."""
    return "".join(words).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
