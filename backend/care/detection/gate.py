"""Which patterns a text may match at all, told from its characters alone: of most of what is said, none or one.

Every pattern can't do without some fragments. By the rarest of them it is found, and then asked for the others.
Nothing is decided here that a pattern would not have said.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from operator import add

from backend.care.detection.begins import LONG, places
from backend.care.detection.patterns import Part, alternatives, branches
from backend.care.detection.phrases import filled, lines, table

Fragments = frozenset[str]  # a character, or two that follow one another

KEPT, SHORT = 1024, 64  # texts; characters of the longest that are kept (normal.py)
MANY = 1000  # different pairs: of a text with more nearly all may match
PUT_IN = "。"  # stands in a text for what was read over (crisis.py)
PERCENT = {one: float(often) for one, often in table("common").items()}


@cache
def wanted(of: Sequence[Sequence[Part]]) -> tuple[Fragments, ...]:
    """Of each of these one must stand in a text that matches one of the branches: the rarest first."""
    together = zip(*(_wanted(branch) for branch in of), strict=False)
    return _rarest_first(frozenset[str]().union(*sets) for sets in together)


def _wanted(branch: Sequence[Part]) -> tuple[Fragments, ...]:
    found: list[Fragments] = []
    before = ""
    for part in branch:
        one = "" if part.optional or part.written == r"\d" else part.written.removeprefix("\\")
        if len(one) == 1 and not part.several:
            found.append(frozenset({before + one}))
            before = one
            continue
        before = ""
        if one and not re.search(r"\\[a-z]|.-.", part.written):
            found.append(frozenset(part.written.replace("\\", "")))
        elif part.inside and not part.optional:
            found += wanted(part.inside)
    return _rarest_first(found)


def _rarest_first(sets: Iterable[Fragments]) -> tuple[Fragments, ...]:
    return tuple(sorted(set(sets), key=lambda some: (sum(map(_percent, some)), sorted(some))))


@cache
def _percent(fragment: str) -> float:
    return 100 * math.prod(PERCENT.get(one, 1) / 100 for one in fragment) * (5 if len(fragment) > 1 else 1)


class Gate:
    """named: the patterns of each name, any of which it matches.
    sought: whether they are looked for by Sought (begins.py), which needs the places of a long text anyhow."""

    def __init__(self, named: Mapping[str, Sequence[str]], *, sought: bool = False) -> None:
        self._sought, self._all = sought, frozenset(named)
        asked = dict.fromkeys(
            (name, tuple(want for want in wanted(branches(each)) if not any(PUT_IN in one for one in want)))
            for name, patterns in named.items()
            for pattern in patterns
            for each in alternatives(pattern)
        )
        self._asked = list(asked)
        # Of each fragment, as bits, the patterns whose rarest want it meets, and those whose second it does.
        self._rarest: dict[str, int] = {}
        self._second: dict[str, int] = {}
        self._given = [0, 0]
        for number, (_, wants) in enumerate(self._asked):
            for nth, of in enumerate((self._rarest, self._second)):
                if nth >= len(wants):
                    self._given[nth] |= 1 << number
                for one in wants[nth] if nth < len(wants) else ():
                    of[one] = of.get(one, 0) | 1 << number
        self._fragments = frozenset(one for _, wants in self._asked for want in wants for one in want)
        self._met_kept = lru_cache(KEPT)(self._met_by)
        self._open_kept, self._open_placed = lru_cache(KEPT)(self._open), lru_cache(4)(self._open_by_places)

    def open(self, text: str) -> frozenset[str]:
        """The names of those that ``text`` may match."""
        if self._sought and len(text) > LONG:
            return self._open_placed(text)
        return self._open_kept(text) if len(text) <= SHORT else self._open(text)

    def _open(self, text: str) -> frozenset[str]:
        return self._names(*self._met(text))

    def _open_by_places(self, text: str) -> frozenset[str]:
        where = places(text)
        if len(where.pairs) > MANY:
            return self._all
        return self._names(*self._meet({*where.pairs, *where.of, text[-1]}))

    def _met(self, text: str) -> tuple[int, int, frozenset[str]]:
        return self._met_kept(text) if len(text) <= SHORT else self._met_by(text)

    def open_together(self, texts: Sequence[str]) -> frozenset[str]:
        """The names of those that ``texts``, one behind the other, may match: of a few more than they do."""
        first, second, found = self._meet({one[-1:] + other[:1] for one, other in pairwise(texts)})
        for one, two, fragments in map(self._met, texts):
            first |= one
            second |= two
            found |= fragments
        return self._names(first, second, found)

    def _met_by(self, text: str) -> tuple[int, int, frozenset[str]]:
        fragments = set(text)
        fragments.update(map(add, text, text[1:]))
        return self._meet(fragments)

    def _meet(self, fragments: set[str]) -> tuple[int, int, frozenset[str]]:
        """The patterns whose rarest want ``fragments`` meet, those whose second, and by which of them."""
        met = self._fragments & fragments
        first, second = self._given
        rarest, seconds = self._rarest, self._second
        for one in met:
            if one in rarest:
                first |= rarest[one]
            if one in seconds:
                second |= seconds[one]
        return first, second, met

    def _names(self, first: int, second: int, fragments: frozenset[str]) -> frozenset[str]:
        names = set()
        left = first & second
        while left:
            number = left.bit_length() - 1
            left ^= 1 << number
            name, wants = self._asked[number]
            if name not in names and not any(map(fragments.isdisjoint, wants[2:])):
                names.add(name)
        return frozenset(names) if names else NOTHING


NOTHING: frozenset[str] = frozenset()
NAMES = (
    *("off_platform", "meeting", "secrecy", "photos", "same"),
    *("wish_to_die", "plan_or_means", "self_harm", "hopeless", "hopeless_light", "violence_at_home"),
    *("sexual_harm", "bullying", "bullying_light", "fear_for_parent", "idioms", "idioms_behind"),
)
# For what is read aloud (normal.py), by the names of the files of phrases.
SAID = Gate({name: [filled(line) for line in lines(name)] for name in NAMES}, sought=True)
