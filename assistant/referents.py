"""Quotes that begin with a pronoun take in the sentence before them: `They refused.` says nothing of who refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from assistant.citations import Quote
from store.sentences import sentences

MOST_BEFORE = 2
"""Sentences taken in at most: the one before may begin with a pronoun too."""
_OPENERS: Mapping[str, str] = {
    "en": "he|she|they|his|her|their|both|it (?:has|had|does|did|also|then|can|could)"
    "|(?:this|that|these|those) (?:is|was|are|were|has|have|had|will|would|means?|meant|includes?|must|should|can)",
    "fr": "elles?|ils|celui-ci|celle-ci|ceux-ci|celles-ci|cela|ceci|leurs?",
    "de": "er|sie|beide|dies|diese[rs]? (?:ist|sind|war|waren|hat|haben|wird|werden)",
    "it": "egli|ella|essi|esse|essa|ciò|entrambi|quest[oaie] (?:è|sono|era|erano|ha|hanno)",
    "es": "él|ella|ellos|ellas|ambos|ambas|est[oae]s? (?:es|son|era|eran|ha|han)",
    "ru": "он|она|они|его|её|их|оба|обе|это (?:—|–|было|будет|означает|значит|не)",
    "uk": "він|вона|вони|його|її|їх|обидва|обидві|це (?:—|–|було|буде|означає|не)",
}
"""By language, what means something that was named before. Not the speaker's own `I` and `we`: who speaks is said."""


def with_referent(quote: Quote) -> Quote:
    """The quote, from the sentence on that it leans on; as it is where its paragraph begins with it."""
    passage = quote.passage
    openers = _OPENERS.get(passage.statement.header.language)
    if openers is None:
        return quote
    before = [
        s for s, end in sentences(passage.paragraph.text, passage.statement.header.language) if end <= quote.start
    ]
    start = quote.start
    for earlier in reversed(before[-MOST_BEFORE:]):
        if not re.match(rf"\W*(?:{openers})(?!\w)", passage.paragraph.text[start:], re.IGNORECASE):
            break
        start = earlier
    return replace(quote, start=start)
