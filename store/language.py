"""Which language a text is in."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from store.bundled import bundled

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]

LANGUAGES = ("en", "fr", "de", "it", "ru", "es", "uk")
"""The six languages of the house and Ukrainian; among more, short questions are told apart less surely."""
MIN_LETTERS = 8


SNOWBALL = {
    "en": "english",
    "fr": "french",
    "de": "german",
    "it": "italian",
    "ru": "russian",
    "es": "spanish",
}
"""What stemmers and stop word lists call the house's languages; Ukrainian has neither."""


@cache
def stop_words(language: str) -> frozenset[str]:
    """Words that say nothing of what a text is about; none for a language without a list."""
    name = SNOWBALL.get(language)
    return (
        frozenset(bundled(f"nltk_cache/corpora/stopwords/{name}").read_text("utf-8").split()) if name else frozenset()
    )


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def detect_language(text: str) -> str | None:
    """ISO 639-1 code, or None for a text with too few letters to tell."""
    letters = re.sub(r"[\W\d_]+", " ", text).strip()
    if len(letters) < MIN_LETTERS:
        return None
    return str(_identifier().classify(letters[:20_000])[0])
