"""The best plan for one goal, exactly: a relaxation over all places, and the whole plans near it."""

import math
from collections.abc import Callable

import numpy as np

from matching.core.arrays import Bools, Ints
from matching.core.goal import EPSILON, Goal, bound_of
from matching.core.lp import Infeasible, OutOfTime, whole
from matching.core.market import Places, merged
from matching.core.master import Master, Relaxed
from matching.core.problem import Problem, problem_of


class Exact:
    """problem: the places looked at, more as they are asked for.  start: (N,) those that a relaxation begins with.

    found: told the hours (U,) of every valid plan on the way. It may bring ``deadline`` forward.
    """

    def __init__(
        self, problem: Problem, start: Bools, deadline: float, found: Callable[[Ints], None]
    ) -> None:
        self.problem, self.start, self.deadline, self.found = problem, start, deadline, found

    def optimum(self, goal: Goal, gap: float = 0.0) -> tuple[Ints, Relaxed]:
        """Hours (U,) of the best plan, or of one within ``gap`` of it (reduced-cost fixing).

        Raises Infeasible, OutOfTime.
        """
        relaxed = self.relaxed(goal)
        if relaxed.whole:
            hours = self.problem.hours_of(np.flatnonzero(relaxed.x > 0.5))
            self.found(hours)
            return hours, relaxed
        most = floor(relaxed.bound.total)
        room = relaxed.bound.total - most + EPSILON
        # Often a plan as good as the bound is to be had from the places that the relaxation uses.
        few = self._whole(goal, np.flatnonzero(relaxed.x > EPSILON))
        if few is not None and goal.total(self.problem, few) >= most - gap * abs(most):
            return self.problem.hours_of(few), relaxed
        while True:
            relaxed = self._widened(goal, relaxed, room + EPSILON)
            columns = np.flatnonzero(relaxed.bound.reduced >= -room - EPSILON)
            picked = self._whole(goal, columns)
            if picked is not None:
                lost = relaxed.bound.total - goal.total(self.problem, picked)
                if lost <= max(room + EPSILON, gap * most):
                    return self.problem.hours_of(picked), relaxed
                room = lost
            elif self.problem.whole and len(columns) == len(self.problem.unit):
                raise Infeasible
            else:
                room = max(1.0, 4 * room)

    def _whole(self, goal: Goal, columns: Ints) -> Ints | None:
        try:
            picked = whole(self.problem, goal, columns, self.deadline)
        except OutOfTime as stopped:
            if stopped.picked is not None:
                self.found(self.problem.hours_of(stopped.picked))
            raise
        if picked is not None:
            self.found(self.problem.hours_of(picked))
        return picked

    def relaxed(self, goal: Goal) -> Relaxed:
        """The relaxation over all places, also those not looked at so far. Raises Infeasible, OutOfTime."""
        while True:
            before = len(self.problem.unit)
            relaxed = Master(self.problem, goal, np.flatnonzero(self.start), self.deadline).relax()
            relaxed = self._widened(goal, relaxed, -EPSILON)
            if len(self.problem.unit) == before:
                return relaxed
            self.start |= (relaxed.x > 0) | (relaxed.bound.reduced >= -EPSILON)

    def _widened(self, goal: Goal, relaxed: Relaxed, within: float) -> Relaxed:
        """Brings in every place whose reduced worth is -within or more."""
        old = self.problem
        if old.whole:
            return relaxed
        prices = relaxed.prices
        price = prices.hour + prices.mentor[old.mentor_of_hour]
        gets = relaxed.bound.gets - goal.lift - prices.flag + prices.cap[2]
        more = old.market.near(np.stack([price, price]), gets, within, goal.points)
        more = more[~np.isin(more.keys(old.hours), old.keys)]
        if not len(more):
            return relaxed
        both = merged(Places(old.unit, old.hour, old.value), more, old.hours)
        new = self.problem = problem_of(old.market, both)
        at = np.searchsorted(new.keys, old.keys)
        x, start = np.zeros(len(new.unit)), np.zeros(len(new.unit), dtype=bool)
        x[at], start[at] = relaxed.x, self.start
        self.start = start
        moved = prices.moved(old, new)
        return Relaxed(bound_of(new, goal, moved), moved, x)


def floor(bound: float) -> int:
    """All data are whole numbers, so a bound may be rounded down."""
    return math.floor(bound + EPSILON)
