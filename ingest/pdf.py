"""PDF to lines, with pypdfium2, a page at a time; a page that holds no text but a picture is recognised."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from ctypes import c_double
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.limits import bounded
from ingest.ocr import DOTS_PER_INCH, recognise
from ingest.page import Page, Piece, Rule, letters, page_lines, raised
from ingest.reader import PAGE_BREAK, Line, Pages, clean
from ingest.spacing import mended
from store.errors import InputError

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

_BOLD = 600
"""Font weight from which a line counts as bold."""
_SAMPLE = 24
"""Pages from which the size of the running text is told."""
_MOST_SIGNS = 2_000_000
"""Characters that a page may hold; more is no page that anyone reads."""
_MOST_DOTS = 30_000_000
"""Dots of the picture of a page: a sheet of A2 at full resolution. Larger sheets are drawn coarser."""
_MOST_DRAWN = 2_000
"""Drawn objects that are looked at on a page."""
_LOST = re.compile("[\ue000-\uf8ff\ufffd\x00-\x1f\x7f-\x9f]")
"""Signs that mean nothing outside of their own font."""
_BOX = (c_double(), c_double(), c_double(), c_double())
"""Where pdfium writes left, right, bottom and top of a character."""
_OPENING = 1_500
"""Letters of the first page in which its title and subject stand."""


def read_pdf(path: Path) -> Pages:
    """Lines in reading order. Raises InputError for a file that is broken, encrypted, or a scan that can't be read."""
    import pypdfium2

    try:
        with closing(pypdfium2.PdfDocument(path)) as document:
            return Pages(tuple(mended(list(bounded(_lines(document))))))
    except pypdfium2.PdfiumError as error:
        encrypted = "password" in str(error).lower() or "security" in str(error).lower()
        known = "is encrypted: its password is not known here" if encrypted else "is not a whole PDF"
        raise InputError(f"{known} ({error})") from error


