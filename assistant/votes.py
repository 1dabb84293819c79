"""How a vote went: who asks for it, and the line of a record that tells it.

Such a line (`by 9 votes to none, with 1 abstention`) has no word of the matter in it, so that neither words nor
vectors find it from a question about the matter: it is looked for in the statements that they do find.
"""

from __future__ import annotations

import re

WORDS = (
    "adopted votes to none favour against abstention abstentions unanimously"
    " adoptée voix contre abstentions unanimité angenommen Stimmen Enthaltungen gegen einstimmig"
    " aprobada votos contra abstenciones unanimidad approvata voti contrari astensioni unanimità"
    " принята голосами против воздержавшихся единогласно прийнято голосами проти утрималися одноголосно"
)
"""What a line with the outcome is looked up by."""
_ASKS = re.compile(
    r"(?<!\w)(?:"
    r"abst(?:ain|ention)\w*|vot(?:ed?|es|ing) (?:no|yes|against|for|in favou?r|down)|how many votes"
    r"|unanimous\w*|(?:result|outcome) of (?:the|that|its) vot\w+|vetoed|cast (?:a|the|its) (?:veto|vote)"
    r"|s[’']abst\w+|abstenus?|voté (?:contre|pour)|combien de voix|unanimité|(?:mis|opposé) (?:son|leur) veto"
    r"|enthielt\w*|enthalten|dagegen gestimmt|stimmten? (?:dagegen|dafür|gegen|für)|wie viele stimmen|einstimmig\w*"
    r"|abstuv\w+|abstenci\w+|vot(?:ó|aron) (?:en contra|a favor|no)|cuántos votos|unanimidad"
    r"|astenut\w*|astensi\w+|vot(?:ò|ato|arono) (?:contro|a favore|no)|quanti voti|unanimità"
    r"|воздержал\w+|(?:про)?голосовал\w* (?:против|за)|сколько голосов|единогласно"
    r"|утрим(?:ал|ав)\w*|(?:про)?голосува\w+ (?:проти|за)|скільки голосів|одноголосно"
    r")(?!\w)",
    re.IGNORECASE,
)
_NUMBER = r"(?:\d{1,3}|[^\W\d_]{2,12}(?:[ -][^\W\d_]{2,9})?)"
_TELLS = re.compile(
    rf"(?<!\w)(?:{_NUMBER} votes? (?:to (?:none|{_NUMBER})|in favou?r)|adopted unanimously|unanimously adopted"
    rf"|{_NUMBER} voix (?:contre|pour)|adoptée? à l[’']unanimité|{_NUMBER} stimmen (?:gegen|bei|dafür)"
    r"|einstimmig angenommen"
    rf"|{_NUMBER} votos (?:contra|a favor)|aprobad[ao] por unanimidad|{_NUMBER} voti (?:contro|contrari|a favore)"
    rf"|approvat[ao] all[’']unanimità|{_NUMBER} голос(?:ами|ов)? (?:против|за)|принят[ао] единогласно"
    rf"|{_NUMBER} голос(?:ами|ів)? (?:проти|за)|прийнят[ао] одноголосно)(?!\w)",
    re.IGNORECASE,
)


_ABSTAINED = re.compile(r"abst|enthalt|enthielt|asten|astenut|воздерж|утрим", re.IGNORECASE)
_AGAINST = re.compile(
    r"(?<!\w)(?:against|no(?= vote)|(?<=vote )no|(?<=voted )no|veto\w*|down|contre|dagegen|gegen|contra|contro"
    r"|против|проти)(?!\w)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?<!\w)(?:to none|unanim\w*|einstimmig|единогласно|одноголосно|contre (?:zéro|0)|gegen (?:keine|0))(?!\w)",
    re.IGNORECASE,
)


def asks_for_outcome(question: str) -> bool:
    """Whether a question asks who voted how, or how many did."""
    return _ASKS.search(question) is not None


def tells_outcome(question: str, text: str) -> bool:
    """Whether a text has the count of a vote, and where abstentions or votes against are asked for, some of these."""
    if not _TELLS.search(text):
        return False
    if _ABSTAINED.search(question):
        return _ABSTAINED.search(text) is not None
    return not (_AGAINST.search(question) and _NOBODY.search(text))
