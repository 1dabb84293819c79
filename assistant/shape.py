"""What a question wants beside one fact: an answer from each of several sides, or everything that belongs to a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from assistant.named import Ids, Named
from store.types import Paragraph

MOST_SIDES = 4
_SIDES = (("delegation", "speaker"), ("code",), ("period",))
"""Kinds of which several stand side by side, those that speak first."""

_SEVERAL = re.compile(
    r"(?<!\w)(?:"
    r"(?:which|what) (?:(?!does|is|was|has|did)[\w-]+ ){0,2}?(?!does|is|was|has|his|its|this)[\w-]+[^\Ws]s"
    r"|what (?:are|were)|(?:list|name) (?:all|the|every)"
    r"|welche (?:[\w-]+ )?[\w-]+(?:e[nr]?|n|s)|was sind"
    r"|quel(?:le)?s|lesquel(?:le)?s|cuáles|qué (?:[\w-]+ )?[\w-]+[aeo]s|quali"
    r"|какие|каких|каким|какими|які|яких|яким|якими"
    r")(?![\w’'])",
    re.IGNORECASE,
)
_EVERYONE = re.compile(
    r"(?<!\w)(?:"
    r"(?:which|what) (?:[\w-]+ ){0,2}?(?:delegations|states|countries|members|governments|speakers|ambassadors|leaders)"
    r"|who (?:all|else)|welche (?:\w+ )?(?:Delegationen|Staaten|Länder|Mitglieder|Regierungen|Redner|Botschafter)"
    r"|quel(?:le)?s (?:délégations|états|pays|membres|gouvernements|orateurs)"
    r"|qué (?:delegaciones|estados|países|miembros|gobiernos|oradores)"
    r"|quali (?:delegazioni|stati|paesi|membri|governi|oratori)"
    r"|каки[емх]+ (?:делегаци|государств|стран|член|правительств)\w*"
    r"|як[іи][йхм]* (?:делегаці|держав|країн|член|уряд)\w*"
    r")(?!\w)",
    re.IGNORECASE,
)
_JOINS = re.compile(
    r"\s*(?:[,/–-]|(?:,\s*)?(?:and|or|und|oder|et|ou|y|o|e|и|или|і|та|або))\s*(?:the|die|der|das|la|le|les|el)?\s*"
)
"""What stands between two names that belong together: `Finland and Denmark`, `Kyrgyz-Tajik`."""
_COMPARES = re.compile(
    r"(?<!\w)(?:each|both|respectively|compared?|differ\w*|versus|vs|whereas|and (?:what|how|who|why|when|where|which)"
    r"|jeweils|beide[nr]?|vergl\w+|und (?:was|wie|wer|warum)|chacun\w*|les deux|et (?:que|quoi|comment|qui|pourquoi)"
    r"|cada un[oa]|amb[oa]s|y (?:qué|cómo|quién)|ciascun\w|entramb[ie]|e (?:che cosa|come|chi)"
    r"|кажд\w+|об[ае]|сравн\w+|а (?:что|как|кто)|кож\w+|обидв[аі]|порівн\w+|а (?:що|як|хто))(?!\w)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"[\s“\"«(]*(?:(?:and|finally|und|et|y|e|и|та|our|the|my|unser|die|der|das|la|le|el|il|наше|наша)\s+)?(?:"
    r"first(?:ly)?|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|fifth(?:ly)?|sixth(?:ly)?|lastly|(?:one|two|three|four|five)(?=[,:])"
    r"|erst(?:ens|er?s?)|zweit(?:ens|er?s?)|dritt(?:ens|er?s?)|viert(?:ens|er?s?)|fünft(?:ens|er?s?)"
    r"|premi(?:er|ère)(?:ment)?|deuxi[eè]me(?:ment)?|troisi[eè]me(?:ment)?|quatri[eè]me(?:ment)?|cinqui[eè]me(?:ment)?"
    r"|primer[ao]?|segund[ao]|tercer[ao]?|cuart[ao]|quint[ao]|prim[ao]|second[ao]|terz[ao]|quart[ao]"
    r"|во-первых|во-вторых|в-третьих|в-четвертых|в-четвёртых|в-пятых|первое|второе|третье"
    r"|перв(?:ый|ая)|втор(?:ой|ая)|трет(?:ий|ья)"
    r"|по-перше|по-друге|по-третє|по-четверте|по-п’яте|перше|друге|третє|перш(?:ий|а)|друг(?:ий|а)|трет(?:ій|я)"
    r"|\(?[1-9a-h][.)]"
    r")(?!\w)",
    re.IGNORECASE,
)
"""Opens an item of a list that is spoken: `First, …`, `The second proposal is …`, `Во-вторых, …`."""
REACH = 2
"""Paragraphs that may stand between the items of one list."""


def asks_for_several(question: str) -> bool:
    """Whether the question wants all of something: `which delegations …`, `what were the three proposals`."""
    return bool(_SEVERAL.search(question))


def asks_for_everyone(question: str) -> bool:
    """Whether the question wants all who said something, each from a document of its own."""
    return bool(_EVERYONE.search(question))


def sides(question: str, named: Named) -> tuple[Ids, ...]:
    """The statements of each of those that a question sets beside each other; none where there are fewer than two.

    Who speaks comes before what is cited, and that before when: `Finland and Denmark in 2023 and 2024` has two sides.
    """
    for kinds in _SIDES:
        found = [one for one in named.found if one.kind in kinds and one.statement_ids]
        apart = _apart(one.statement_ids for one in found)
        if len(apart) > 1:
            joined = any(_JOINS.fullmatch(question[one.end : other.start]) for one, other in pairwise(found))
            return tuple(apart[:MOST_SIDES]) if joined or _COMPARES.search(question) else ()
    return ()


def _apart(groups: Iterable[Ids]) -> list[Ids]:
    """Each group once, the narrower of two that lie in each other: a speaker and his delegation are one side."""
    apart: list[Ids] = []
    for group in groups:
        place = next((n for n, other in enumerate(apart) if group <= other or other <= group), None)
        if place is None:
            apart.append(group)
        else:
            apart[place] = min(apart[place], group, key=len)
    return apart


def items(paragraphs: Sequence[Paragraph], number: int) -> list[Paragraph]:
    """The paragraphs that open the items of a list which paragraph `number` announces or belongs to, in order."""
    opening = [p.number for p in paragraphs if _ORDINAL.match(p.text) or (p.label and p.under)]
    found: set[int] = set()
    for step in (1, -1):
        last = number
        for place in sorted((n for n in opening if (n - number) * step >= 0), key=lambda n: n * step):
            if abs(place - last) > REACH:
                break
            found.add(place)
            last = place
    return [p for p in paragraphs if p.number in found]
