"""Speaker and delegation from a title: `STATEMENT BY MR. X, MINISTER OF Y, AT …`, `… BY THE DELEGATION OF Y`."""

from __future__ import annotations

import re
from functools import cache

from ingest.languages import HOUSE

_DELEGATION = re.compile(
    r"(?:delegation\s+of|délégation\s+(?:de\s+l[’']|de\s+la|du|des|de|d[’'])|delegation\s+(?:der|des|von)|"
    r"delegazione\s+(?:della|dell[’']|dello|del|degli|dei|di)|delegación\s+(?:de\s+la|de\s+los|del|de)|делегации|делегація|делегації)"
    r"\s*(?:the\s+|la\s+|le\s+|les\s+|l[’']|los\s+|las\s+)?(?P<name>.+?)"
    r"(?=\s+(?:at|in|on|to|during|à|lors|au|aux|sur|bei|auf|an|zu[mr]?|im|anlässlich|alla|al|nella|durante|en|ante|на|в|по|во)\s"
    r"|\s*[,(;:*]|$)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:statement|report|speech|address|remarks|intervention|reply|opening statement|closing remarks|"
    r"déclaration|discours|allocution|"
    r"erklärung|rede|ansprache|beitrag|dichiarazione|discorso|intervento|declaración|discurso|intervención|"
    r"выступление|заявление|речь|виступ|заява|промова)\s+"
    r"(?:delivered\s+|made\s+|given\s+|pronunciad[oa]\s+|prononcée?\s+)?(?:by|of|par|de\s+l[’']|de|von|des|der|di|dell[’']|della|del|por)?\s*"
    r"(?P<name>(?:h\.\s?e\.\s|his excellency\s|her excellency\s|s\.\s?e\.\s|the\s+hon(?:ou?rable|\.)\s)?"
    r"(?:mr|mrs|ms|miss|dr|sir|lord|dame|prof|colonel|captain|major|admiral|lieutenant|amb|ambassador|ambassadeure?|ambassadrice|ambasciatore|ambasciatrice|embajadora?|general|minister|m|mme|mlle|herrn?|frau|botschafter(?:in)?s?|"
    r"sig|signor|signora|on|sr|sra|señora?|г-на|г-жи|господина|госпожи|посла|пана|пані)\b\.?\s?(?:ra\s)?[^,(]{3,60}?)"
    r"(?:\s*,\s*(?P<function>.+?))?"
    r"(?=,?\s+(?:at\s+the|at\s+a|to\s+the|on\s+the|before\s+the|à\s+la|lors|devant|au|auf\s+de[rm]|bei[m]?|anlässlich|alla|al|presso|"
    r"en\s+la|en\s+el|ante|на)\s|\s*[;*]|$)",
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
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "of the and for in on at to de la le les du des et d l der die das und von di del della e y el los i и по в",
    )
)


def speaker_and_delegation(title: str) -> tuple[str | None, str | None]:
    """Who speaks and for whom, as far as a title says so. Capitals of a whole title are set as names are."""
    draft = _DRAFT.match(title)
    if draft:
        return None, draft["name"].strip()
    by = _BY.search(title)
    if by:
        return _named(by["name"]), _represented(by["function"])
    delegation = _DELEGATION.search(title)
    return (None, _state(delegation["name"])) if delegation else (None, None)


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
