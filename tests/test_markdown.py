"""An answer as Markdown for foreign chat programs: words of documents stay words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import markdown


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("![x](http://outside.invalid/x.png)", r"!\[x\](http\://outside.invalid/x.png)"),
        ("<img src=x> and 3 < 4", r"\<img src=x> and 3 < 4"),
        ("see www.outside.invalid", r"see www\.outside.invalid"),
        ("AT&T &lt;b&gt;", r"AT&T \&lt;b\&gt;"),
        ("[1]: x", r"\[1\]: x"),
        ("a *b* _c_ `d` ~e~ \\", r"a \*b\* \_c\_ \`d\` \~e\~ " + "\\\\"),
        ("# first\n# second", r"\# first # second"),
        ("PC.DEL/550/08, MC(27).JOUR/1, § 5 – 30 %", "PC.DEL/550/08, MC(27).JOUR/1, § 5 – 30 %"),
    ],
)
def test_words_make_no_link_image_or_markup(text: str, escaped: str) -> None:
    assert markdown.escape(text) == escaped


@given(st.text(st.sampled_from("ab [](){}<>!\\`*_~#@&;:/.w1-+=>\n"), max_size=40))
def test_nothing_that_opens_markup_is_left_bare(text: str) -> None:
    bare = re.sub(r"\\[\\`*_~\[\]@<&:.#+=>-]", "·", markdown.escape(text))

    assert not re.search(r"[\\`*_~\[\]@]|<[A-Za-z/!?]|[a-z]://|&#?\w+;|^[#+=>-]|\n", bare)


@given(st.text(st.sampled_from("ab [](){}<>!`*_~#@&;:/.w1-+=>"), max_size=40))
def test_what_was_escaped_reads_as_before(text: str) -> None:
    assert markdown.plain(markdown.escape(text)) == " ".join(text.split())
