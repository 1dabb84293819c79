"""The words of the pages: every key in every language, nothing unknown in a template."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale

from ui.words import LANGUAGES, Speech, language_for, words

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "ui" / "templates").glob("*.html"))
SCRIPTS = sorted((ROOT / "ui" / "static").glob("*.js"))
KEY = re.compile(r"""\bt\(\s*["']([a-z_.]*[a-z_])["']""")
COUNTED = re.compile(r"""\bt\.count\(\s*["']([a-z_.]*[a-z_])["']""")
PLURALS = ("one", "few", "many", "other")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_is_there_and_has_the_same_places_to_fill(language: str) -> None:
    english, texts = words("en"), words(language)

    assert set(texts) == set(english)
    for key, text in texts.items():
        assert text.strip() == text != "", key
        assert places(text) == places(english[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_counted_has_every_plural_form_of_its_language(language: str) -> None:
    forms = set(Locale(language).plural_form.tags) | {"other"}
    counted = {key.rpartition(".")[0] for key in words(language) if key.rpartition(".")[2] == "few"}

    assert counted
    for key in counted:
        assert {f"{key}.{form}" for form in forms} <= set(words(language)), key


@pytest.mark.parametrize("file", [*TEMPLATES, *SCRIPTS, ROOT / "ui" / "pages.py", ROOT / "ui" / "chat.py"])
def test_a_page_uses_no_key_that_there_is_not(file: Path) -> None:
    text = file.read_text("utf-8")
    used = set(KEY.findall(text)) | {f"{key}.{form}" for key in COUNTED.findall(text) for form in PLURALS}

    assert used <= set(words("en")), file.name


def test_numbers_and_names_are_written_as_the_language_does() -> None:
    assert Speech("en").count("app.statements", 2380) == "2,380 statements"
    assert [Speech("ru").count("app.statements", n) for n in (1, 3, 5)] == ["1 заявление", "3 заявления", "5 заявлений"]
    assert Speech("fr").language_name("de") == "allemand"
    assert Speech("de").language_name(None) is None
    assert Speech("en").recognised(None) is None


@pytest.mark.parametrize(
    ("wanted", "accepted", "expected"),
    [
        ("ru", "de", "ru"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "uk, fr;q=0.3, es;q=0.7", "es"),
        (None, "ja", "en"),
        (None, "", "en"),
        ("xx", "it", "it"),
        (None, "de;q=0, it", "it"),
        (None, ";;q=,,q=x", "en"),
    ],
)
def test_the_language_of_a_browser(wanted: str | None, accepted: str, expected: str) -> None:
    assert language_for(wanted, accepted) == expected
