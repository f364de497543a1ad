"""Where in a long text a pattern may begin, told from two characters: of most places that none of them does.

Which two stand where is found once, for all patterns. Nothing is found otherwise than by the pattern alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import add

from backend.care.detection.patterns import beginnings
from backend.care.detection.phrases import filled, lines, pattern

LONG = 256  # characters: below it a pattern is quicker alone
FEW = 3  # one place in so many: with more it is quicker alone too


@dataclass(frozen=True, slots=True)
class Places:
    """pairs: where each two characters begin.  of: the pairs that begin with one.  last: where the text ends."""

    pairs: Mapping[str, list[int]]
    of: Mapping[str, list[str]]
    last: int


@lru_cache(maxsize=4)
def places(text: str) -> Places:
    pairs: dict[str, list[int]] = defaultdict(list)
    for at, pair in enumerate(map(add, text, text[1:])):
        pairs[pair].append(at)
    of: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        of[pair[0]].append(pair)
    return Places(pairs, of, len(text) - 1)


class Sought:
    """The phrases of a file (phrases.pattern), looked for in long texts only where one may begin.

    Texts are in normal writing (normal.py), in which every digit is one of ASCII.
    """

    def __init__(self, name: str) -> None:
        self.pattern = pattern(name)
        self._name = name

    @cached_property
    def _beginnings(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """Worked out for the first long text: most processes meet none for a while after their start."""
        return beginnings(map(filled, lines(self._name)))

    def finditer(self, text: str) -> "Iterator[re.Match[str]]":
        if len(text) <= LONG or self._beginnings is None:
            yield from self.pattern.finditer(text)
            return
        where = places(text)
        ones, pairs = self._beginnings
        begin = {*(pairs & where.pairs.keys())}
        begin.update(*(where.of[one] for one in ones if one in where.of))
        all_at = sorted([at for pair in begin for at in where.pairs[pair]] + [where.last])
        if len(all_at) > len(text) / FEW:
            yield from self.pattern.finditer(text)
            return
        done = 0
        match = self.pattern.match
        for at in all_at:
            if at >= done and (found := match(text, at)):
                yield found
                done = max(found.end(), at + 1)

    def search(self, text: str) -> "re.Match[str] | None":
        return next(self.finditer(text), None)
