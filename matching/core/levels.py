"""The four levels, one after the other in meaning, all at once where that can be proved.

Every level is a Goal with weights so large that the levels above it win; the weights only guide. What makes a
level exact is its own bound: a plan that reaches it needs no more proof (docs/matching.md, "Method").
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace

import numpy as np

from matching.core.arrays import Ints
from matching.core.exact import Enough, Exact
from matching.core.goal import Goal
from matching.core.lp import Infeasible, OutOfTime
from matching.core.market import Market, Places
from matching.core.outset import LEVELS, Level, Outset, Score
from matching.core.problem import Problem
from matching.core.turns import first_plan

START = 1  # columns this close to what their unit gets are there from the start
ROUNDS = 8
GRACE = 10.0  # seconds that level 1 has, whatever the time limit


@dataclass(frozen=True, slots=True)
class Progress:
    """stage: flow, complete, priority, roles or value."""

    stage: str


OnProgress = Callable[[Progress], None]


class Levels:
    """One round being solved. deadline: on time.perf_counter(). seconds: spent, by stage.

    best: (U,) the hour of each unit in the best plan so far, -1 where open.  proved: the optimum of a level.
    worth_most: of the value, among plans that reach so much at levels 1 to 3.
    any_value: levels 1 to 3 are all that is asked for.  seen: places that matter in nearly the same round.
    """

    def __init__(
        self,
        market: Market,
        on_progress: OnProgress,
        gap: float = 0.0,
        deadline: float = math.inf,
        *,
        any_value: bool = False,
        seen: Places | None = None,
    ) -> None:
        self.market, self.on_progress, self.gap, self.any_value = market, on_progress, gap, any_value
        self.limit = deadline
        self.proved: dict[Level, int] = {}
        self.worth_most: dict[tuple[int, ...], int] = {}
        self.seconds: dict[str, float] = {}
        with self._stage("flow"):
            self.outset = Outset(market, gap, seen)
            near = self.outset.reduced >= -START
            self.exact = Exact(self.outset.problem, near, deadline, self._remember)
            self.best = first_plan(self.outset)

    def follow(self, after: "Levels") -> None:
        """After the same round without points for what stays: its levels 1 to 3, and a plan that meets them."""
        reached, bound = after.score(), after.bound()
        for level in LEVELS[:3]:
            if getattr(reached, level) != getattr(bound, level):
                break
            self.proved[level] = getattr(reached, level)
        if self.score(after.best) > self.score():
            self.best = after.best

    @property
    def problem(self) -> Problem:
        return self.exact.problem

    def solve(self) -> Score:
        """The bound of each level; the best plan meets it unless it was stopped. Raises Infeasible."""
        if not self._complete_enough():
            self.exact.deadline = max(self.limit, time.perf_counter() + GRACE)
        try:
            if self.outset.calm and not self._near_enough():
                try:
                    with self._stage("value"):
                        self._all_served()
                except Infeasible:
                    pass
            if not self._near_enough():
                self._in_shortage()
        except (OutOfTime, Enough):
            pass
        if not self._near_enough():
            self.outset.tighten(self.score())
        return self.bound()

    def score(self, hours: Ints | None = None) -> Score:
        problem = self.problem
        return self.outset.score(problem, problem.columns_of(self.best if hours is None else hours))

    def bound(self) -> Score:
        """What is proved of each level, given the levels above it as the best plan reaches them."""
        best = self.score()
        bound = self.outset.bound(best)
        for level in LEVELS[:3]:
            if level in self.proved:
                bound = replace(bound, **{level: min(self.proved[level], getattr(bound, level))})
            if getattr(bound, level) != getattr(best, level):
                return bound
        most = self.worth_most.get(astuple(best)[:3], bound.value)
        return replace(bound, value=min(most, bound.value))

    def _near_enough(self) -> bool:
        """Within the gap at levels 1 and 4, and exact between them where that makes sense."""
        best = self.score()
        if not self.outset.served(best) and not self.met():
            return False
        if self.any_value or self._value_near(best):
            return True
        if self.gap:
            self.outset.tighten(best)
        return self._value_near(best)

    def _value_near(self, best: Score) -> bool:
        most = self.bound().value
        return most - best.value <= max(0, self.gap * most)

    def met(self) -> bool:
        """Levels 1 to 3 are proved."""
        return astuple(self.score())[:3] == astuple(self.bound())[:3]

    def _complete_enough(self) -> bool:
        return self.score().complete >= (1 - self.gap) * self.bound().complete

    def _all_served(self) -> None:
        """Whoever might be complete is: then only the others' roles, and the value, are to be solved."""
        must = np.repeat(self.outset.able, 2)
        role = 16 * self.outset.scale.span
        goal = Goal(1, np.where(must, 0, role), np.zeros(len(self.outset.able), dtype=np.int64), must)
        self.exact.optimum(goal)

    def _in_shortage(self) -> None:
        """All levels in one goal whose weights nearly always order them; a level it misses is solved apart."""
        for step in range(ROUNDS):
            role = 4 * self.outset.scale.span * 4**step
            goal = self._weighted(1, 40 * role, 4 * role, role)
            with self._stage("value"):
                hours = self.exact.optimum(goal)
            for level in LEVELS[:3]:
                if getattr(self.score(), level) != getattr(self.bound(), level):
                    with self._stage(level):
                        self.proved[level] = self._solved(level)
                    self._heed_the_limit()
            if astuple(self.score(hours))[:3] == astuple(self.bound())[:3]:
                return
        raise RuntimeError("no weights order the levels")

    def _solved(self, level: Level) -> int:
        """The optimum of a level below those already reached."""
        known = astuple(self.score())[: LEVELS.index(level)]
        for step in range(ROUNDS):
            weights = {
                "complete": (1, 0, 0),
                "priority": (16 * 8**step, 1, 0),
                "roles": (128 * 64**step, 8 * 8**step, 1),
            }[level]
            hours = self.exact.optimum(self._weighted(0, *weights))
            reached = astuple(self.score(hours))
            if reached[: len(known)] == known:
                return int(reached[len(known)])
        raise RuntimeError("no weights order the levels")

    def _weighted(self, points: int, complete: int, rank: int, role: int) -> Goal:
        """What is known of the levels stands as rows: they cut off what a relaxation would dream up."""
        o, best, bound = self.outset, self.score(), self.bound()
        at_top = best.complete == bound.complete
        most = int(self.outset.priority[o.able].sum())
        caps = (bound.complete, bound.priority if at_top else most, o.filled)
        if at_top and best.priority == bound.priority:
            caps = (*caps[:2], bound.roles)
        flag = np.where(o.able, complete + rank * o.priority, 0)
        units = 2 * len(o.able)
        return Goal(points, np.full(units, role), flag, np.zeros(units, dtype=bool), caps, o.priority)

    def _remember(self, hours: Ints | None, goal: Goal, most: int) -> None:
        """Keeps the best plan. Raises Enough when no better one is needed."""
        hours = self.best if hours is None else hours
        score = self.score(hours)
        if goal.points and (hours[goal.must] >= 0).all():
            # Among plans equal at levels 1 to 3, the goal and the value differ by a constant.
            apart = goal.total(self.problem, self.problem.columns_of(hours)) - score.value
            levels = astuple(score)[:3]
            self.worth_most[levels] = min(most - apart, self.worth_most.get(levels, most - apart))
        if score > self.score():
            self.best = hours
            self._heed_the_limit()
        if self._near_enough():
            raise Enough

    def _heed_the_limit(self) -> None:
        """A time limit may cost value, but no child both mentors: until level 1 is met, it does not count."""
        if self._complete_enough():
            self.exact.deadline = self.limit

    @contextmanager
    def _stage(self, stage: str) -> Iterator[None]:
        self.on_progress(Progress(stage))
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
