"""The best plan for one goal, exactly: a relaxation over all places, and the whole plans near it."""

import math
from collections.abc import Callable

import numpy as np

from matching.core.arrays import Bools, Ints
from matching.core.goal import EPSILON, Goal, bound_of
from matching.core.lp import Infeasible, OutOfTime, whole
from matching.core.market import merged
from matching.core.master import Master, Relaxed
from matching.core.problem import Problem, problem_of


class Enough(Exception):
    """Whoever is told of the plans needs no better one."""


Found = Callable[[Ints | None, Goal, int], None]


class Exact:
    """problem: the places looked at, more as they are asked for.  start: (N,) those that a relaxation begins with.

    found: told the hours (U,) of every valid plan on the way (None: no new one), the goal, and what no plan exceeds
    under it. It may bring ``deadline`` forward, or raise Enough.
    """

    def __init__(self, problem: Problem, start: Bools, deadline: float, found: Found) -> None:
        self.problem, self.start, self.deadline, self.found = problem, start, deadline, found

    def optimum(self, goal: Goal) -> Ints:
        """Hours (U,) of the best plan (reduced-cost fixing). Raises Infeasible, OutOfTime, Enough."""
        relaxed = self.relaxed(goal)
        most = floor(relaxed.bound.total)
        if relaxed.whole:
            return self._told(np.flatnonzero(relaxed.x > 0.5), goal, most)
        self.found(None, goal, most)
        room = relaxed.bound.total - most + EPSILON
        # Often a plan as good as the bound is to be had from the places that the relaxation uses.
        picked = self._whole(goal, np.flatnonzero(relaxed.x > EPSILON), most)
        if picked is not None and goal.total(self.problem, picked) == most:
            return self.problem.hours_of(picked)
        while True:
            relaxed = self._widened(goal, relaxed, room + EPSILON)
            columns = np.flatnonzero(relaxed.bound.reduced >= -room - EPSILON)
            picked = self._whole(goal, columns, most)
            if picked is not None:
                reached = goal.total(self.problem, picked)
                if relaxed.bound.total - reached <= room + EPSILON:
                    return self._told(picked, goal, reached)
                room = relaxed.bound.total - reached
            elif self.problem.whole and len(columns) == len(self.problem.unit):
                raise Infeasible
            else:
                room = max(1.0, 4 * room)

    def _whole(self, goal: Goal, columns: Ints, most: int) -> Ints | None:
        try:
            picked = whole(self.problem, goal, columns, self.deadline)
        except OutOfTime as stopped:
            if stopped.picked is not None:
                self._told(stopped.picked, goal, most)
            raise
        if picked is not None:
            self._told(picked, goal, most)
        return picked

    def _told(self, picked: Ints, goal: Goal, most: int) -> Ints:
        hours = self.problem.hours_of(picked)
        self.found(hours, goal, most)
        return hours

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
        both = merged(old.places, more, old.hours)
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
