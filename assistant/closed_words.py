"""Small words that carry or turn the meaning of a sentence, in the house's languages: what the checker reads by.

Patterns match whole words in small letters. Where a word is ambiguous it stands in the stricter list: a sentence
that is refused costs little.
"""

from __future__ import annotations

import re

LANGUAGES = ("en", "fr", "de", "it", "es", "ru", "uk")


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{word})" for line in words for word in line.split()))


ARTICLES = {
    "en": _any("the a an"),
    "fr": _any("le la les l' un une"),
    "de": _any("der die das den dem des eine? einen einem einer eines"),
    "it": _any("il lo la gli i le l' un uno una un'"),
    "es": _any("el la los las un una unos unas"),
    "ru": _any(),
    "uk": _any(),
}
"""What may be put in or left out."""

NEGATIONS = {
    "en": _any(
        r"no not nor none never nobody nothing nowhere neither without cannot hardly scarcely barely \w+n't non "
        r"unable impossible"
    ),
    "fr": _any(r"ne n' pas non ni jamais aucune? rien personne sans guère null?e?s? nullement impossible"),
    "de": _any(r"nicht kein\w* nie niemals niemand\w* nichts weder noch ohne nirgend\w* keinerlei unmöglich kaum"),
    "it": _any(r"non né no nessun\w* mai niente nulla senza neanche nemmeno neppure impossibile"),
    "es": _any(r"no ni nunca jamás nadie nada ningún ningun\w* sin tampoco imposible apenas"),
    "ru": _any(r"не ни нет нету без нельзя невозможн\w* никто никого никому никем ничто ничего ничему ничем "
               r"никогда никак\w* нигде никуда отнюдь едва"),
    "uk": _any(r"не ні ані нема немає без неможлив\w* ніхто нікого нікому ніким ніщо нічого нічому нічим ніколи "
               r"ніяк\w* ніде нікуди жоден жодн\w* ледве"),
}  # fmt: skip
"""What denies. Words of the same root that do not (`nonetheless`) are other words."""

JOINS = _any("and or & et ou und oder sowie e ed o od y u и или та й або и/или і")
"""What makes a list: a part of one can't be left out."""

LIMITS = _any(
    # en
    r"save barring bar apart aside excluding unlike pending supposing if unless whether provided providing though "
    r"although while whereas but except excepting only merely until till "
    r"before after once when because since so as than then later however instead rather almost nearly partly some "
    r"few "
    r"that which who whom whose what to may might could would should can must shall will wish\w* want\w* hope\w* "
    r"sa(?:y|ys|id|ying) stat(?:e|es|ed|ing) claim\w* alleg\w* accord\w* report\w* accus\w* reject\w* refus\w* "
    r"deni\w* deny\w* fail\w* oppos\w* suppos\w* rumou?r\w* believ\w* think\w* thought argu\w* insist\w* maintain\w* "
    r"suggest\w* propos\w* assert\w* so-called purport\w* subject condition\w* case event theory theoretically "
    r"possib\w* perhaps probabl\w* likely hypothe\w* draft false\w* untrue wrong\w* doubt\w* cancel\w* withdr\w* "
    # fr
    r"hormis excluant si sauf sinon mais quoique bien tandis alors que qu' qui dont quand lorsque lorsqu' puisque "
    r"puisqu' comme parce "
    r"selon d'après avant après jusque jusqu' condition\w* pourvu dit disent déclar\w* affirm\w* prétend\w* allég\w* "
    r"refus\w* rejet\w* ni\w+ nie accus\w* peut-être seulement seule?s? presque afin pour prétendu\w* ensuite puis "
    # de
    r"abgesehen ausgenommen wenn falls sofern soweit ob dass aber sondern jedoch obwohl obgleich während ausser "
    r"außer nur lediglich bis bevor "
    r"nachdem weil da als wie laut zufolge angeblich sag\w* erklär\w* behaupt\w* meint? mein\w* lehn\w* verweiger\w* "
    r"bestreit\w* zu um damit könn\w* würd\w* soll\w* müss\w* dürf\w* woll\w* vielleicht fast beinahe teilweise dann "
    r"vorbehalt\w* "
    # it
    r"escluso se salvo tranne eccetto ma però benché sebbene mentre che chi cui quando perché poiché come secondo "
    r"prima dopo "
    r"finché purché disse dice detto dichiar\w* afferm\w* sostien\w* rifiut\w* respin\w* neg\w+ forse solo soltanto "
    r"quasi per poi presunt\w* condizion\w* "
    # es
    r"si salvo aparte excluid\w* sino excepto pero aunque mientras quien\w* cuyo\w* cuando porque según antes "
    r"después hasta siempre dijo dice "
    r"afirm\w* sosti\w* sostuv\w* rechaz\w* neg\w+ quizás? tal solo sólo solamente casi para luego supuest\w* "
    r"presunt\w* condici\w* "
    # ru, uk
    r"исключая исключени\w* если коли ли разве кроме но однако хотя пока что чтобы кто котор\w* когда потому "
    r"поскольку как согласно до после "
    r"перед лишь только почти сказа\w* заяви\w* заявля\w* утвержд\w* якобы отверг\w* отказ\w* отриц\w* может могу\w* "
    r"мог\w* бы должн\w* будто услови\w* словам мнению затем потом "
    r"винятк\w* якщо чи крім окрім але проте хоча поки що щоб хто як\w* згідно після лише тільки майже сказа\w* "
    r"заяви\w* "
    r"заявля\w* стверджу\w* нібито відкин\w* відмов\w* запереч\w* може можуть б би мус\w* умов\w* потім"
)
"""What makes the words beside it hold under a condition, in part, at a time, or for another speaker."""

