"""Speaker and delegation from a title: `STATEMENT BY MR. X, MINISTER OF Y, AT …`, `… BY THE DELEGATION OF Y`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import takewhile

from ingest.languages import HOUSE

_DELEGATION = re.compile(
    r"(?:delegation\s+of|délégation\s+(?:de\s+l[’']|de\s+la|du|des|de|d[’'])|delegation\s+(?:der|des|von)|"
    r"delegazione\s+(?:della|dell[’']|dello|del|degli|dei|di)|delegación\s+(?:de\s+la|de\s+los|del|de)|делегации|делегація|делегації)"
    r"\s*(?:the\s+|la\s+|le\s+|les\s+|l[’']|los\s+|las\s+)?(?P<name>.+?)"
    r"(?=\s+(?:at|in|on|to|during|à|lors|au|aux|sur|bei|auf|an|zu[mr]?|im|anlässlich|alla|al|nella|durante|en|ante|на|в|по|во)\s"
    r"|\s*[,(;:*]|$)",
    re.IGNORECASE,
)
_OCCASION = (
    r",?\s+(?:at\s+the|at\s+a|to\s+the|on\s+the|before\s+the|à\s+la|lors|devant|au|auf\s+de[rm]|bei[m]?|anlässlich|alla|al|presso|"
    r"en\s+la|en\s+el|ante|на)\s"
)
_BY = re.compile(
    r"(?:statement|report|speech|address|remarks|intervention|reply|opening statement|closing remarks|"
    r"déclaration|discours|allocution|"
    r"erklärung|rede|ansprache|beitrag|dichiarazione|discorso|intervento|declaración|discurso|intervención|"
    r"выступление|заявление|речь|виступ|заява|промова)\s+"
    r"(?:delivered\s+|made\s+|given\s+|pronunciad[oa]\s+|prononcée?\s+)?(?:by|of|par|de\s+l[’']|de|von|des|der|di|dell[’']|della|del|por)?\s*"
    r"(?P<name>(?:h\.\s?e\.\s|his excellency\s|her excellency\s|s\.\s?e\.\s|the\s+hon(?:ou?rable|\.)\s)?"
    r"(?:mr|mrs|ms|miss|dr|sir|lord|dame|prof|(?:vice[- ]|prime\s+)?(?:president|minister)(?!\s+(?:of|for)\b)|colonel|"
    r"captain|major|admiral|lieutenant|amb|ambassador|ambassadeure?|ambassadrice|ambasciatore|ambasciatrice|embajadora?|general|"
    r"m|mme|mlle|herrn?|frau|botschafter(?:in)?s?|sig|signor|signora|onorevole|on(?=\.)|sr|sra|señora?|г-на|г-жи|господина|госпожи|посла|"
    r"пана|пані)\b\.?\s?(?:ra\s)?[^,(]{3,60}?)"
    rf"(?:\s*,\s*(?P<function>.+?)(?={_OCCASION}|\s*[;*]|$)"
    rf"|(?={_OCCASION}|\s+(?:at|on|in|during|after|before|following|regarding|with|for|upon|about|marking)\s|\s*[,;*]|$))",
    re.IGNORECASE,
)
_OF = re.compile(
    r"\b(?:(?:of|for|to|de\s+la|du|des|de|der|von|della|del|di)\s+|(?:de\s+l|d|dell)[’']\s?)(?=(?P<name>\S.*))",
    re.IGNORECASE,
)
_NO_STATE = re.compile(
    r"^(?:the\s+)?(?:foreign|defen[cs]e|state|justice|interior|mission|delegation|office|reply|government|affaires|asuntos|affari|"
    r"relaciones|department|ministry|secretary|policy|security\s+policy|council|staff|parliament)\b",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"^(?:(?:federal|islamic|democratic|french|italian|hellenic)\s+)?(?:republic|kingdom|grand\s+duchy|principality|"
    r"république|repubblica|república|republik|royaume|reino|regno|grand-duché|granducato|gran\s+ducado|großherzogtums?|grossherzogtums?|königreichs?)\s+"
    r"(?:of\s+the|of|de\s+la|du|des|de|d[’']|di|del|della)?\s*(?!korea|congo|the congo|corée|corea|china|south)",
    re.IGNORECASE,
)
_DRAFT = re.compile(r"^(?P<name>[^:]{3,3000}):\s*(?:\w+\s)?draft\s+(?:resolution|decision)", re.IGNORECASE)
_UNION = (
    r"(?P<name>European\s+Union|Union\s+européenne|Europäische\s+Union|Unione\s+europea|Unión\s+Europea|"
    r"Европейский\s+союз|Європейський\s+Союз)"
)
_PRESIDENCY = re.compile(rf"^[^\W\d_][^()]{{2,40}}\s?[-–—/]\s?{_UNION}\b", re.IGNORECASE)
_ON_BEHALF = re.compile(
    rf"\((?:on\s+behalf\s+of|au\s+nom\s+de|im\s+namen\s+der|a\s+nome\s+dell|en\s+nombre\s+de|от\s+имени)\W+(?:the\s+|l[’'])?{_UNION}\)",
    re.IGNORECASE,
)
_UNION_TITLE = re.compile(
    rf"^(?:(?:statement|declaration)\s+by\s+(?:the\s+)?|déclaration\s+de\s+l[’']\s?|erklärung\s+der\s+|dichiarazione\s+dell[’']|"
    rf"declaración\s+de\s+la\s+|заявление\s+)?{_UNION}(?=\s+statement\b|\s+(?:on|at|in)\b|\s*[:,(]|$)",
    re.IGNORECASE,
)
_IN_ALIGNMENT = re.compile(
    r"\s*\((?:with|avec|mit|con|при\s+поддержке)\s+(?P<names>[^()]{5,900}?)\s*"
    r"(?:in\s+alignment|s[’']alignant|in\s+Übereinstimmung|in\s+allineamento|en\s+adhesión|присоединени\w+)\s*\)",
    re.IGNORECASE,
)
_ALIGN = re.compile(
    r"(?:^|(?<=[.!?]\s)|(?<=[.!?*\d]\s\s))(?P<names>[^\W\d_][^.!?]{5,900}?)\s+"
    r"(?:aligns?\s+(?:itself|themselves|with)|s[’']associent|s[’']allient|se\s+rallient|schließen\s+sich|schliessen\s+sich|"
    r"si\s+allineano|aderiscono|se\s+suman|se\s+adhieren|se\s+alinean|присоединяются|приєднуються)\b"
    r"(?=[^.!?]{0,60}\b(?:this|present|présente|dieser|questa|presente|esta|настоящему|данному|этому|цієї)\b)",
    re.IGNORECASE,
)
_CLOSING = 6
"""Paragraphs at the end of a statement in which its list of those who align stands."""
_LONGEST_FUNCTION = 160
_HOLDER = (
    r"(?:(?:Vice[- ]|Deputy\s+)?(?:President|Prime\s+Minister|Chancellor|Foreign\s+Minister|Foreign\s+Secretary|"
    r"Secretary\s+of\s+State|King|Queen|Emir)|(?:Federal\s+)?Minister\s+(?:for|of)\s+(?:(?!of\b)\w+\s+){1,4}?|Permanent\s+Representative|Ambassador|"
    r"Président(?:e)?|Premi(?:er|ère)\s+ministre|Presidente|Primer\s+Ministro|Präsident(?:in|en)?|Bundeskanzler(?:in|s)?)"
)
_BY_OFFICE = re.compile(
    rf"\b(?:by|of|par|du|von|des|der|del|de\s+la)\s+(?:the\s+)?(?P<office>{_HOLDER})\s*(?:of\s+the|of|de\s+la|de\s+l[’']|du|des|de|del|der|von)\s?(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "of the and for in on at to de la le les du des et d l der die das und von di del della e y el los i и по в",
    )
)


def speaker_and_delegation(title: str) -> tuple[str | None, str | None]:
    """Who speaks, with his function, and for whom, as far as a title says so.

    Capitals of a whole title are set as names are.
    """
    draft = _DRAFT.match(title)
    if draft:
        return None, draft["name"].strip()
    office = _by_office(title)
    if office:
        return office
    by = _BY.search(title)
    if by:
        return _with_function(_named(by["name"]), by["function"]), _represented(by["function"])
    delegation = _DELEGATION.search(title)
    if delegation:
        return None, _state(delegation["name"])
    if re.match(r"EU\s+statement\b", title, re.IGNORECASE):
        return None, "European Union"
    union = _UNION_TITLE.match(title) or _PRESIDENCY.match(title)
    return None, _cased(union["name"]) if union else None


def on_behalf(delegation: str) -> tuple[str, str | None]:
    """For whom a delegation speaks, and who aligns with it.

    `Germany-European Union (with the candidate countries … in alignment)`: the Union speaks, the list is the second.
    """
    aligned = _IN_ALIGNMENT.search(delegation)
    name = delegation[: aligned.start()].strip() if aligned else delegation.strip()
    presidency = _PRESIDENCY.match(name) or _ON_BEHALF.search(name)
    return (presidency["name"] if presidency else name), (aligned["names"].strip(" ,;") if aligned else None)


def aligned_with(paragraphs: Sequence[str]) -> str | None:
    """Who aligns with a statement, by a sentence near its end: `The candidate countries … align themselves with it`."""
    for text in reversed(paragraphs[-_CLOSING:]):
        match = _ALIGN.search(text)
        if match:
            return " ".join(match["names"].split()).strip(" ,")
    return None


def _by_office(title: str) -> tuple[str | None, str | None] | None:
    """`Address by the Prime Minister of Norway Anna Prima`: an office, its State and the person who holds it."""
    match = _BY_OFFICE.search(title)
    if match is None:
        return None
    words = re.match(r"(?:the\s+)?((?:[^\W\d_][\w’'.-]*\s*)+)", match["rest"])
    names = words[1].split() if words else []
    for count in range(min(len(names), 7), 0, -1):
        state = _territories().get(_STYLE.sub("", _bare(" ".join(names[:count]))).casefold())
        if state:
            taken = list(takewhile(lambda word: word[0].isupper(), names[count:]))[:4]
            office = f"{match['office']} of {' '.join(names[:count])}"
            return (f"{' '.join(taken)}, {office}" if len(taken) > 1 else None), state
    return None


def _with_function(name: str, function: str | None) -> str:
    """`Mr. X, Minister of Y`; a list of functions that would fill lines is left out."""
    function = _cased(re.sub(r"\s+", " ", function or "").strip(" .*,"))
    return f"{name}, {function}" if function and len(function) <= _LONGEST_FUNCTION else name


def short_name(name: str, text: str) -> str:
    """The abbreviation that a text itself gives an organization: `Collective Security Treaty Organization (CSTO)`."""
    parts = name.split()
    words = r"\s+".join(re.escape(word) for word in parts)
    match = re.search(
        rf"(?<!\w){words}\s+\((?:the\s+)?[“\"«]?(?P<short>[^\W\d_]{{2,12}})[”\"»]?\)", text, re.IGNORECASE
    )
    if match is None or len(parts) < 2:
        return name
    initials = "".join(part[0] for part in parts).upper()
    letters = iter(initials)
    short = match["short"]
    return short if short[0].upper() == initials[0] and all(sign in letters for sign in short.upper()) else name


def _represented(function: str | None) -> str | None:
    """For whom a function is held: the longest `of …` that names a State, else the last one that may."""
    if not function:
        return None
    function = re.split(r",|\s+(?:at|on|to)\s+the\s", function, maxsplit=1, flags=re.IGNORECASE)[0]
    names = [match["name"] for match in _OF.finditer(function)]
    names = [name for name in names if not _NO_STATE.match(name)]
    for name in names:
        if _bare(name).casefold() in _territories():
            return _state(name)
    organizations = [
        name for name in names if re.search(r"(?i)organi[sz]|union|council|commission|agency|alliance|nato", name)
    ]
    if names:
        return _state(organizations[0] if organizations else names[-1])
    return _inflected(function)


def _bare(name: str) -> str:
    """Without article."""
    return re.sub(r"^(?:the|la|le|les|l[’']|il|lo|los|las|der|die|das)\s+", "", name.strip(" .,*"), flags=re.IGNORECASE)


def _state(name: str) -> str | None:
    """The name of a State or organization, in the case of CLDR where it knows it."""
    name = _bare(name)
    known = _territories().get(name.casefold())
    bare = _STYLE.sub("", name)
    return known or _territories().get(bare.casefold()) or _cased(bare) or None


def _inflected(function: str) -> str | None:
    """Languages with cases print `РЕСПУБЛИКИ ОРДАВИИ`: the case stays, no nominative is guessed."""
    match = re.search(
        r"(?:делегации|представител[яь]|иностранных дел|обороны)\s+(?:при\s.*|(?:республики\s+)?(?P<name>.+))$",
        function,
        re.IGNORECASE,
    )
    return _cased(match["name"]) or None if match and match["name"] else None


def _named(name: str) -> str:
    return _cased(name.strip(" .*"))


def _cased(text: str) -> str:
    """A text in capitals with capitals at the start of names only; another text as it is."""
    if not text.isupper():
        return text.strip()
    words: list[str] = []
    for index, word in enumerate(text.split()):
        small = word.casefold()
        words.append(
            small if index and small in _SMALL else re.sub(r"[^\W\d_]+", lambda part: part[0].capitalize(), small)
        )
    return re.sub(r"\bГ-([ЖН])", lambda part: f"Г-{part[1].lower()}", " ".join(words))


@cache
def _territories() -> dict[str, str]:
    from babel import Locale

    return {
        name.casefold(): name
        for locale in HOUSE
        for code, name in Locale(locale).territories.items()
        if len(code) == 2 or code == "EU"
    }
