"""Document codes as people say them: `resolution 858`, `résolution 1441 (2002)`, `the 7138th meeting`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from store.codes import find

_WORD = r"(?<!\w)(?:resolu[tc]i[oó]n\w*|résolution\w*|risoluzion\w+|резолюц\w+|unscrs?|scr)"
_YEAR = r"(?:\s*(?:\(\s*|/)(?:19|20)\d\d\)?)?"
_RESOLUTION = re.compile(
    rf"{_WORD}\s*(?:№|no\.?|nr\.?|n°|num\.?)?\s*(?P<numbers>\(?\d{{1,4}}\)?{_YEAR}"
    rf"(?:\s*(?:,|and|et|und|e|ed|y|и|та|і)\s*\d{{1,4}}(?!\w){_YEAR})*)(?![\w/-])",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\(?(?P<number>\d{{1,4}})\)?{_YEAR}")
_ASSEMBLY_RESOLUTION = re.compile(rf"{_WORD}\s*(?P<number>\d{{1,3}}/\d{{1,4}})(?![\w/-])", re.IGNORECASE)
_MEETING = re.compile(
    r"(?<![\w/.])s?\.?pv\.?\s?(?P<printed>\d{2,5})(?!\w)"
    r"|(?<!\w)(?P<spoken>\d{3,5})(?:st|nd|rd|th|e|ème|\.|ª|-е|-го|-м)\s+"
    r"(?:meeting|séance|sitzung|sesión|seduta|заседани\w)",
    re.IGNORECASE,
)


def codes_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Each code that a text may mean, with its place; a spoken resolution stands without its year."""
    for code in find(text):
        yield code.text, code.start, code.end
    for match in _RESOLUTION.finditer(text):
        for place, number in enumerate(_NUMBER.finditer(text, *match.span("numbers"))):
            yield f"S/RES/{number['number']}", number.start() if place else match.start(), number.end()
    for match in _ASSEMBLY_RESOLUTION.finditer(text):
        yield f"A/RES/{match['number']}", match.start(), match.end()
    for match in _MEETING.finditer(text):
        yield f"S/PV.{match['printed'] or match['spoken']}", match.start(), match.end()
