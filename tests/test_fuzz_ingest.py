"""Damaged files do no harm: each is read or refused with a reason, in bounded time and memory.

The long run: `python bench/fuzz_ingest.py --cases 10000`.
"""

from __future__ import annotations

from pathlib import Path

from fuzz import attack, cases, seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.archive import printable
from ingest.encodings import decode
from ingest.html import html_pages
from ingest.reader import documents
from ingest.rtf import rtf_pages
from store.errors import InputError

_CASES = 200


def test_seeds_are_whole(tmp_path: Path) -> None:
    for name, data in seeds().items():
        if not name.endswith(".doc"):
            (tmp_path / name).write_bytes(data)
            assert all(one.pages for one in documents(tmp_path / name)), name


def test_damaged_files() -> None:
    outcome = attack(cases(_CASES, seed=1))
    assert outcome.failures == []
    assert sum(outcome.counts.values()) == _CASES


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_text_or_refused(data: bytes) -> None:
    try:
        assert isinstance(decode(data), str)
    except InputError as error:
        assert str(error)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (
                b"{",
                b"}",
                rb"\par ",
                rb"\'e9",
                rb"\u-1?",
                rb"\cell ",
                rb"\row ",
                rb"\bin9 ",
                b"x",
                rb"\*",
                rb"{\footnote ",
                rb"\fonttbl",
                rb"\v ",
                rb"\f99 ",
            )
        ),
        max_size=60,
    )
)
def test_any_groups_of_rtf(tokens: list[bytes]) -> None:
    for line in rtf_pages(b"{\\rtf1 " + b"".join(tokens)).lines:
        assert "\n" not in line.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("<>/=\"' apoltrdib-!&;\0\n"), max_size=200))
def test_any_markup(text: str) -> None:
    assert all(line.text == line.text.strip() for line in html_pages(f"<p>{text}").lines)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_name_becomes_a_label(name: str) -> None:
    label = printable(name)
    assert label
    assert not label.startswith("/")
    assert ".." not in label.split("/")
    assert len(label) <= 200
    label.encode()
