"""The checker: what a sentence may say beside its quote. A true sentence that is changed anywhere is never verified."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.checker import check, negations
from assistant.citations import Quote
from store.types import Header, Paragraph, Passage, StoredStatement

TEXT = (
    "My delegation has no preference, save one. Lestrin proposes that the participating States establish a centre in "
    "Port Seren. In 2019, Tarvenia refused twelve offers of 5,000 thalers. As the representative of Ordavia said, the "
    "plan failed. “The plan is dead. It has failed for good”, we were told. Will Lestrin leave the Council?"
)


def quote(text: str = TEXT, **head: str) -> Quote:
    fields = {"code": "CC.DEL/1/19", "language": "en", "speaker": "Mr. Konrad Ahlwede", "delegation": "Lestrin"} | head
    passage = Passage(StoredStatement(1, Header(**fields), "a.txt", 1), Paragraph(3, text))  # type: ignore[arg-type]
    return Quote(passage, 0, len(text))


@pytest.mark.parametrize(
    "sentence",
    [
        "Lestrin proposes that participating States establish a centre in Port Seren.",
        "Lestrin proposes that the participating States establish a centre",
        "Tarvenia refused 12 offers of five thousand thalers.",
        "In 2019, Tarvenia refused twelve offers.",
        "Mr. Ahlwede said that Tarvenia refused twelve offers of 5 000 thalers.",
        "According to Lestrin, Tarvenia refused twelve offers",
        "Lestrin has no preference, save one.",
        "As the representative of Ordavia said, the plan failed.",
    ],
)
def test_what_the_quote_says_is_verified(sentence: str) -> None:
    assert check(sentence, quote(), "en").support == "verified"


@pytest.mark.parametrize(
    "sentence",
    [
        "Tarvenia proposes that the participating States establish a centre in Port Seren.",  # another subject
        "Lestrin refused twelve offers.",
        "Tarvenia proposes that Lestrin establish a centre.",  # roles
        "Tarvenia refused thirteen offers of 5,000 thalers.",
        "Tarvenia refused twelve offers of 50,000 thalers.",
        "In 2018, Tarvenia refused twelve offers of 5,000 thalers.",
        "In March 2019, Tarvenia refused twelve offers of 5,000 thalers.",
        "Lestrin has a preference, save one.",  # negation
        "Lestrin has no preference.",  # exception left out
        "Tarvenia did not refuse twelve offers of 5,000 thalers.",
        "The participating States establish a centre in Port Seren.",  # only proposed
        "The plan failed.",  # another said so
        "Lestrin said that the plan failed.",
        "Ordavia said that Tarvenia refused twelve offers.",
        "Lestrin said that it has failed for good.",
        "Will Lestrin leave the Council",  # a question
        "Lestrin will leave the Council.",
        "**Tarvenia** refused twelve offers of 5,000 thalers.",
        "Tarvenia refused twelve offers [of 5,000 thalers](http://outside.invalid).",
        "Tarvenia refused twelve offers of 5,000 thalers. See https://outside.invalid",
        "Tarvenia refused twelve offers\u202e of 5,000 thalers.",
        "",
    ],
)
def test_what_it_does_not_say_is_not(sentence: str) -> None:
    assert check(sentence, quote(), "en").support is None


SAMPLES = {
    "en": ("Lestrin will not send 12 officers to Tarvenia before 3 March 2014.", "not"),
    "fr": ("La Lestrie n'enverra pas 12 officiers en Tarvénie avant le 3 mars 2014.", "pas"),
    "de": ("Lestrin schickt keine 12 Offiziere vor dem 3. März 2014 nach Tarvenien.", "keine"),
    "it": ("Lestrin non manderà 12 ufficiali in Tarvenia prima del 3 marzo 2014.", "non"),
    "es": ("Lestrin no enviará 12 oficiales a Tarvenia antes del 3 de marzo de 2014.", "no"),
    "ru": ("Лестрин не направит 12 офицеров в Тарвению до 3 марта 2014 года.", "не"),
    "uk": ("Лестрін не направить 12 офіцерів до Тарвенії до 3 березня 2014 року.", "не"),
}


def without_articles(words: Sequence[str]) -> list[str]:
    """Articles are free, wherever they stand."""
    return [word for word in map(str.lower, words) if word not in ("la", "le", "dem", "il", "el", "the")]


@settings(deadline=None)  # the first example loads what splits sentences
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_no_changed_sentence_is_verified(language: str, data: st.DataObject) -> None:
    true, denial = SAMPLES[language]
    source = quote(true, language=language, delegation="Lestrin")
    assert check(true, source, language).support == "verified"
    words = true.rstrip(".").split()
    at = data.draw(st.integers(0, len(words) - 1))
    kind = data.draw(st.sampled_from(["number", "name", "negation", "swap", "other", "left out"]))
    if kind == "number":
        digits = [i for i, word in enumerate(words) if word.strip(".").isdigit()]
        at = data.draw(st.sampled_from(digits))
        words[at] = str(data.draw(st.integers(0, 10**7).filter(lambda n: n != int(words[at].strip(".")))))
    elif kind == "name":
        at = data.draw(st.sampled_from([i for i, word in enumerate(words) if word[0].isupper()]))
        words[at] = data.draw(st.sampled_from(["Ordavia", "Germany", "Россия", "Nováková"]))
    elif kind == "negation":
        words = [word for word in words if word != denial]
    elif kind == "swap":
        other = data.draw(st.integers(0, len(words) - 1).filter(lambda n: words[n] != words[at]))
        words[at], words[other] = words[other], words[at]
    elif kind == "other":
        words[at] = data.draw(st.text(st.characters(categories=["L", "N"]), min_size=4, max_size=9))
    else:
        words = [*words[:at], *words[at + 1 :]] if 0 < at < len(words) - 1 else words[:2]
    if without_articles(words) == without_articles(true.rstrip(".").split()):
        return
    assert check(" ".join(words) + ".", source, language).support is None


def test_a_sentence_in_another_language_than_its_quote_is_never_verified() -> None:
    source = quote("Lestrin wants 12 officers. Tarvenia does not agree.")
    assert check("Lestrin möchte zwölf Offiziere, Tarvenia stimmt nicht zu.", source, "de").support == "unverified"
    assert check("Lestrin möchte dreizehn Offiziere, Tarvenia stimmt nicht zu.", source, "de").support is None
    assert check("Lestrin möchte zwölf Offiziere, Tarvenia stimmt zu.", source, "de").support is None
    assert check("Lestrin veut douze officiers, Tarvenia n'est pas d'accord.", source, "de").support is None


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("We don't agree and never will, nonetheless.", "en", ["don't", "never"]),
        ("Nous n’avons jamais accepté.", "fr", ["n'", "jamais"]),
        ("Keiner stimmt zu, ohne Grund.", "de", ["keiner", "ohne"]),
        ("Никто не согласен.", "ru", ["никто", "не"]),
        ("Ніхто не згоден без умов.", "uk", ["ніхто", "не", "без"]),
        ("Non c'è nessun accordo.", "it", ["non", "nessun"]),
        ("Nadie aceptó, tampoco ellos.", "es", ["nadie", "tampoco"]),
    ],
)
def test_negations(text: str, language: str, expected: list[str]) -> None:
    assert negations(text, language) == expected
