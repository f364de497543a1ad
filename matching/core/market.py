"""Who could have whom, when, and what for: every place there is, without a list of them.

A pair takes two bytes, a place (a pair in an hour) nothing until it is asked for: of a city's places only one
in a hundred matters.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching.core.arrays import Bools, Floats, Ints, Small
from matching.core.pairs import Kind, People, kinds_of, never_of, number_for
from matching.core.roster import ROLES, SLOTS, Child, Mentor, Place, Roster
from matching.core.weights import Weights

BLOCK = 400_000  # pairs whose hours are looked at in one go


@dataclass(frozen=True, slots=True)
class Places:
    """unit, hour: numbers of the market, ascending by both.  worth: points. All (N,) int32, to save memory."""

    unit: Ints
    hour: Ints
    worth: Ints

    def keys(self, hours: int) -> Ints:
        """(N,) ascending: which place it is, whatever others are looked at."""
        return self.unit.astype(np.int64) * hours + self.hour

    def __len__(self) -> int:
        return len(self.unit)

    def __getitem__(self, on: Any) -> "Places":
        return Places(self.unit[on], self.hour[on], self.worth[on])


class Market:
    """C children and M mentors in id order, U = 2C units (2 * child + role), H hours of mentors with a seat.

    capacity: (M,).  mentor_of_hour, slot_of_hour: (H,), by mentor, then slot.  pinned: (U,) bool.
    worth is the value, and ``stickiness`` points for a pair of ``previous``, and again for its hour.
    """

    def __init__(
        self, roster: Roster, weights: Weights, previous: Iterable[Place] = (), stickiness: int = 0
    ) -> None:
        self.children = tuple(sorted(roster.children, key=lambda child: child.id))
        self.mentors = tuple(sorted(roster.mentors, key=lambda mentor: mentor.id))
        self.capacity = np.array([mentor.capacity for mentor in self.mentors], dtype=np.int64)
        free, seated = _hours(self.children), _hours(self.mentors)
        seated[self.capacity < 1] = False
        self.slots = np.flatnonzero(free.any(axis=0) & seated.any(axis=0))
        self.free, self.seated = free[:, self.slots].copy(), seated[:, self.slots].copy()
        self.mentor_of_hour, at = np.nonzero(self.seated)
        self.slot_of_hour = self.slots[at]
        self._hour = np.cumsum(self.seated.ravel(), dtype=np.int32).reshape(self.seated.shape) - 1
        units = 2 * len(self.children)
        self.pinned = np.zeros(units, dtype=bool)
        self._only_slot = np.full(units, -1)
        self._kept = np.full((2, units), -1)
        self._stickiness = stickiness
        self._number = number_for(weights, stickiness)
        self.never = never_of(self._number)
        people = People(self.children, self.mentors, self.free, self.seated)
        self.kinds = [kind for kind in kinds_of(people, weights, self._number) if kind.worth.size]
        self._kind_of, self._row_of = np.full((2, units), -1)
        for number, kind in enumerate(self.kinds):
            self._kind_of[kind.units], self._row_of[kind.units] = number, np.arange(len(kind.units))
        self._lock(roster, previous)

    @property
    def poorest(self) -> int:
        """The least worth of a pair, if that is negative."""
        return min((int(k.worth[k.worth > self.never].min(initial=0)) for k in self.kinds), default=0)

    @property
    def hours(self) -> int:
        return len(self.mentor_of_hour)

    def all_places(self) -> Places:
        return self._in_hours(self._pairs(lambda kind: kind.worth > self.never))

    def places_of(self, units: Bools) -> Places:
        """Every place of the units wanted (U,)."""
        return self._in_hours(self._pairs(lambda k: (k.worth > self.never) & units[k.units][:, np.newaxis]))

    def near(
        self, price: Floats, gets: Floats, within: float, points: int = 1, most: int | None = None
    ) -> Places:
        """The places worth at least what their unit ``gets`` (U,) less ``within``, after ``price`` (2, H).

        The prices are those of the hours to each role. points: 0 when all places are to count for nothing.
        most: only so many of each unit, those of the greatest gain.
        """
        least = np.full((2, len(self.mentors)), np.inf)
        for role in (0, 1):
            np.minimum.at(least[role], self.mentor_of_hour, price[role])
        needed = gets - within

        def close(kind: Kind) -> Bools:
            left = points * kind.worth - least[kind.units[0] % 2, kind.mentors]
            on: Bools = left >= needed[kind.units][:, np.newaxis]
            return on & (kind.worth > self.never)

        def kept(found: Places) -> Places:
            gain = points * found.worth - price[found.unit % 2, found.hour] - needed[found.unit]
            found, gain = found[gain >= 0], gain[gain >= 0]
            return found if most is None else found[np.sort(best_of_each(found.unit, gain, most))]

        return self._in_hours(self._pairs(close), kept)

    def without_points(self) -> "Market":
        """The same, but nothing is worth more because it stays."""
        other = copy(self)
        other.kinds = [replace(kind, worth=kind.worth.copy()) for kind in self.kinds]
        other._reward(-2 * self._stickiness)
        other._stickiness = 0
        return other

    def without_points_of(self, places: Places) -> Places:
        """These places, as the market without points has them."""
        pair = self._kept[0, places.unit] == self.mentor_of_hour[places.hour]
        hour = pair & (self._kept[1, places.unit] == self.slot_of_hour[places.hour])
        points = self._stickiness * (pair.astype(np.int32) + hour)
        return Places(places.unit, places.hour, places.worth - points)

    def best_of_each(self) -> Ints:
        """(U,) the greatest worth of each unit, ``never`` where it has no pair."""
        best = np.full(2 * len(self.children), self.never, dtype=np.int64)
        for kind in self.kinds:
            best[kind.units] = kind.worth.max(axis=1)
        return best

    def dearest(self, most: int, spread: int) -> Places:
        """About ``most`` pairs of each unit, by worth and up to ``spread`` points of luck, in all their hours.

        Luck, so that children of a kind don't all look at the same few mentors.
        """
        luck = np.random.default_rng(1)

        def among_the_best(kind: Kind) -> Bools:
            if kind.worth.shape[1] <= most:
                return kind.worth > self.never
            drawn = kind.worth + luck.integers(0, spread, kind.worth.shape, dtype=self._number)
            best = np.argpartition(drawn, -most, axis=1)[:, -most:]
            on = np.zeros(kind.worth.shape, dtype=bool)
            np.put_along_axis(on, best, True, axis=1)
            return on & (kind.worth > self.never)

        return self._in_hours(self._pairs(among_the_best))

    def _pairs(self, wanted: Callable[[Kind], Bools]) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Unit, mentor and worth of the pairs wanted, block by block."""
        for kind in self.kinds:
            rows = max(1, BLOCK // kind.worth.shape[1])
            for first in range(0, len(kind.units), rows):
                part = Kind(kind.units[first : first + rows], kind.mentors, kind.worth[first : first + rows])
                row, column = np.nonzero(wanted(part))
                yield part.units[row], part.mentors[column], part.worth[row, column].astype(np.int64)

    def _in_hours(
        self, pairs: Iterable[tuple[Ints, Ints, Ints]], kept: Callable[[Places], Places] = lambda found: found
    ) -> Places:
        """Every hour that the two of a pair share, or of a block those ``kept``. A unit stays in one block."""
        found: list[Places] = []
        gathered: list[tuple[Ints, Ints, Ints]] = []
        waiting = 0
        for block in pairs:
            gathered.append(block)
            waiting += len(block[0])
            if waiting >= BLOCK:
                found.append(kept(self._expanded(gathered)))
                gathered, waiting = [], 0
        found.append(kept(self._expanded(gathered)))
        places = Places(*(np.concatenate([getattr(f, n) for f in found]) for n in ("unit", "hour", "worth")))
        return places if len(found) == 1 else places[np.argsort(places.unit, kind="stable")]

    def _expanded(self, blocks: list[tuple[Ints, Ints, Ints]]) -> Places:
        if not blocks:
            none = np.zeros(0, dtype=np.int32)
            return Places(none, none, none)
        unit, mentor, worth = (np.concatenate(part) for part in zip(*blocks, strict=True))
        order = np.argsort(unit, kind="stable")
        unit, mentor, worth = unit[order], mentor[order], worth[order]
        pair, at = np.nonzero(self.free[unit // 2] & self.seated[mentor])
        unit, mentor, worth = unit[pair], mentor[pair], worth[pair]
        hour, slot = self._hour[mentor, at], self.slots[at]
        if self._stickiness:
            worth -= self._stickiness * ((self._kept[0, unit] == mentor) & (self._kept[1, unit] != slot))
        on = (self._only_slot[unit] < 0) | (self._only_slot[unit] == slot)
        places = Places(unit.astype(np.int32), hour, worth.astype(np.int32))
        return places if on.all() else places[on]

    def _lock(self, roster: Roster, previous: Iterable[Place]) -> None:
        """Pins, forbids and what is kept, in the tables of worth. Whoever takes no part is passed over."""
        child_at = {child.id: at for at, child in enumerate(self.children)}
        mentor_at = {mentor.id: at for at, mentor in enumerate(self.mentors)}
        for place in previous if self._stickiness else ():
            if place.child in child_at and place.mentor in mentor_at:
                unit = 2 * child_at[place.child] + ROLES.index(place.role)
                self._kept[:, unit] = mentor_at[place.mentor], place.slot
        self._reward(2 * self._stickiness)
        for forbid in roster.forbids:
            if forbid.child in child_at and forbid.mentor in mentor_at:
                for role in [forbid.role] if forbid.role else ROLES:
                    unit = 2 * child_at[forbid.child] + ROLES.index(role)
                    self._row(unit)[self._column(unit, mentor_at[forbid.mentor])] = self.never
        for pin in roster.pins:
            if pin.child in child_at:
                unit = 2 * child_at[pin.child] + ROLES.index(pin.role)
                self.pinned[unit] = True
                others = np.ones(len(self._row(unit)), dtype=bool)
                others[self._column(unit, mentor_at.get(pin.mentor, -1))] = False
                self._row(unit)[others] = self.never
                if pin.slot is not None:
                    self._only_slot[unit] = pin.slot

    def _reward(self, points: int) -> None:
        """Adds points to the worth of every pair of before that may stay."""
        for kind in self.kinds:
            had = self._kept[0, kind.units]
            at = np.minimum(np.searchsorted(kind.mentors, had), len(kind.mentors) - 1)
            row = np.flatnonzero(kind.mentors[at] == had)
            row = row[kind.worth[row, at[row]] > self.never]
            kind.worth[row, at[row]] += self._number(points)

    def _row(self, unit: int) -> Small:
        """The unit's worths, to be changed in place; empty when nobody may have it."""
        kind, row = self._kind_of[unit], self._row_of[unit]
        return self.kinds[kind].worth[row] if kind >= 0 else np.zeros(0, dtype=self._number)

    def _column(self, unit: int, mentor: int) -> slice:
        kind = self._kind_of[unit]
        if kind < 0:
            return slice(0, 0)
        first, end = np.searchsorted(self.kinds[kind].mentors, [mentor, mentor + 1])
        return slice(first, end)


def best_of_each(unit: Ints, gain: Floats, most: int) -> Ints:
    """Positions of the ``most`` greatest gains of every unit."""
    order = np.lexsort((-gain, unit))
    of = unit[order]
    best: Ints = order[np.arange(len(of)) - np.searchsorted(of, of) < most]
    return best


def merged(one: Places, other: Places, hours: int) -> Places:
    """The places of both, each once."""
    names = ("unit", "hour", "worth")
    both = Places(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))
    return both[np.unique(both.keys(hours), return_index=True)[1]]


def _hours(people: Sequence[Child | Mentor]) -> Bools:
    """(people, SLOTS) bool: free in that hour."""
    hours = np.zeros((len(people), SLOTS), dtype=bool)
    for at, person in enumerate(people):
        hours[at, list(person.slots)] = True
    return hours
