"""The four levels, one after the other in meaning, all at once where that can be proved.

Every level is a Goal with weights so large that the levels above it win; the weights only guide. What makes a
level exact is its own bound: a plan that reaches it needs no more proof (docs/matching.md, "Method").
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from matching.core.flow import Flow, assign
from matching.core.master import EPSILON, Goal, Infeasible, Master, OutOfTime, Relaxed, whole
from matching.core.problem import Ints, Problem
from matching.core.repair import repair

START = 3  # columns this close to what their unit gets are there from the start
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Progress:
    """stage: flow, complete, priority, roles or value."""

    stage: str


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """What a plan reaches, or cannot exceed, at each level. value: the objective of level 4."""

    complete: int
    priority: int
    roles: int
    value: int


@dataclass
class Levels:
    """One round being solved. worth: (N,) the objective of level 4, of each column.

    deadline: on time.perf_counter().  best: the best plan so far.  proved: the optimum of a level.
    """

    problem: Problem
    worth: Ints
    on_progress: OnProgress = lambda progress: None
    gap: float = 0.0
    deadline: float = math.inf
    proved: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        children = self.problem.children
        self.priority = np.array([child.priority for child in children], dtype=np.int64)
        self.best = np.zeros(0, dtype=np.int64)
        self.span = int(np.abs(self.worth).max(initial=0)) + 1

    def solve(self) -> tuple[Ints, Score]:
        """Columns of the best plan found, and the bound of each level, which it meets unless it was stopped.

        Raises Infeasible.
        """
        with self._stage("flow"):
            flow = self._flow()
            self.best = self._repaired(flow)
        everybody = (flow.picked >= 0).all()
        if everybody and self.gap and self._near_enough(flow):
            return self.best, self._loose_bounds(flow)
        try:
            if everybody:
                try:
                    return self._for_everybody(flow)
                except Infeasible:
                    pass
            return self._in_shortage(flow)
        except OutOfTime:
            return self.best, self._loose_bounds(flow)

    def _for_everybody(self, flow: Flow) -> tuple[Ints, Score]:
        """Every role filled: then levels 1 to 3 are met, and only the value is to be solved."""
        goal = Goal(self.worth, np.zeros(len(self.problem.children), dtype=np.int64), full=True)
        with self._stage("value"):
            picked, relaxed = self._optimum(goal, flow, self.gap)
        bound = self.score(picked)
        if self.gap:
            bound = replace(bound, value=max(bound.value, _whole(relaxed.bound)))
        return picked, bound

    def _repaired(self, flow: Flow) -> Ints:
        """A first plan, so that there is one whenever time runs out."""
        held = np.zeros(0, dtype=np.int64)
        if self.problem.pinned.any():
            columns = np.flatnonzero(self.problem.pinned[self.problem.unit])
            children = np.zeros(len(self.problem.children), dtype=np.int64)
            found = whole(self.problem, Goal(self.worth, children), columns)
            if found is None:
                raise Infeasible
            held = found
        return repair(self.problem, flow.picked, flow.reduced, held)

    def _near_enough(self, flow: Flow) -> bool:
        best, bound = self.score(self.best), self._loose_bounds(flow)
        upper = (best.complete, best.priority, best.roles) == (bound.complete, bound.priority, bound.roles)
        return upper and bound.value - best.value <= self.gap * bound.value

    def _loose_bounds(self, flow: Flow) -> Score:
        """Bounds at hand without solving any further, each at the levels above it as reached."""
        p, best = self.problem, self.score(self.best)
        children = len(p.children)
        complete = self.proved.get("complete")
        if complete is None:
            roles = [np.full(children, role) for role in (0, 1)]
            complete = min(children, *(self._covered("complete", carries, {}) for carries in roles))
        at_top = best.complete == complete
        priority = int(np.sort(self.priority)[::-1][: best.complete].sum())
        if at_top:
            priority = self.proved.get("priority", priority)
        filled = min(int((flow.picked >= 0).sum()), best.complete + children)
        if at_top and best.priority == priority:
            filled = self.proved.get("roles", filled)
        taken = flow.picked[flow.picked >= 0]
        lifted = self.worth + self.span * self._lift()
        dear = int(lifted[taken].sum()) - self.span * (10 * best.roles + 90 * int(p.pinned.sum()))
        loose = assign(p, self.worth).picked
        value = min(dear, int(self.worth[loose[loose >= 0]].sum()))
        return Score(complete, priority, max(filled, best.roles), max(value, best.value))

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

    def _lift(self) -> Ints:
        """So many spans a filled role is worth before its value counts: the pinned ones first."""
        return np.where(self.problem.pinned, 100, 10)[self.problem.unit]

    def _flow(self) -> Flow:
        """Fills as many roles as it can, a child's two places looked at apart."""
        return assign(self.problem, self.worth + self.span * self._lift())

    def _in_shortage(self, flow: Flow) -> tuple[Ints, Score]:
        """All levels in one goal whose weights nearly always order them; then the proof of each level."""
        for step in range(ROUNDS):
            role = 4 * self.span * 4**step
            goal = self._held(Goal(self.worth + role, 40 * role + 4 * role * self.priority), self.proved)
            with self._stage("value"):
                picked, relaxed = self._optimum(goal, flow, hasty=not self.proved)
            best = self._remember(picked)
            carries = (relaxed.prices.flag[1::2] > relaxed.prices.flag[0::2]).astype(np.int64)
            for level in ("complete", "priority", "roles"):
                if level not in self.proved:
                    with self._stage(level):
                        self.proved[level] = self._bound(level, best, carries, dict(self.proved), flow)
                if getattr(best, level) != self.proved[level]:
                    break
            else:
                # With the levels above held at what they are, the relaxation is near the plan again.
                with self._stage("value"):
                    goal = self._held(goal, self.proved)
                    if goal.total(self.problem, picked) < _whole(relaxed.bound):
                        picked, _ = self._optimum(goal, flow)
                    return picked, self.score(picked)
        raise RuntimeError("no weights order the levels")

    def _remember(self, picked: Ints) -> Score:
        score = self.score(picked)
        if score > self.score(self.best):
            self.best = picked
        return score

    def _bound(self, level: str, best: Score, carries: Ints, above: dict[str, int], flow: Flow) -> int:
        """The optimum of a level below those already proved: by a cover of seats, or else by solving it."""
        covers = [carries, np.zeros_like(carries), np.ones_like(carries)]
        quick = min(self._covered(level, cover, above) for cover in covers)
        if quick == getattr(best, level):
            return quick
        known = self._known(level, above)
        start = np.flatnonzero(flow.reduced >= -START)
        goal = self._held(self._goal(level, 1), above)
        relaxed = Master(self.problem, goal, start, self.deadline).relax()
        if _whole(relaxed.bound) - known == getattr(best, level):
            return int(getattr(best, level))
        for step in range(ROUNDS):
            goal = self._held(self._goal(level, 8**step), above)
            reached = self._remember(self._optimum(goal, flow)[0])
            if all(getattr(reached, name) == known for name, known in above.items()):
                return int(getattr(reached, level))
        raise RuntimeError("no weights order the levels")

    def _goal(self, level: str, scale: int) -> Goal:
        child, rank, role = _weights(level, scale)
        return Goal(np.full_like(self.worth, role), child + rank * self.priority)

    def _held(self, goal: Goal, proved: dict[str, int]) -> Goal:
        """The goal with what is proved of the levels as rows: they cut what the relaxation would dream up."""
        if not proved:
            return goal
        most = len(self.problem.children)
        most_of = {"complete": most, "priority": int(self.priority.sum()), "roles": 2 * most} | proved
        return replace(
            goal,
            caps=(most_of["complete"], most_of["priority"], most_of["roles"]),
            rank=self.priority,
        )

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
        return int(worth[picked[picked >= 0]].sum()) - self._known(level, above)

    def _known(self, level: str, above: dict[str, int]) -> int:
        """What the levels above bring to the goal of a level."""
        child, rank, _ = _weights(level, 1)
        return child * above.get("complete", 0) + rank * above.get("priority", 0)

    def _optimum(self, goal: Goal, flow: Flow, gap: float = 0.0, hasty: bool = False) -> tuple[Ints, Relaxed]:
        """The best columns for a goal, exact (reduced-cost fixing). Raises Infeasible.

        hasty: the first whole plan found will do.
        """
        p = self.problem
        columns = np.flatnonzero(flow.reduced >= -START)
        relaxed = Master(p, goal, columns, self.deadline).relax()
        if (np.minimum(relaxed.x, 1 - relaxed.x) < EPSILON).all():
            return np.flatnonzero(relaxed.x > 0.5), relaxed
        room = relaxed.bound - _whole(relaxed.bound) + EPSILON
        while True:
            columns = np.flatnonzero(relaxed.reduced >= -room - EPSILON)
            picked = whole(p, goal, columns, self.deadline)
            if picked is not None:
                lost = relaxed.bound - goal.total(p, picked)
                if hasty or lost <= max(room + EPSILON, gap * _whole(relaxed.bound)):
                    return picked, relaxed
                room = lost
            elif len(columns) == len(p.unit):
                raise Infeasible
            else:
                room = max(1.0, 4 * room)


def _whole(bound: float) -> int:
    """All data are whole numbers, so a bound may be rounded down."""
    return math.floor(bound + EPSILON)


def _weights(level: str, scale: int) -> tuple[int, int, int]:
    """Of a complete child, of its priority, of a role: under which a level comes after those above it."""
    return {
        "complete": (1, 0, 0),
        "priority": (16 * scale, 1, 0),
        "roles": (128 * scale**2, 8 * scale, 1),
    }[level]