PREPOSITIONS = {
    "en": _any("in at on for of from with by during within under over between among across near"),
    "fr": _any("à au aux en dans sur de du des d' avec par pendant entre chez"),
    "de": _any("in im an am auf für von vom mit bei beim zwischen unter über aus"),
    "it": _any(
        "in nel nella nell' nei nelle a al alla alle ai di del della dell' dei delle con su sul sulla tra fra da"
    ),
    "es": _any("en a al de del con por sobre entre durante desde"),
    "ru": _any("в во на из с со у для при между над под о об"),
    "uk": _any("в у на із з зі для при між над під про"),
}
"""What may begin a part that a sentence can stand without."""

SAID = {
    "en": r"(?:said|says|stated|states|declared|declares)(?:\s+that)?",
    "fr": r"(?:a\s+(?:dit|déclaré|affirmé)|dit|déclare|affirme)(?:\s+qu(?:e|'))?",
    "de": r"(?:sagte?|erklärte?|sagt|hat\s+erklärt|hat\s+gesagt)",
    "it": r"(?:ha\s+(?:detto|dichiarato|affermato)|dice|dichiara|afferma)(?:\s+che)?",
    "es": r"(?:dijo|dice|declaró|declara|afirmó|afirma|ha\s+dicho|ha\s+declarado)(?:\s+que)?",
    "ru": r"(?:сказала?|заявила?|заявляет|говорит|заявило)(?:,?\s+что)?",
    "uk": r"(?:сказав|сказала|заявив|заявила|заявляє|каже)(?:,?\s+що)?",
}
"""Verbs that give words to a speaker and add nothing to them."""

ACCORDING = {
    "en": "according to",
    "fr": "selon",
    "de": "laut",
    "it": "secondo",
    "es": "según",
    "ru": "по словам",
    "uk": "за словами",
}

MY_DELEGATION = {
    "en": r"my (?:delegation|country|government)|i",
    "fr": r"ma délégation|mon pays|mon gouvernement|je",
    "de": r"meine delegation|meine regierung|mein land|ich",
    "it": r"la mia delegazione|il mio paese|il mio governo|io",
    "es": r"mi delegación|mi país|mi gobierno|yo",
    "ru": r"моя делегация|моя страна|мое правительство|моё правительство|я",
    "uk": r"моя делегація|моя країна|мій уряд|я",
}
"""How a speaker names the one who speaks; `we` may be everybody in the room."""

OFFICES = _any(
    "the of a an le la les de du des l' d' der die das il lo del della el los representative delegation delegate "
    "minister "
    "ministry délégation représentante? delegation vertreter\\w* delegazione rappresentante delegación "
    "делегаци[яи] представител\\w* делегаці[яї] представни\\w*"
)
"""What may stand beside the name of a speaker or delegation."""

AGREEMENT = {"has": "have", "is": "am", "does": "do", "was": "was"}
"""English verbs after a third person, and after `I`."""
