"""A roster as arrays: one column a place that could be, and the rows that bind them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.core.fit import fit_terms
from matching.core.roster import ROLES, Child, Mentor, Pin, Role, Roster
from matching.core.weights import Weights

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """C children, M mentors, U = 2C units (child, role), N columns (unit, mentor, slot).

    children, mentors: in id order.  unit = 2 * child + role (0 academic, 1 wellbeing).
    unit, mentor, slot: (N,) int64, the place of each column.
    fit, value:         (N,) int64 points.
    subject:            per column, None for wellbeing.
    capacity:           (M,) int64 most places of a mentor.
    pinned:             (U,) bool, the unit must be filled; its columns are only those the pin allows.
    """

    children: tuple[Child, ...]
    mentors: tuple[Mentor, ...]
    unit: Ints
    mentor: Ints
    slot: Ints
    fit: Ints
    value: Ints
    subject: tuple[str | None, ...]
    capacity: Ints
    pinned: NDArray[np.bool_]

    def incidence(self, group: Ints, size: int) -> csr_array:
        """(size, N) 0/1 matrix: row g sums the columns whose group is g."""
        ones = np.ones(len(group))
        return csr_array((ones, (group, np.arange(len(group)))), shape=(size, len(group)))


def build(roster: Roster, weights: Weights) -> Problem:
    """Every place that the rules allow by itself. Rows of the roster are put in id order first."""
    children = tuple(sorted(roster.children, key=lambda child: child.id))
    mentors = tuple(sorted(roster.mentors, key=lambda mentor: mentor.id))
    pins = {(pin.child, pin.role): pin for pin in roster.pins}
    barred = {(f.child, f.mentor, role) for f in roster.forbids for role in ([f.role] if f.role else ROLES)}
    rows: list[tuple[int, int, int, int, int]] = []
    subjects: list[str | None] = []
    pinned = np.zeros(2 * len(children), dtype=bool)
    for c, child in enumerate(children):
        for r, role in enumerate(ROLES):
            pin = pins.get((child.id, role))
            pinned[2 * c + r] = pin is not None
            for m, mentor in enumerate(mentors):
                slots = open_slots(child, mentor, pin)
                if not slots or (child.id, mentor.id, role) in barred:
                    continue
                scored = fit_terms(child, mentor, role, weights)
                if scored is None:
                    continue
                rows += [(2 * c + r, m, slot, scored.fit, scored.value) for slot in slots]
                subjects += [scored.subject] * len(slots)
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    return Problem(
        children,
        mentors,
        unit=table[:, 0],
        mentor=table[:, 1],
        slot=table[:, 2],
        fit=table[:, 3],
        value=table[:, 4],
        subject=tuple(subjects),
        capacity=np.array([mentor.capacity for mentor in mentors], dtype=np.int64),
        pinned=pinned,
    )


def open_slots(child: Child, mentor: Mentor, pin: Pin | None) -> list[int]:
    """Hours in which the two could meet, in order, as far as capacity and a pin allow any."""
    if mentor.capacity < 1 or (pin is not None and pin.mentor != mentor.id):
        return []
    shared = child.slots & mentor.slots
    if pin is not None and pin.slot is not None:
        shared &= {pin.slot}
    return sorted(shared)


def role_of(unit: int) -> Role:
    return ROLES[unit % 2]


def numbered(keys: Iterable[tuple[int, int]]) -> tuple[Ints, int]:
    """A number 0, 1, … for each different key, and how many there are."""
    seen: dict[tuple[int, int], int] = {}
    numbers = [seen.setdefault(key, len(seen)) for key in keys]
    return np.array(numbers, dtype=np.int64), len(seen)
