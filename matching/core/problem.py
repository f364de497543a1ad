"""The places that matter in a round as columns of numbers, and the rows that bind them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from matching.core.arrays import Bools, Ints
from matching.core.market import Market, Places
from matching.core.roster import ROLES, SLOTS, Child, Mentor, Role, Roster
from matching.core.weights import Weights


@dataclass(frozen=True, slots=True)
class Problem:
    """C children, M mentors, U = 2C units (child, role), N columns (unit, mentor, slot), by unit.

    children, mentors:  in id order.  unit = 2 * child + role (0 academic, 1 wellbeing).
    unit, mentor, slot: (N,) the place of each column.
    value:              (N,) points: the objective of level 4.
    capacity:           (M,) most places of a mentor.
    pinned:             (U,) bool, the unit must be filled; its columns are only those the pin allows.
    hour:               (N,) the number 0..H-1 of each (mentor, slot); mentor_of_hour: (H,), ascending.
    clash_keys:         twice (N,): which of the rows 0..clashes-1 a column is in, -1 for none. A row holds
                        the places of one child in one slot, or with one person, that both roles could have.
    clash_ids:          (clashes,) ascending; the same row has the same id whatever columns are looked at.
    market:             what the columns were taken from.  whole: they are all there are.
    """

    market: Market
    unit: Ints
    hour: Ints
    value: Ints
    mentor: Ints
    slot: Ints
    clash_keys: tuple[Ints, Ints]
    clash_ids: Ints
    whole: bool

    @property
    def clashes(self) -> int:
        return len(self.clash_ids)

    @property
    def children(self) -> tuple[Child, ...]:
        return self.market.children

    @property
    def mentors(self) -> tuple[Mentor, ...]:
        return self.market.mentors

    @property
    def capacity(self) -> Ints:
        return self.market.capacity

    @property
    def pinned(self) -> Bools:
        return self.market.pinned

    @property
    def mentor_of_hour(self) -> Ints:
        return self.market.mentor_of_hour

    @property
    def hours(self) -> int:
        return self.market.hours

    @property
    def places(self) -> Places:
        return Places(self.unit, self.hour, self.value)

    @property
    def keys(self) -> Ints:
        """(N,) ascending: which place a column is, whatever others are looked at."""
        return self.unit.astype(np.int64) * self.hours + self.hour

    def columns_of(self, hour: Ints) -> Ints:
        """The columns of each unit in its hour (U,), which must be among them; -1 is none."""
        units = np.flatnonzero(hour >= 0)
        return np.searchsorted(self.keys, units * self.hours + hour[units])

    def hours_of(self, columns: Ints) -> Ints:
        """(U,) the hour of each unit by its column, -1 where it has none."""
        hour = np.full(2 * len(self.children), -1, dtype=np.int64)
        hour[self.unit[columns]] = self.hour[columns]
        return hour

    def incidence(self, group: Ints, size: int) -> "csr_array[Any]":
        """(size, N) 0/1 matrix: row g sums the columns whose group is g."""
        ones = np.ones(len(group))
        return csr_array((ones, (group, np.arange(len(group)))), shape=(size, len(group)))


def build(roster: Roster, weights: Weights) -> Problem:
    """Every place that the rules allow by itself. Rows of the roster are put in id order first."""
    market = Market(roster, weights)
    return problem_of(market, market.all_places(), whole=True)


def problem_of(market: Market, places: Places, *, whole: bool = False) -> Problem:
    mentor = market.mentor_of_hour.astype(np.int32)[places.hour]
    slot = market.slot_of_hour.astype(np.int32)[places.hour]
    same_hour, hours = _clashes(places.unit, slot, SLOTS)
    same_person, persons = _clashes(places.unit, mentor, len(market.mentors))
    same_person[same_person >= 0] += len(hours)
    ids = np.concatenate([hours, len(market.children) * SLOTS + persons])
    keys = (same_hour, same_person)
    return Problem(market, places.unit, places.hour, places.worth, mentor, slot, keys, ids, whole)


def _clashes(unit: Ints, other: Ints, others: int) -> tuple[Ints, Ints]:
    """A number for each child and hour (or person) that both of the child's roles could use; -1 elsewhere."""
    both = np.intersect1d(other[unit % 2 == 0], other[unit % 2 == 1])
    row = np.full(len(unit), -1, dtype=np.int32)
    on = np.flatnonzero(np.isin(other, both))
    key = (unit[on] // 2).astype(np.int64) * others + other[on]
    ids = np.intersect1d(key[unit[on] % 2 == 0], key[unit[on] % 2 == 1])
    if len(ids):
        at = np.minimum(np.searchsorted(ids, key), len(ids) - 1)
        row[on] = np.where(ids[at] == key, at, -1)
    return row, ids


def role_of(unit: int) -> Role:
    return ROLES[unit % 2]


def numbered(left: Ints, right: Ints) -> tuple[Ints, int]:
    """A number 0, 1, … for each different pair (in the order of the pairs), and how many there are."""
    key = left.astype(np.int64) * (int(right.max(initial=0)) + 1) + right
    most = int(key.max(initial=-1)) + 1
    if most > 4 * len(key) + 1000:
        seen, numbers = np.unique(key, return_inverse=True)
        return numbers.astype(np.int64), len(seen)
    there = np.zeros(most, dtype=bool)
    there[key] = True
    return (np.cumsum(there) - 1)[key], int(there.sum())
