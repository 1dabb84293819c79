"""Document codes: printed forms, spellings that a person types, revisions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.codes import (
    base_code,
    code_key,
    find,
    find_codes,
    normalise,
    parse,
    references,
    register,
    repair,
    revision_rank,
)
from store.errors import InputError

FORMS = Path(__file__).parents[2] / "shared" / "corpus" / "code_forms.txt"


@pytest.mark.parametrize(
    "code",
    [
        "PC.DEL/550/08",
        "PC.DEL/1819/20/Rev.2",
        "FSC.DEL/25/21/Add.1",
        "PC.DEC/1379",
        "MC(27).JOUR",
        "MC(17).JOUR/1",
        "SEC.DOC/2/00/Rev.1",
        "S/PV.7138",
        "S/PV.4726 (Resumption 1)",
        "S/2018/693",
        "S/RES/1441 (2002)",
        "A/RES/73/3",
        "A/77/PV.4",
        "A/C.1/73/L.5/Rev.1",
        "S/3643",
    ],
)
def test_printed_codes_are_their_own_canonical_spelling(code: str) -> None:
    assert normalise(code) == code
    assert find_codes(f"See document {code}, which was circulated today.") == [code]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("pc.del 550/08", "PC.DEL/550/08"),
        ("PC DEL 550 08", "PC.DEL/550/08"),
        ("PC.DEL/550/2008", "PC.DEL/550/08"),
        ("РС.DEL/550/08", "PC.DEL/550/08"),
        ("S/PV 7138", "S/PV.7138"),
        ("spv7138", "S/PV.7138"),
        ("pcdel 550 08", "PC.DEL/550/08"),
        ("fsc-jour-953", "FSC.JOUR/953"),
        ("s.pv.7138", "S/PV.7138"),
        ("s/res/1441", "S/RES/1441 (2002)"),
        ("S RES 1441 2002", "S/RES/1441 (2002)"),
        ("mc(27).jour/1", "MC(27).JOUR/1"),
        ("a res 73 3", "A/RES/73/3"),
        ("pc.del/1819/20 rev 2", "PC.DEL/1819/20/Rev.2"),
    ],
)
def test_key_is_the_same_for_every_spelling(typed: str, code: str) -> None:
    assert code_key(typed) == code_key(code)


def test_different_codes_have_different_keys() -> None:
    codes = ["PC.DEL/550/08", "PC.DEL/550/09", "PC.DEL/550/08/Rev.1", "S/RES/1441 (2002)", "S/PV.1441", "S/PV.4726"]
    assert len({code_key(code) for code in codes}) == len(codes)


def test_typed_codes_are_found_in_a_question() -> None:
    assert find_codes("what does pc.del 550/08 say, and s/pv 7138?") == ["PC.DEL/550/08", "S/PV.7138"]


@pytest.mark.parametrize(
    "text", ["24/7 and/or 5", "in 30 sec dec 12", "the dec 12 meeting", "NATO/EU", "U.S. and E.U."]
)
def test_no_code_is_seen_where_there_is_none(text: str) -> None:
    assert find_codes(text) == []


def test_distribution_mark_is_split_off() -> None:
    code = parse("PC.DEL/766/01 Restr.")
    assert code is not None
    assert (code.text, code.distribution) == ("PC.DEL/766/01", "Restr.")
    plus = parse("PC.DEL/1784/20 OSCE+")
    assert plus is not None
    assert plus.distribution == "OSCE+"


def test_footnote_mark_glued_to_a_corrigendum() -> None:
    assert normalise("FSC.JOUR/953/Corr.11") == "FSC.JOUR/953/Corr.1"
    assert code_key("fsc.jour 953 corr 11") == code_key("FSC.JOUR/953/Corr.1")
    assert [normalise(f"FSC.JOUR/953/{suffix}") for suffix in ("Corr.10", "Corr.12", "Rev.11", "Add.11")] == [
        f"FSC.JOUR/953/{suffix}" for suffix in ("Corr.10", "Corr.12", "Rev.11", "Add.11")
    ]


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("A/70/PVI3", "A/70/PV.13"),
        ("A/70/PV.I3", "A/70/PV.13"),
        ("S/PV,7138", "S/PV.7138"),
        ("5/PV.7138", "S/PV.7138"),
        ("PC.DEL/55O/08", "PC.DEL/550/08"),
        ("PC. DEL/550/08", "PC.DEL/550/08"),
        ("FSC.JOUR/I296", "FSC.JOUR/1296"),
    ],
)
def test_damage_by_text_recognition(printed: str, code: str) -> None:
    repaired = repair(printed)
    assert repaired is not None
    assert (repaired[0].text, repaired[1]) == (code, printed)


@pytest.mark.parametrize("text", ["A/70/PV.13", "PC.DEL/550/08", "and/or", "He/she said", "NATO/EU", "km/h 100"])
def test_what_is_whole_is_not_repaired(text: str) -> None:
    assert repair(text) is None


def test_references() -> None:
    text = (
        "Recalling resolutions 12 (1950), 14 (1951) and 15 (1951), document PC.DEL/5/20 and the résolution 12 (1950); "
        "on 4 sec dec 12 and in pc del 12 13, and General Assembly resolution 377 (V)"
    )
    assert references(text) == ["S/RES/12 (1950)", "S/RES/14 (1951)", "S/RES/15 (1951)", "PC.DEL/5/20"]


@pytest.fixture
def house() -> Iterator[None]:
    register(["VM-{number}/{year}", "KAB {letters} {number}"])
    yield
    register([])


@pytest.mark.usefixtures("house")
def test_families_of_a_house() -> None:
    assert find_codes("see VM-12/2020 and kab ab 7, also VM-12/2020/Rev.2") == [
        "VM-12/2020",
        "KAB AB 7",
        "VM-12/2020/Rev.2",
    ]
    keys = {code_key(typed) for typed in ("VM-12/2020", "vm 12/20", "VM12-2020", "vm-012/2020")}
    assert len(keys) == 1
    assert code_key("vm 12 2020 rev 2") == code_key("VM-12/2020/Rev.2")
    assert base_code("VM-12/2020/Rev.2") == "VM-12/2020"
    assert normalise("PC.DEL/550/08") == "PC.DEL/550/08"


@pytest.mark.parametrize(
    ("family", "reason"), [("{number}/{year}", "letters of its own"), ("VM-{year}", "number"), ("VM-{no}", "{no}")]
)
def test_a_family_that_would_match_anything_is_refused(family: str, reason: str) -> None:
    with pytest.raises(InputError, match=re.escape(reason)):
        register([family])


def test_base_and_rank() -> None:
    assert base_code("PC.DEL/1819/20/Rev.2") == "PC.DEL/1819/20"
    assert base_code("S/RES/1441 (2002)") == "S/RES/1441 (2002)"
    assert [revision_rank(code) for code in ("X.DEL/1/20", "X.DEL/1/20/Rev.2", "X.DEL/1/20/Corr.1")] == [0, 2, -1]


def test_position_of_a_code() -> None:
    text = "as stated in PC.DEL/5/20, paragraph 2"
    (code,) = find(text)
    assert text[code.start : code.end] == "PC.DEL/5/20"


@pytest.mark.skipif(not FORMS.is_file(), reason="the shared list of code forms is not here")
def test_every_collected_form_but_job_numbers() -> None:
    for line in FORMS.read_text("utf-8").splitlines():
        form, _, place = line.partition("\t")
        if form and not form.startswith("#") and "job number" not in place:
            is_job_number = not any(sign in form for sign in "./")
            assert (parse(form) is None) == is_job_number, form
