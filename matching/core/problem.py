"""A roster as arrays: one column a place that could be, and the rows that bind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.core.pair_values import pair_values
from matching.core.roster import ROLES, SLOTS, Child, Mentor, Role, Roster
from matching.core.weights import Weights

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """C children, M mentors, U = 2C units (child, role), N columns (unit, mentor, slot).

    children, mentors: in id order.  unit = 2 * child + role (0 academic, 1 wellbeing).
    unit, mentor, slot: (N,) int64, the place of each column.
    fit, value:         (N,) int64 points.
    capacity:           (M,) int64 most places of a mentor.
    pinned:             (U,) bool, the unit must be filled; its columns are only those the pin allows.
    hour:               (N,) the number 0..H-1 of each (mentor, slot); mentor_of_hour: (H,), ascending.
    clash_keys:         twice (N,): which of the rows 0..clashes-1 a column is in, -1 for none. A row holds
                        the places of one child in one slot, or with one person, that both roles could have.
    """

    children: tuple[Child, ...]
    mentors: tuple[Mentor, ...]
    unit: Ints
    mentor: Ints
    slot: Ints
    fit: Ints
    value: Ints
    capacity: Ints
    pinned: NDArray[np.bool_]
    hour: Ints
    mentor_of_hour: Ints
    clash_keys: tuple[Ints, Ints]
    clashes: int

    @property
    def hours(self) -> int:
        return len(self.mentor_of_hour)

    def incidence(self, group: Ints, size: int) -> csr_array:
        """(size, N) 0/1 matrix: row g sums the columns whose group is g."""
        ones = np.ones(len(group))
        return csr_array((ones, (group, np.arange(len(group)))), shape=(size, len(group)))


def build(roster: Roster, weights: Weights) -> Problem:
    """Every place that the rules allow by itself. Rows of the roster are put in id order first."""
    children = tuple(sorted(roster.children, key=lambda child: child.id))
    mentors = tuple(sorted(roster.mentors, key=lambda mentor: mentor.id))
    child_at = {child.id: at for at, child in enumerate(children)}
    mentor_at = {mentor.id: at for at, mentor in enumerate(mentors)}
    free = _hours([child.slots for child in children])
    seated = _hours([mentor.slots for mentor in mentors])
    seated[np.array([mentor.capacity < 1 for mentor in mentors], dtype=bool)] = False
    tables = [*pair_values(children, mentors, weights)]
    for forbid in roster.forbids:
        if forbid.child in child_at and forbid.mentor in mentor_at:
            for role in [forbid.role] if forbid.role else ROLES:
                tables[ROLES.index(role)].may[child_at[forbid.child], mentor_at[forbid.mentor]] = False
    pinned = np.zeros(2 * len(children), dtype=bool)
    asked: list[tuple[int, int]] = []
    for pin in roster.pins:
        if pin.child not in child_at:
            continue
        unit = 2 * child_at[pin.child] + ROLES.index(pin.role)
        pinned[unit] = True
        may = tables[unit % 2].may[unit // 2]
        held = mentor_at.get(pin.mentor, -1)
        may &= np.arange(len(mentors)) == held
        if pin.slot is not None:
            asked.append((unit, pin.slot))
    blocks = []
    for which, table in enumerate(tables):
        c, m = np.nonzero(table.may)
        pair, slot = np.nonzero(free[c] & seated[m])
        c, m = c[pair], m[pair]
        blocks.append(np.stack([2 * c + which, m, slot, table.fit[c, m], table.value[c, m]]))
    table_ = np.concatenate(blocks, axis=1).astype(np.int64)
    table_ = table_[:, np.argsort(table_[0], kind="stable")]
    for unit, at in asked:
        table_ = table_[:, (table_[0] != unit) | (table_[2] == at)]
    unit_, mentor_, slot_, fit, value = np.ascontiguousarray(table_)
    capacity = np.array([mentor.capacity for mentor in mentors], dtype=np.int64)
    hour, hours = numbered(mentor_, slot_)
    mentor_of_hour = np.zeros(hours, dtype=np.int64)
    mentor_of_hour[hour] = mentor_
    same_hour, found = _clashes(unit_, slot_)
    same_person, more = _clashes(unit_, mentor_)
    same_person[same_person >= 0] += found
    return Problem(
        children,
        mentors,
        unit_,
        mentor_,
        slot_,
        fit,
        value,
        capacity,
        pinned,
        hour,
        mentor_of_hour,
        (same_hour, same_person),
        found + more,
    )


def _clashes(unit: Ints, other: Ints) -> tuple[Ints, int]:
    """A number for each child and hour (or person) that both of the child's roles could use; -1 elsewhere."""
    group, size = numbered(unit // 2, other)
    both = np.bincount(group[unit % 2 == 0], minlength=size) * np.bincount(
        group[unit % 2 == 1], minlength=size
    )
    row = np.where(both > 0, np.cumsum(both > 0) - 1, -1)
    return row[group] if len(group) else group, int((both > 0).sum())


def _hours(slots: Sequence[frozenset[int]]) -> NDArray[np.bool_]:
    """(people, SLOTS) bool: free in that hour."""
    hours = np.zeros((len(slots), SLOTS), dtype=bool)
    for at, of_person in enumerate(slots):
        hours[at, list(of_person)] = True
    return hours


def role_of(unit: int) -> Role:
    return ROLES[unit % 2]


def numbered(left: Ints, right: Ints) -> tuple[Ints, int]:
    """A number 0, 1, … for each different pair (in the order of the pairs), and how many there are."""
    key = left * (int(right.max(initial=0)) + 1) + right
    seen, numbers = np.unique(key, return_inverse=True)
    return numbers.astype(np.int64), len(seen)
