"""The four levels, one after the other in meaning, all at once where that can be proved.

Every level is a Goal with weights so large that the levels above it win; the weights only guide. What makes a
level exact is its own bound: a plan that reaches it needs no more proof (docs/matching.md, "Method").
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from matching.core.flow import Flow, assign
from matching.core.master import EPSILON, Goal, Infeasible, Master, Relaxed, whole
from matching.core.problem import Ints, Problem

START = 3  # columns this close to what their unit gets are there from the start
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Progress:
    """stage: flow, complete, priority, roles or value."""

    stage: str


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Score:
    """What a plan reaches, or cannot exceed, at each level. value: the objective of level 4."""

    complete: int
    priority: int
    roles: int
    value: int


@dataclass
class Levels:
    """One round being solved. worth: (N,) the objective of level 4, of each column."""

    problem: Problem
    worth: Ints
    on_progress: OnProgress = lambda progress: None
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        children = self.problem.children
        self.priority = np.array([child.priority for child in children], dtype=np.int64)
        self.span = int(np.abs(self.worth).max(initial=0)) + 1

    def solve(self) -> tuple[Ints, Score]:
        """Columns of the best plan, and the bounds, which it meets. Raises Infeasible."""
        count = len(self.problem.children)
        with self._stage("flow"):
            flow = self._flow()
        if (flow.picked >= 0).all():
            try:
                goal = Goal(self.worth, np.zeros(count, dtype=np.int64), full=True)
                with self._stage("value"):
                    picked = self._optimum(goal, flow)[0]
                return picked, self.score(picked)
            except Infeasible:
                pass
        return self._in_shortage(flow)

    def score(self, picked: Ints) -> Score:
        roles = np.bincount(self.problem.unit[picked] // 2, minlength=len(self.problem.children))
        complete = roles == 2
        return Score(
            int(complete.sum()),
            int(self.priority[complete].sum()),
            len(picked),
            int(self.worth[picked].sum()),
        )

    @contextmanager
    def _stage(self, stage: str) -> Iterator[None]:
        self.on_progress(Progress(stage))
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started

    def _flow(self) -> Flow:
        """Fills as many roles as it can, the pinned ones first."""
        lift = np.where(self.problem.pinned, 100, 10)[self.problem.unit]
        return assign(self.problem, self.worth + self.span * lift)

    def _in_shortage(self, flow: Flow) -> tuple[Ints, Score]:
        """All levels in one goal whose weights nearly always order them; then the proof of each level."""
        proved: dict[str, int] = {}
        for step in range(ROUNDS):
            role = 4 * self.span * 4**step
            goal = Goal(self.worth + role, 40 * role + 4 * role * self.priority)
            with self._stage("value"):
                picked, relaxed = self._optimum(goal, flow)
            best = self.score(picked)
            carries = (relaxed.prices.flag[1::2] > relaxed.prices.flag[0::2]).astype(np.int64)
            for level in ("complete", "priority", "roles"):
                if level not in proved:
                    with self._stage(level):
                        proved[level] = self._bound(level, best, carries, proved, flow)
                if getattr(best, level) != proved[level]:
                    break
            else:
                return picked, best
        raise RuntimeError("no weights order the levels")

    def _bound(self, level: str, best: Score, carries: Ints, above: dict[str, int], flow: Flow) -> int:
        """The optimum of a level below those already proved: by a cover of seats, or else by solving it."""
        quick = self._covered(level, carries, above)
        if quick == getattr(best, level):
            return quick
        for step in range(ROUNDS):
            goal = self._goal(level, 8**step)
            reached = self.score(self._optimum(goal, flow)[0])
            if all(getattr(reached, name) == known for name, known in above.items()):
                return int(getattr(reached, level))
        raise RuntimeError("no weights order the levels")

    def _goal(self, level: str, scale: int) -> Goal:
        child, rank, role = _weights(level, scale)
        return Goal(np.full_like(self.worth, role), child + rank * self.priority)

    def _covered(self, level: str, carries: Ints, above: dict[str, int]) -> int:
        """A bound from one assignment: one role of each child carries all that the child is worth.

        Whoever is complete has that role filled, so no plan is worth more than the best assignment, clashes
        allowed. What the levels above are worth is known, and comes off.
        """
        goal = self._goal(level, 1)
        carried = np.zeros((len(carries), 2), dtype=np.int64)
        carried[np.arange(len(carries)), carries] = goal.flag
        worth = goal.worth + carried.ravel()[self.problem.unit]
        picked = assign(self.problem, worth).picked
        child, rank, _ = _weights(level, 1)
        known = child * above.get("complete", 0) + rank * above.get("priority", 0)
        return int(worth[picked[picked >= 0]].sum()) - known

    def _optimum(self, goal: Goal, flow: Flow) -> tuple[Ints, Relaxed]:
        """The best columns for a goal, exact (reduced-cost fixing). Raises Infeasible."""
        p = self.problem
        relaxed = Master(p, goal, np.flatnonzero(flow.reduced >= -START)).relax()
        if (np.minimum(relaxed.x, 1 - relaxed.x) < EPSILON).all():
            return np.flatnonzero(relaxed.x > 0.5), relaxed
        room = relaxed.bound - np.floor(relaxed.bound + EPSILON) + EPSILON
        while True:
            columns = np.flatnonzero(relaxed.reduced >= -room - EPSILON)
            picked = whole(p, goal, columns)
            if picked is not None:
                lost = relaxed.bound - goal.total(p, picked)
                if lost <= room + EPSILON:
                    return picked, relaxed
                room = lost
            elif len(columns) == len(p.unit):
                raise Infeasible
            else:
                room = max(1.0, 4 * room)


def _weights(level: str, scale: int) -> tuple[int, int, int]:
    """Of a complete child, of its priority, of a role: under which a level comes after those above it."""
    return {
        "complete": (1, 0, 0),
        "priority": (16 * scale, 1, 0),
        "roles": (128 * scale**2, 8 * scale, 1),
    }[level]
