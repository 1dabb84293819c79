"""What a question demands of the words that answer it: a number of something, a voice that speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from assistant.periods import periods
from store.columns import fold
from store.language import stop_words

LEAST_OF_A_WORD = 3
MOST_UNIT_WORDS = 3

_ASKS_QUANTITY = re.compile(
    r"(?<!\w)(?:(?P<counts>how (?:many|much)|combien|wie ?viele?n?|quant[oiae](?! tempo)|cuánt[oa]s?|сколько|скольких"
    r"|скільки|скількох)"
    r"|(?:what|which) (?:sum|number|figure|amount|share|percentage|total)"
    r"|quelle? (?:somme|part|proportion|montant|nombre)"
    r"|welche (?:summe|(?:an)?zahl)|quale (?:somma|cifra|numero)|qué (?:suma|número|cantidad|porcentaje)"
    r"|как(?:ую|ое|ая) (?:численность|сумм[уа]|площадь|дол[юя]|число|количество)"
    r"|як(?:у|а|ий) (?:сум[уа]|кількість|числ\w+|площ[уа]|частк[уа])"
    r"|how (?:big|large|high|tall|wide|deep|heavy|old|expensive)"
    r"|(?:what|which) (?:is|was|were|are|would be) the (?:size|length|height|area|cost|costs|price|budget|population)"
    r"|what (?:do|does|did|would|will) (?:\w+ ){1,12}?(?<!the )(?<!of )(?<!about )(?<!on )cost"
    r"|quelle (?:est|était|fut|serait) la (?:taille|longueur|hauteur|superficie|population)"
    r"|quel (?:est|était|fut|serait) le (?:coût|prix|budget)"
    r"|wie (?:groß|gross|hoch|alt|breit|tief|schwer|teuer)"
    r"|welche (?:kosten|größe|länge|höhe|fläche)|was (?:kostet|kostete|würde .{2,80}? kosten)"
    r"|qual (?:è|era|fu|sarebbe) (?:il (?:costo|prezzo|bilancio)|la (?:dimensione|lunghezza|superficie|popolazione))"
    r"|qué tamaño|cuál (?:es|era|fue|sería) (?:el (?:coste|costo|precio|presupuesto)|la (?:superficie|población))"
    r"|(?:насколько|как) (?:велик\w*|высок\w*|дорог\w*)"
    r"|какова? (?:\w+ )?(?:стоимость|величина|площадь|численность|длина|цена|размер\w*)"
    r"|наскільки (?:велик\w*|висок\w*|дорог\w*)|яка (?:\w+ )?(?:вартість|площа|чисельність|довжина|ціна))(?!\w)",
    re.IGNORECASE,
)
_COUNTS_NOTHING = frozenset(
    word
    for line in (
        "would could may might must shall did does do had has have was were is are money",
        "geld argent denaro dinero денег грошей",
    )
    for word in line.split()
)
"""Behind `how many` they say that what is counted is not named there."""
_ASKS_MONEY = re.compile(
    r"(?<!\w)(?:(?:what|which) sum|how much money|how many (?:dollars|euros?|pounds)|quelle somme"
    r"|combien (?:de dollars|d['’](?:euros|argent))|welche summe|wie ?viel geld|quale somma|quanto denaro|qué suma"
    r"|cuánto dinero|какую сумму"
    r"|сколько (?:денег|долларов|евро)|яку суму|скільки (?:грошей|доларів|євро))(?!\w)",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[$€£¥₽₴]\s?\d|\b(?:USD|EUR|GBP|CHF)\b"
    r"|(?<!\w)(?:dollars?|euros?|pounds?|francs?|kron[aeo]r?|yen|yuan|rubles?|roubles?|hryvnias?|thalers?|dólares|dollari"
    r"|pfund|franken|kronen|sterline|libras|táleros|доллар\w*|евро|рубл\w*|фунт\w*|гривен\w*|гривн\w*|долар\w*|євро)(?!\w)",
    re.IGNORECASE,
)
_NUMBER_WORDS = frozenset(
    fold(word)
    for line in (
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen",
        "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands",
        "million millions billion billions trillion dozen dozens none",
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig hundert tausend million millionen",
        "milliarde milliarden",
        "deux trois quatre cinq sept huit neuf dix onze douze quinze vingt trente cent cents mille millions milliard",
        "milliards",
        "due tre quattro cinque sei sette otto nove dieci dodici venti cento mila mille milioni miliardi",
        "dos tres cuatro cinco siete ocho nueve diez doce veinte cien ciento mil millón millones",
        "два две три четыре пять шесть семь восемь девять десять двадцать сто сотни тысяч тысячи миллион миллиона",
        "миллионов миллиард миллиардов дві чотири сім вісім двадцять тисяча тисяч тисячі мільйон мільйони мільйонів",
        "мільярд мільярди мільярдів",
    )
    for word in line.split()
)
"""One is left out: it is an article or a pronoun far more often."""
_DIGITS = re.compile(r"(?<![\w/.-])\d(?:[\d.,\u00a0\u202f ]*\d)?(?![\w/]*/)")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_LABELLED = re.compile(
    r"(?:resolutions?|articles?|paragraphs?|chapters?|annex|sessions?|no\.|nr\.|n°|№|résolutions?|artikel|absatz"
    r"|resoluci(?:ón|ones)|artículos?|risoluzion[ei]|articol[oi]|резолюци\w*|стат\w+|пункт\w*)\s*$",
    re.IGNORECASE,
)
"""What stands before a number that counts nothing."""

_SAYS = {
    "en": "sa(?:y|id)|tell|told|ask|call|propos|explain|announce|describe|demand|suggest|warn|claim|accuse|pledge|"
    "promise|declare|urge|request|report|mention|speak|spoke|answer|respond|name",
    "fr": "di(?:t|re|sait|sent)|annonc|propos|demand|déclar|expliqu|affirm",
    "de": "sag(?:te|t)|nannte|nennt|forderte?|erklärte?|schlug|kündigte",
    "it": "di(?:sse|ce|ceva|re)|detto|annunci|propos|chies|dichiar|spieg",
    "es": "dijo|dice|dicho|anunci|propus|pidió|declar|explic|ofreci",
    "ru": "сказал|назвал|заявил|просил|предложил|сообщил|говорил|объявил",
    "uk": "сказав|сказала|назвав|назвала|заявив|просив|запропонував|повідомив|говорив|оголосив",
}
"""By language, how verbs of saying begin."""
_ACCORDING_TO = {
    "fr": "selon|d['’]après",
    "de": "laut",
    "it": "secondo",
    "es": "según",
    "ru": "по словам|по данным",
    "uk": "за словами|за даними",
}
_SMALL = "a-zа-яёіїєґ"
_NAME = (
    rf"(?P<who>(?:de |von |van |al-)?[^\W\d_{_SMALL}][\w’-]*(?:\s+(?:of\s+|the\s+|and\s+)?[^\W\d_{_SMALL}][\w’-]*)*)"
)


def asked_quantity(question: str, language: str) -> tuple[str, ...] | None:
    """The words that name what the question wants counted (`doses`), folded; None where it wants no number.

    Empty where it wants a sum, a share or a size: they are not counted in what they are of.
    """
    match = _ASKS_QUANTITY.search(question)
    if match is None:
        return None
    unit: list[str] = []
    for word in words_of(question[match.end() :]) if match["counts"] else ():
        stops = word in stop_words(language) or len(word) < LEAST_OF_A_WORD
        if word in _COUNTS_NOTHING or (stops and unit) or len(unit) == MOST_UNIT_WORDS:
            break
        if not stops and not word.isdigit():
            unit.append(word)
    return tuple(unit)


def holds_quantity(text: str) -> bool:
    """Whether a text counts or measures something: dates, years and numbers of resolutions or articles do not."""
    if not _NUMBER_WORDS.isdisjoint(words_of(text)):
        return True
    numbers = [
        m for m in _DIGITS.finditer(text) if not _YEAR.fullmatch(m[0]) and not _LABELLED.search(text[: m.start()])
    ]
    if not numbers:
        return False
    dates = [(period.start, period.end) for period in periods(text)]
    return any(not any(start <= number.start() < end for start, end in dates) for number in numbers)


def asks_money(question: str) -> bool:
    """Whether the number that the question wants is a sum of money."""
    return _ASKS_MONEY.search(question) is not None


def holds_money(text: str) -> bool:
    """Whether a text names a sum with its currency."""
    return _MONEY.search(text) is not None and holds_quantity(text)


def voices(question: str, language: str) -> Iterator[tuple[int, int]]:
    """Where the question names those whose words it wants: `did Iceland say`, `selon Macron`, `laut Merkel`."""
    for pattern in _voice_patterns(language):
        for match in pattern.finditer(question):
            start, end = match.span("who")
            if not question[:start].strip(" ¿¡"):  # the first word is written large in any case
                start = end - len(match["who"].partition(" ")[2])
            if start < end:
                yield start, end


@cache
def _voice_patterns(language: str) -> tuple[re.Pattern[str], ...]:
    says = _SAYS.get(language)
    if says is None:
        return ()
    if language == "en":
        auxiliary = "did|does|do|has|had|have|would|will|could|can"
        written = (
            rf"(?<!\w)(?:{auxiliary})\s+(?:the\s+)?{_NAME}(?:['’]s)?(?:\s+(?!to\b)\w+){{0,2}}?\s+(?:{says})",
            rf"(?<!\w)(?:[Aa]ccording to|[Pp]er)\s+(?:the\s+)?{_NAME}",
            rf"(?<!\w)[Ii]n\s+(?:the\s+)?{_NAME}['’]s?\s+(?:view|words|telling|opinion|eyes)(?!\w)",
        )
    else:
        written = (
            rf"(?<!\w)(?:{says})\w*\s+(?:\w+\s+)?{_NAME}",
            rf"(?<!\w){_NAME}\s+(?:[\w.]+\s+){{0,5}}?(?:{says})",
            rf"(?<!\w)(?i:{_ACCORDING_TO[language]})\s+(?:\w+\s+)?{_NAME}",
        )
    return tuple(re.compile(pattern) for pattern in written)


def words_of(text: str) -> list[str]:
    """The words and numbers of a text, folded."""
    return re.findall(r"[^\W_]+", fold(text))
