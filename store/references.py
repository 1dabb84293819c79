"""Which statements name a code: made once for a store, then carried along with what comes and goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from store.codes import keys, revision_rank
from store.types import StoredStatement


@dataclass(frozen=True, slots=True)
class References:
    """Ids of the statements that name a code, by its key; a text and its revisions also by the key of their base."""

    named: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, statements: Iterable[StoredStatement]) -> References:
        return cls({}).changed((), statements)

    def changed(self, gone: Iterable[StoredStatement], added: Iterable[StoredStatement]) -> References:
        """Without some statements, with others; no statement is read again, but for those."""
        lost, won = _named(gone), _named(added)
        if not lost and not won:
            return self
        named = dict(self.named)
        for key, ids in lost.items():
            left = tuple(one for one in named[key] if one not in ids)
            if left:
                named[key] = left
            else:
                del named[key]
        for key, ids in won.items():
            named[key] = (*named.get(key, ()), *ids)
        return References(named)

    def naming(self, code: str) -> set[int]:
        """Ids of the statements that name just this code; for a text and its revisions, any revision of it."""
        key, base = keys(code)
        return {*self.named.get(key, ()), *(self.named.get(base, ()) if revision_rank(code) >= 0 else ())}


def _named(statements: Iterable[StoredStatement]) -> dict[str, set[int]]:
    printed: defaultdict[str, list[int]] = defaultdict(list)
    for item in statements:
        for code in item.refers_to:
            printed[code].append(item.id)
    named: defaultdict[str, set[int]] = defaultdict(set)
    for code, ids in printed.items():
        key, base = keys(code)
        named[key].update(ids)
        if revision_rank(code) > 0:
            named[base].update(ids)
    return named
