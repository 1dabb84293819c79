"""What a line or block of a document looks like: label, heading, salutation, vote line, enacting words, footnote.

Six languages; each test is a small function of the text alone.
"""

from __future__ import annotations

import re

from ingest.dates import is_month

TERMINAL = ".!?:;…"
_CLOSERS = "”»\"'’)]*"

_LABEL = re.compile(
    r"^(?P<label>(?:OP|PP)\s?\d{1,3}(?:\s?(?:bis|ter))?\.?(?=\s)"
    r"|\(?\d{1,3}(?:\.\d{1,2}){0,3}[.)](?=\s|[A-Z“\"(])"
    r"|\d{1,3}(?:\.\d{1,2}){1,3}(?=\s+[A-ZÀ-ÞА-Я“\"«(])"
    r"|§\s?\d{1,3}\.?(?=\s)"
    r"|\((?:[a-zа-я]{1,2}|[ivx]{1,5}|[A-Z]|[IVX]{1,5})\)(?=\s|[A-Z“\"])"
    r"|(?:[a-zа-я]|[ivx]{1,4})\)(?=\s)"
    r"|[IVXL]{1,6}\.(?=\s))\s*(?P<rest>\S.*)$",
    re.DOTALL,
)
_BULLET = re.compile(r"^(?:[-–—•▪·●○■□➢►✓]|\*|o(?=\s{2}))\s+(?P<rest>\S.*)$", re.DOTALL)
_ARTICLE = re.compile(
    r"^(?:article|section|chapter|part|annex|appendix|attachment|protocol|artikel|kapitel|abschnitt|teil|anhang|anlage|"
    r"annexe|chapitre|partie|artículo|capítulo|sección|anexo|articolo|capitolo|sezione|allegato|"
    r"статья|глава|раздел|часть|приложение|стаття|розділ|додаток)\s+(?:\d{1,3}|[ivxlc]{1,7}|[a-z])\b[.:]?(?P<rest>.*)$",
    re.IGNORECASE,
)
_VOTE = re.compile(r"^Adopted\s+(?:(?:unanimously|without)\b|(?:at|as)\s|by\s+(?:\d|consensus|acclamation))")
_ENACTING = re.compile(
    r"^(?:the|le|la|les|il|lo|l[’']|el|los|der|die|das)?\s?(?:[\w’'.-]+\s){0,6}"
    r"(?:council|assembly|conference|committee|commission|conseil|assemblée|conférence|rat|ministerrat|versammlung|konferenz|"
    r"consiglio|assemblea|conferenza|consejo|asamblea|conferencia|совет|ассамблея|конференция),?$",
    re.IGNORECASE,
)
_PREAMBLE = re.compile(
    r"^(?:(?:Also|Further|Strongly|Gravely|Deeply|Profoundly|Seriously|Fully|Keenly|Firmly|Particularly|Greatly)\s)?"
    r"(?!United\b|Beijing\b|King\b|Working\b|Standing\b|Meeting\b|Armed\b|During\b|Limited\b|Permitted\b|Need\b|Red\b)"
    r"[A-Z][a-z]+(?:ing|ed|med)\b"
)
_ADDRESS = re.compile(
    r"^(?:(?:and|et|und|e|y|и|та|sowie)\s+)?(?:your\s+|ihre\s+|vos\s+|vostre\s+|sus\s+|ваши\s+)?(?:"
    r"mr|mrs|ms|madam|madame|sir|dear|distinguished|excellenc\w+|ladies|gentlemen|colleagues|fellow|friends|honou?rable|delegates|"
    r"messieurs|mesdames|monsieur|mesdemoiselles|chers?|chères?|excellences?|"
    r"herr|frau|sehr\s+geehrte[rns]?|geehrte[rns]?|meine\s+(?:sehr\s+\w+\s+)?damen|liebe|exzellenz(?:en)?|verehrte[rns]?|"
    r"signor[ae]?|signori|egregi[oae]?|gentil[ei]|onorevol[ei]|eccellenz[ae]|cari|care|colleghi|"
    r"señor(?:a|as|es)?|excelent[ií]simos?|excelencias?|distinguid[oa]s?|estimad[oa]s?|queridos|colegas|damas|"
    r"господин|госпожа|уважаем(?:ый|ая|ые)|дамы|господа|коллеги|дорогие|ваше|превосходительств[ао]|товарищи|"
    r"шановн\w+|пан[іе]?|пані|панове|дорогі|колеги|друзі|ваша"
    r")\b",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(
    r"^(?P<mark>\d{1,3}|[¹²³⁴-⁹]{1,3}|\*{1,3}|[a-z](?=\s[A-Z]))\s?[./]?\s*(?P<text>[A-Z\[“\"(‘$|l].*)$", re.DOTALL
)
_RULE = re.compile(r"^[_‗—–=-]{5,}$")


def split_label(text: str) -> tuple[str | None, str]:
    """The printed number of a paragraph and its text: `3. (a) Decides` -> `3(a)`, `Decides`. A bullet is no number."""
    bullet = _BULLET.match(text)
    if bullet:
        return None, bullet["rest"]
    match = _LABEL.match(text)
    if match is None or _is_ordinal(match):
        return None, text
    label, rest = match["label"].strip(), match["rest"]
    inner = re.match(r"^(\((?:[a-z]{1,2}|[ivx]{1,5})\))\s+(\S.*)$", rest, re.DOTALL)
    if inner and label[-1] == ".":
        return label.rstrip(".") + inner[1], inner[2]
    return label, rest


def starts_item(text: str) -> bool:
    """Whether a line begins with a number or bullet of its own."""
    return bool(_BULLET.match(text)) or split_label(text)[0] is not None


def is_bullet(text: str) -> bool:
    """A line with a bullet before it; a dash may also stand in mid-sentence at the start of a line."""
    return _BULLET.match(text) is not None


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a finished one does, quotation marks, brackets and footnote marks aside."""
    text = re.sub(r"(?<=[.!?:;,”’])\s?\d{1,3}$", "", text.rstrip())
    bare = text.rstrip(_CLOSERS)
    return bool(bare) and (bare[-1] in TERMINAL or text[-1] in "”»")


def starts_small(text: str) -> bool:
    """Whether a text goes on in the middle of a sentence."""
    bare = text.lstrip("(“\"'«‘[")
    return bool(bare) and bare[0].islower()


def is_vote(text: str) -> bool:
    """`Adopted at the 2350th meeting by 10 votes to 1 …`, which is a paragraph of its own."""
    return _VOTE.match(text) is not None


def is_enacting(text: str) -> bool:
    """`The Security Council,`: who acts in what follows."""
    return len(text) < 90 and text[:1].isupper() and not capitals(text) and _ENACTING.match(text.strip()) is not None


def starts_preamble(text: str) -> bool:
    """`Recalling …`, `Gravely concerned …`: the first word of a paragraph of a preamble."""
    return _PREAMBLE.match(text) is not None


def is_heading(text: str, *, bold: bool = False, level: int | None = None) -> bool:
    """Short, unfinished and set off: by the format, in bold, in capitals, or as `Article IV`."""
    if level is not None:
        return True
    if len(text) > 160 or len(words := text.split()) > 20 or "|" in text:
        return False
    letters = sum(map(str.isalpha, text))
    if not letters:
        return False
    if re.fullmatch(r"[A-Z]|[IVX]{1,5}", text):
        return True
    if bold and not text.rstrip(_CLOSERS).endswith((".", "!", "?", ",", ";", "…")):
        return True
    article = _ARTICLE.match(text)
    if article and len(words) <= 12 and not article["rest"].rstrip().endswith((".", ",", ";")):
        return not article["rest"] or not starts_small(article["rest"].strip(" .:–—-"))
    return capitals(text) and letters > 4 and len(words) <= 16 and not text.rstrip().endswith((".", "!", "?", ",", ";"))


def capitals(text: str) -> bool:
    """Whether a text is set in capitals, an ordinal's ending or a small word aside."""
    letters = list(filter(str.isalpha, re.sub(r"(?<=\d)[a-zªº]{1,2}\b", "", text)))
    return bool(letters) and sum(map(str.isupper, letters)) >= 0.9 * len(letters)


def is_salutation(text: str) -> bool:
    """Every part of a short line addresses someone: `Mr. Chairman, Excellencies,`."""
    if len(text) > 200 or len(text.split()) > 22:
        return False
    parts = [
        part.strip(" *")
        for part in re.split(r"[,;!:]|(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSr)\.", text, flags=re.I)
    ]
    parts = [part for part in parts if part]
    return (
        bool(parts)
        and all(_ADDRESS.match(part) and len(part.split()) <= 11 for part in parts)
        and not re.search(r"\b(?:I|we|is|are|has|have|was|thank|let|allow|ist|sind|est|sont|è|sono|es|son)\b", text)
    )


def split_footnote(text: str) -> tuple[str, str] | None:
    """Mark and text of a footnote: `29 Ibid., Supplement for July …`."""
    match = _FOOTNOTE.match(text)
    return (match["mark"], match["text"]) if match else None


def is_slash_note(text: str) -> bool:
    """`2/ S/26626.`: a form that nothing but a footnote has."""
    return re.match(r"^\d{1,2}/\s+\S", text) is not None


def is_rule(text: str) -> bool:
    """A line drawn over footnotes or under a text."""
    return _RULE.match(text.replace(" ", "")) is not None


def _is_ordinal(match: re.Match[str]) -> bool:
    """`11. Oktober 2001` at the start of a line is a date."""
    return match["label"].rstrip(".").isdigit() and is_month(match["rest"].split()[0])
