"""Text to sentences, as offsets into the text, in the text's own language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from store.bundled import bundled

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer  # type: ignore[import-untyped]

_MODELS = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "ru": "russian",
    "uk": "russian",
    "be": "russian",
    "nl": "dutch",
    "pl": "polish",
    "pt": "portuguese",
    "tr": "turkish",
}

_ABBREVIATION = re.compile(
    r"(?<!\w)(?:"
    r"Mr|Mrs|Ms|Dr|Prof|St|Gen|Lt|Col|Capt|Maj|Sgt|Adm|Rev|Hon|Sen|Rep|Gov|Amb|H\.E|S\.E|I\.E|Messrs|"
    r"Nos?|nos?|[Pp]aras?|[Aa]rts?|[Cc]h|[Cc]hap|[Ss]ect?|[Ff]igs?|[Vv]ols?|pp?|cf|e\.\s?g|i\.\s?e|viz|ibid|vs|approx|[Cc]orr|[Aa]dd|"
    r"MM?|Mmes?|Mlle|[Pp]ar|al|núm|n[º°]|Sres?|Sras?|Dña?|Excmo|[Pp]árr|apdo|"
    r"Nr|Abs|bzw|z|u|d|o|s|vgl|Ziff|Bd|Hrn?|Frl|"
    r"Sigg?|On|[Ss]ig\.ra|[Dd]ott|pag|"
    r"пп?|ст|стр|гл|им|см|напр|т\.\s?е|т\.\s?к|тыс|млн|млрд|ул|г-н|г-жа|тов|акад|проф|ред|рис|абз|чл|ч|зб"
    r")\.$"
)
_INITIAL = re.compile(r"(?:^|[\s(«“\"'.-])[A-ZÀ-ÖØ-ÞА-ЯЁЇІЄҐ]\.$")
_ENUMERATOR = re.compile(r"^[\s(“\"«]*(?:\d{1,3}|[A-Za-zА-Яа-я]|[ivxIVX]{1,5})[.)]$")
_GERMAN_ORDINAL = re.compile(r"(?<!\d)\d{1,2}\.$")
_OPENS_SMALL = re.compile(r"[\s(“\"«‘'\[—–-]*[a-zà-öø-ÿа-яёїієґ]")


_MISSED = re.compile(r"(?<![^\W\d_])(?P<word>[^\W\d_]+)\.[”»\"')\]]*(?P<space>\s+)(?=[«“\"(]?[A-ZÀ-ÖØ-ÞА-ЯЁЇІЄҐ])")


_AT_ONCE = 50_000
"""Characters that the model is given at once."""
_LAST_END = re.compile(r".*[.!?][”»\"')\]]*\s+(?=\S)", re.DOTALL)
_LAST_SPACE = re.compile(r".*\s", re.DOTALL)


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of the sentences of a text, white space between them left out.

    `language` is an ISO 639-1 code; one without a model of its own is cut by the English rules. Joined again are cuts
    after an abbreviation, an initial or an enumerator, and cuts before a small letter.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _model_spans(text, _MODELS.get(language, "english")):
        for first, last in _cut_again(text, start, end):
            if spans and _belongs(text[spans[-1][0] : spans[-1][1]], text[first:last], language):
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
    return spans


def _model_spans(text: str, model: str) -> Iterator[tuple[int, int]]:
    """What the model takes for sentences, some pages at a time: it gives up on a text that takes it seconds."""
    start = 0
    while start < len(text):
        end = len(text)
        if end - start > _AT_ONCE:
            window = text[start : start + _AT_ONCE]
            ends = _LAST_END.match(window) or _LAST_SPACE.match(window)
            end = start + (ends.end() if ends else _AT_ONCE)
        for first, last in _punkt(model).span_tokenize(text[start:end]):
            yield start + first, start + last
        start = end


def _cut_again(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cuts that the model misses because it takes a common word for an abbreviation (Russian `так.`)."""
    spans: list[tuple[int, int]] = []
    for match in _MISSED.finditer(text, start, end):
        if len(match["word"]) >= 3 and match["word"].islower():
            spans.append((start, match.start("space")))
            start = match.end()
    return [*spans, (start, end)]


def _belongs(before: str, after: str, language: str) -> bool:
    """Whether the cut between two pieces is none."""
    tail = before[-24:]
    return bool(
        _ABBREVIATION.search(tail)
        or _INITIAL.search(tail)
        or _ENUMERATOR.match(before)
        or _OPENS_SMALL.match(after)
        or (language == "de" and _GERMAN_ORDINAL.search(tail))
    )


@cache
def _punkt(model: str) -> PunktSentenceTokenizer:
    """The parameters are read here because NLTK's own loader looks only into its data folders."""
    from nltk.tabdata import PunktDecoder  # type: ignore[import-untyped]
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    folder = bundled(f"nltk_cache/tokenizers/punkt_tab/{model}")
    decoder = PunktDecoder()
    parameters = PunktParameters()
    with (folder / "collocations.tab").open(encoding="utf-8") as lines:
        parameters.collocations = set(decoder.tab2tups(lines))
    with (folder / "sent_starters.txt").open(encoding="utf-8") as lines:
        parameters.sent_starters = decoder.txt2set(lines)
    with (folder / "abbrev_types.txt").open(encoding="utf-8") as lines:
        parameters.abbrev_types = decoder.txt2set(lines)
    with (folder / "ortho_context.tab").open(encoding="utf-8") as lines:
        parameters.ortho_context = decoder.tab2intdict(lines)
    return PunktSentenceTokenizer(parameters)
