"""A valid plan around pins: what an assignment picks, and chains of moves for the rest, the cheapest first."""

from itertools import pairwise

import numpy as np

from matching.core.arrays import Floats, Ints
from matching.core.problem import Problem

LIMITS = (0, 2, 6, 20, 10**9)  # points that a single move may cost, one pass each
DEPTH = 3  # others that a chain may ask to move
FAILURES = 20  # units that one pass leaves open before it gives up: it is not chains then that are missing
TRIES = 400  # moves looked at for one unit in one pass
NEAR = 40  # columns of a unit that are looked at, from its dearest on


class Moves:
    """Columns taken so far, never breaking a rule."""

    def __init__(self, problem: Problem, reduced: Floats) -> None:
        p = problem
        self.unit, self.mentor, self.slot = p.unit.tolist(), p.mentor.tolist(), p.slot.tolist()
        self.hour, self.room = p.hour.tolist(), p.capacity.tolist()
        self.of_unit: dict[int, int] = {}
        self.of_hour: dict[int, int] = {}
        self.fixed: set[int] = set()
        self.reduced = reduced
        self.order = np.lexsort((-reduced, p.unit))
        self.starts = np.searchsorted(p.unit[self.order], np.arange(2 * len(p.children) + 1)).tolist()
        first_hour = np.searchsorted(p.mentor_of_hour, np.arange(len(p.mentors) + 1)).tolist()
        self.hours_of = [range(a, b) for a, b in pairwise(first_hour)]
        slot_of_hour = np.zeros(p.hours, dtype=np.int64)
        slot_of_hour[p.hour] = p.slot
        self.slot_of_hour = slot_of_hour.tolist()
        self.tries = 0

    def near(self, unit: int, limit: int) -> list[int]:
        """The unit's dearest columns that cost it at most ``limit``."""
        first = self.starts[unit]
        columns = self.order[first : min(self.starts[unit + 1], first + NEAR)]
        near: list[int] = columns[self.reduced[columns] >= -limit].tolist()
        return near

    def fits(self, column: int) -> bool:
        return not self.in_the_way(column)

    def in_the_way(self, column: int) -> list[int]:
        """Columns of which any one, dropped, may make room."""
        other = self.of_unit.get(self.unit[column] ^ 1)
        mentor = self.mentor[column]
        if other is not None and (self.slot[other] == self.slot[column] or self.mentor[other] == mentor):
            return [other]
        if self.hour[column] in self.of_hour:
            return [self.of_hour[self.hour[column]]]
        if self.room[mentor] > 0:
            return []
        return [self.of_hour[hour] for hour in self.hours_of[mentor] if hour in self.of_hour]

    def take(self, column: int) -> None:
        self.of_unit[self.unit[column]] = column
        self.of_hour[self.hour[column]] = column
        self.room[self.mentor[column]] -= 1

    def drop(self, column: int) -> None:
        del self.of_unit[self.unit[column]], self.of_hour[self.hour[column]]
        self.room[self.mentor[column]] += 1

    def add(self, unit: int, mentor: int, slot: int) -> int:
        """A column that the problem does not have. Its hour is new unless the mentor has it already."""
        hour = next((hour for hour in self.hours_of[mentor] if self.slot_of_hour[hour] == slot), None)
        if hour is None:
            hour = len(self.slot_of_hour)
            self.slot_of_hour.append(slot)
        self.unit.append(unit)
        self.mentor.append(mentor)
        self.slot.append(slot)
        self.hour.append(hour)
        return len(self.unit) - 1

    def place(
        self, unit: int, limit: int, depth: int, asked: frozenset[int], only: list[int] | None = None
    ) -> bool:
        """Fills the unit, asking up to ``depth`` others to move; changes nothing when that fails.

        only: the columns that the unit may take, instead of its own.
        """
        near = self.near(unit, limit) if only is None else only
        for column in near:
            if self.fits(column):
                self.take(column)
                return True
        if depth == 0:
            return False
        asked |= {unit}
        for column in near:
            for holder in self.in_the_way(column):
                moved = self.unit[holder]
                self.tries += 1
                if self.tries > TRIES:
                    return False
                if moved in asked or moved in self.fixed:
                    continue
                self.drop(holder)
                if self.fits(column):
                    self.take(column)
                    if self.place(moved, limit, depth - 1, asked):
                        return True
                    self.drop(column)
                self.take(holder)
        return False


def repair(problem: Problem, picked: Ints, reduced: Floats, held: Ints, filled: Ints) -> Ints:
    """Columns of a valid plan near those ``picked``. held: columns that must stay, valid together.

    filled: units that the flow fills; others can't be filled without emptying one of these.
    reduced: (N,) what each column is worth less than its unit's best, <= 0.
    """
    plan = Moves(problem, reduced)
    for column in held.tolist():
        plan.take(column)
        plan.fixed.add(plan.unit[column])
    for column in picked.tolist():
        if plan.unit[column] not in plan.of_unit and plan.fits(column):
            plan.take(column)
    for limit in LIMITS:
        failures = 0
        for unit in filled.tolist():
            if unit not in plan.of_unit and failures < FAILURES:
                plan.tries = 0
                failures += not plan.place(unit, limit, DEPTH, frozenset())
    return np.array(sorted(plan.of_unit.values()), dtype=np.int64)