def _lines(document: pypdfium2.PdfDocument) -> Iterator[Line]:
    count = len(document)
    step = max(1, count // _SAMPLE)
    # Only a sample is held; of a longer document each page is let go before the next is read.
    sample = {number: _page(document, number) for number in range(0, count, step)[:_SAMPLE]}
    body = _body_size(sample.values())
    opening = ""
    for number in range(count):
        page = sample.pop(number, None) or _page(document, number)
        if number == 0:
            opening = letters("".join(piece.text for piece in page.pieces))[:_OPENING]
        else:
            yield Line(PAGE_BREAK, page.number)
        yield from page_lines(page, body, opening)


def _page(document: pypdfium2.PdfDocument, index: int) -> Page:
    with closing(document[index]) as page, closing(page.get_textpage()) as textpage:
        width, height = page.get_size()
        signs = textpage.count_chars()
        if signs > _MOST_SIGNS:
            raise InputError(f"holds {signs:,} characters on page {index + 1}: at most {_MOST_SIGNS:,} are read")
        text = textpage.get_text_range()
        pieces = tuple(_recognised(page)) if _is_picture(page, text) else tuple(_pieces(textpage, text))
        return Page(index + 1, width, height, pieces, tuple(_rules(page)) if pieces else ())


def _pieces(textpage: pypdfium2.PdfTextPage, text: str) -> Iterator[Piece]:
    """A piece for each line of the text layer, cut at wide gaps."""
    start = 0
    # pdfium joins a word cut at a line's end with U+FFFE: the line ends there.
    for raw_line in re.findall(r"[^\r\n\ufffe]*(?:\ufffe|\r\n|\r|\n)|[^\r\n\ufffe]+$", text):
        # Boxes are asked for by index of a character; a surrogate pair would shift them, so it is counted as two.
        length = len(raw_line.encode("utf-16-le", "surrogatepass")) // 2
        if clean(raw_line).strip():
            yield from _line(textpage, raw_line, start)
        start += length


def _line(textpage: pypdfium2.PdfTextPage, raw_line: str, start: int) -> Iterator[Piece]:
    from pypdfium2 import raw

    page = textpage.raw
    box = raw.FS_RECTF()
    inner = [index for index, sign in enumerate(raw_line) if not sign.isspace() and sign != "\ufffe"]
    probes = [inner[0], inner[len(inner) // 2], inner[-1]]
    size = sorted(raw.FPDFText_GetFontSize(page, start + index) for index in probes)[1]
    edges = _edges(page, raw_line, start, inner)
    cuts = [0, *(index for index, gap in edges if gap > 1.5 * size), len(raw_line)] if size > 1 else [0, len(raw_line)]
    shown = _with_raised(page, raw_line, start, size)
    for number, (first, last) in enumerate(pairwise(cuts)):
        inside = [index for index in (inner if len(cuts) == 2 else range(first, last)) if not raw_line[index].isspace()]
        visible = clean(shown[first:last]).strip()
        if not visible or not inside:
            continue
        _, right = _extent(page, start + inside[-1])
        raw.FPDFText_GetLooseCharBox(page, start + inside[0], box)
        yield Piece(
            visible,
            box.left,
            right,
            box.bottom,
            box.top,
            (size if len(cuts) == 2 else raw.FPDFText_GetFontSize(page, start + inside[0])) or box.top - box.bottom,
            all(_is_bold(page, start + index) for index in (inside[0], inside[-1])),
            tied=number > 0,
        )


def _is_bold(page: object, index: int) -> bool:
    """By the weight that the font states, or by its name where it states none."""
    from ctypes import c_int, create_string_buffer

    from pypdfium2 import raw

    if raw.FPDFText_GetFontWeight(page, index) >= _BOLD:
        return True
    name = create_string_buffer(64)
    raw.FPDFText_GetFontInfo(page, index, name, len(name), c_int())
    return b"bold" in name.value.lower()


def _edges(page: object, raw_line: str, start: int, inner: list[int]) -> list[tuple[int, float]]:
    """Where words begin in the middle half of a line, each with the white before it, in points."""
    if len(inner) > 2_000:
        return []
    middle = inner[len(inner) // 4 : -(len(inner) // 4) or None]
    return [
        (index, _extent(page, start + index)[0] - _extent(page, start + before)[1])
        for before, index in pairwise(middle)
        if index > before + 1
    ]


def _extent(page: object, index: int) -> tuple[float, float]:
    """Left and right of a character, in points."""
    from pypdfium2 import raw

    raw.FPDFText_GetCharBox(page, index, *_BOX)
    return _BOX[0].value, _BOX[1].value


def _with_raised(page: object, raw_line: str, start: int, size: float) -> str:
    """The line with small digits that stand high shown as raised ones, but for a number that opens it."""
    from pypdfium2 import raw

    box, usual = raw.FS_RECTF(), raw.FS_RECTF()
    result = list(raw_line)
    if len(raw_line.encode("utf-16-le", "surrogatepass")) // 2 != len(raw_line):
        return raw_line
    for match in islice(re.finditer(r"\d+", raw_line), 200):
        # Behind a number the mark is its last digits: `2015–2030³`.
        first = match.end()
        while first > max(match.start(), match.end() - 4) and (
            raw.FPDFText_GetFontSize(page, start + first - 1) < 0.8 * size
        ):
            first -= 1
        before = len(raw_line[:first].rstrip()) - 1
        if before < 0 or match.end() - first not in (1, 2, 3):
            continue
        raw.FPDFText_GetLooseCharBox(page, start + first, box)
        raw.FPDFText_GetLooseCharBox(page, start + before, usual)
        if box.bottom > usual.bottom + 0.1 * size:
            result[first : match.end()] = raised(raw_line[first : match.end()])
            result[before + 1 : first] = [""] * (first - before - 1)
    return "".join(result) if "" not in result else "".join(sign or "\u200b" for sign in result)


def _rules(page: pypdfium2.PdfPage) -> Iterator[Rule]:
    """Thin horizontal lines, those that lie end to end as one."""
    from pypdfium2 import raw

    parts = []
    for drawn in islice(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3), _MOST_DRAWN):
        left, bottom, right, top = drawn.get_bounds()
        if top - bottom < 3 and right > left:
            parts.append((round((top + bottom) / 2), left, right))
    open_rule: Rule | None = None
    for height, left, right in sorted(parts):
        if open_rule and open_rule.height == height and left < open_rule.right + 3:
            open_rule = Rule(open_rule.left, max(right, open_rule.right), height)
            continue
        if open_rule:
            yield open_rule
        open_rule = Rule(left, right, height)
    if open_rule:
        yield open_rule


def _is_picture(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether what a page says stands in a picture, or in letters that its fonts give no meaning to."""
    from pypdfium2 import raw

    told = sum(sign.isalnum() for sign in islice(text, 100_000))
    if told >= 20:
        shown = "".join(text[:20_000].split())
        return len(_LOST.findall(shown)) > 0.3 * len(shown)
    if len("".join(text[:20_000].split())) > 200:
        # Many signs and hardly a letter: the font maps its letters to anything.
        return not re.search(r"[._\-–—…]{20}", text)
    width, height = page.get_size()
    kinds = [raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH]
    drawn = list(islice(page.get_objects(filter=kinds, max_depth=3), _MOST_DRAWN))
    covered = 0.0
    for one in drawn:
        if one.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = one.get_bounds()
            covered += max(0.0, right - left) * max(0.0, top - bottom)
    share = covered / max(1.0, width * height)
    return share > 0.5 if told else share > 0.05 or len(drawn) > 200


def _recognised(page: pypdfium2.PdfPage) -> Iterator[Piece]:
    """The lines of the page's picture, in points. All but the small ones get one size: boxes of letters vary."""
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / 72, (_MOST_DOTS / max(1.0, width * height)) ** 0.5)
    with closing(page.render(scale=scale, grayscale=True)) as bitmap:
        picture = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
        lines = recognise(picture, max(70, round(72 * scale)))
    if not lines:
        return
    sizes = sorted((line.bottom - line.top) / scale for line in lines)
    usual = sizes[len(sizes) // 2]
    for line in lines:
        tall = (line.bottom - line.top) / scale
        yield Piece(
            line.text,
            line.left / scale,
            line.right / scale,
            height - line.bottom / scale,
            height - line.top / scale,
            usual if tall > 0.7 * usual else tall,
            ocr=line.confidence,
        )


def _body_size(pages: Iterable[Page]) -> float:
    """Font size of the running text: the one most letters are set in. Bold is left out: a list of sponsors is."""
    sizes: dict[float, float] = defaultdict(float)
    for page in pages:
        for piece in page.pieces:
            sizes[round(piece.size, 1)] += len(piece.text) if not piece.bold else len(piece.text) / 20
    return max(sizes, key=lambda size: sizes[size]) if sizes else 12.0
