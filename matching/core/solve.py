"""The best valid plan, exact at all four levels: a flow with the clashes added as they show.

Without the two rules that tie a child's roles together (different hours, different people) the model is a
flow, whose linear relaxation is almost always whole. So those rules start out absent, the ones that the
answer breaks are added, and it is solved again until none is broken. A relaxation whose optimum breaks no
rule is the optimum (docs/matching.md, "Method").
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, vstack

from matching.core.plan import OpenRole, Options, Result, ScoredPlace
from matching.core.problem import Ints, Problem, build, numbered, role_of
from matching.core.reasons import why_open
from matching.core.roster import Roster

Floats = NDArray[np.float64]


class Infeasible(Exception):
    """No plan meets the fixed part of the model: for a roster, its pins contradict each other."""


@dataclass(frozen=True, slots=True)
class Progress:
    """stage: complete, priority, roles or value.  passes: solves so far in this stage."""

    stage: str
    passes: int


OnProgress = Callable[[Progress], None]


def solve(roster: Roster, options: Options | None = None, on_progress: OnProgress | None = None) -> Result:
    """Solves one round. The locks must hold together (matching.core.locks); else raises Infeasible."""
    chosen = options or Options()
    started = time.perf_counter()
    problem = build(roster, chosen.weights)
    bonus = _bonus(problem, chosen)
    model = _Model(problem, on_progress or (lambda progress: None))
    model.seconds["build"] = time.perf_counter() - started
    picked, bounds = _solve_levels(model, problem.value + bonus)
    return _result(roster, problem, chosen, model, picked, bounds, bonus, time.perf_counter() - started)


def _solve_levels(model: "_Model", objective: Ints) -> tuple[Ints, list[int]]:
    """Chosen columns, and the proved bound of each level (all met: each stage is solved to its optimum)."""
    problem = model.problem
    priority = np.array([child.priority for child in problem.children], dtype=np.int64)
    n, children = len(problem.unit), len(problem.children)
    try:
        # Usually everybody can be served, and then the first three levels need no solving.
        model.everybody = True
        picked, value = model.maximise("value", np.concatenate([objective, np.zeros(children)]))
        return picked, [children, int(priority.sum()), 2 * children, value]
    except Infeasible:
        model.everybody = False
    stages = {
        "complete": np.concatenate([np.zeros(n), np.ones(children)]),
        "priority": np.concatenate([np.zeros(n), priority]),
        "roles": np.concatenate([np.ones(n), np.zeros(children)]),
        "value": np.concatenate([objective, np.zeros(children)]),
    }
    bounds = []
    picked = np.zeros(0, dtype=np.int64)
    for stage, costs in stages.items():
        picked, best = model.maximise(stage, costs)
        bounds.append(best)
        model.keep(costs, best)
    return picked, bounds


@dataclass
class _Model:
    """The rows so far. Variables: N columns, then C flags "this child is complete"."""

    problem: Problem
    on_progress: OnProgress
    everybody: bool = False
    kept: list[tuple[Floats, int]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    clashes: set[tuple[str, int, int]] = field(default_factory=set)

    def keep(self, costs: Floats, best: int) -> None:
        """A level that is solved stays at its optimum in those below it."""
        self.kept.append((costs, best))

    def maximise(self, stage: str, costs: Floats) -> tuple[Ints, int]:
        """Columns of an optimum and its value. Raises Infeasible."""
        started = time.perf_counter()
        passes = 0
        while True:
            self.on_progress(Progress(stage, passes))
            passes += 1
            picked, best = self._solve_once(costs)
            broken = _clashes(self.problem, picked) - self.clashes
            if not broken:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
                return picked, best
            self.clashes |= broken

    def _solve_once(self, costs: Floats) -> tuple[Ints, int]:
        n, children = len(self.problem.unit), len(self.problem.children)
        if n == 0:
            if self.everybody and children:
                raise Infeasible
            return np.zeros(0, dtype=np.int64), 0
        answer = milp(
            -costs,
            integrality=np.ones(n + children, dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=[*self._rows(), *self._kept_rows()],
            options={"mip_rel_gap": 0.0},
        )
        if answer.status == 2:
            raise Infeasible
        if answer.status != 0:
            raise RuntimeError(f"the solver stopped early: {answer.message}")
        picked = np.flatnonzero(np.round(answer.x[:n]) == 1)
        return picked, round(-answer.fun)

    def _kept_rows(self) -> list[LinearConstraint]:
        return [LinearConstraint(costs[np.newaxis, :], best, np.inf) for costs, best in self.kept]

    def _rows(self) -> list[LinearConstraint]:
        p = self.problem
        n, children, mentors = len(p.unit), len(p.children), len(p.mentors)
        units = p.incidence(p.unit, 2 * children)
        hours, hour_count = numbered(zip(p.mentor.tolist(), p.slot.tolist(), strict=True))
        flags = csr_array((children, children))
        flags.setdiag(1.0)
        low = np.where(p.pinned, 1.0, 1.0 if self.everybody else 0.0)
        rows = [
            LinearConstraint(_wide(units, children), low, 1),
            LinearConstraint(_wide(p.incidence(hours, hour_count), children), 0, 1),
            LinearConstraint(_wide(p.incidence(p.mentor, mentors), children), 0, p.capacity),
            # complete <= filled, once for each role
            *(LinearConstraint(hstack([units[role::2], -flags], format="csr"), 0, np.inf) for role in (0, 1)),
        ]
        if self.clashes:
            rows.append(LinearConstraint(_wide(self._clash_rows(n), children), 0, 1))
        return rows

    def _clash_rows(self, n: int) -> csr_array:
        p = self.problem
        rows = []
        for kind, child, other in sorted(self.clashes):
            same = p.slot if kind == "slot" else p.mentor
            columns = np.flatnonzero((p.unit // 2 == child) & (same == other))
            rows.append(csr_array((np.ones(len(columns)), ([0] * len(columns), columns)), shape=(1, n)))
        stacked: csr_array = vstack(rows, format="csr")
        return stacked


def _wide(rows: csr_array, extra: int) -> csr_array:
    wide: csr_array = hstack([rows, csr_array((rows.shape[0], extra))], format="csr")
    return wide


def _clashes(problem: Problem, picked: Ints) -> set[tuple[str, int, int]]:
    """Where a child's two places share an hour or a person."""
    found: set[tuple[str, int, int]] = set()
    first: dict[int, int] = {}
    for column in picked.tolist():
        child = int(problem.unit[column]) // 2
        if child not in first:
            first[child] = column
            continue
        other = first[child]
        if problem.slot[column] == problem.slot[other]:
            found.add(("slot", child, int(problem.slot[column])))
        if problem.mentor[column] == problem.mentor[other]:
            found.add(("mentor", child, int(problem.mentor[column])))
    return found


def _bonus(problem: Problem, options: Options) -> Ints:
    """Points for what stays: the pair, and the hour besides."""
    bonus = np.zeros(len(problem.unit), dtype=np.int64)
    if not options.stickiness:
        return bonus
    before = {(place.child, place.role): place for place in options.previous}
    for column, unit in enumerate(problem.unit.tolist()):
        place = before.get((problem.children[unit // 2].id, role_of(unit)))
        if place is not None and place.mentor == problem.mentors[problem.mentor[column]].id:
            same_hour = place.slot == problem.slot[column]
            bonus[column] = options.stickiness * (2 if same_hour else 1)
    return bonus


def _result(
    roster: Roster,
    problem: Problem,
    options: Options,
    model: _Model,
    picked: Ints,
    bounds: list[int],
    bonus: Ints,
    seconds: float,
) -> Result:
    places = tuple(_place(problem, column) for column in sorted(picked, key=lambda i: problem.unit[i]))
    filled = set(problem.unit[picked].tolist())
    children = len(problem.children)
    complete = [c for c in range(children) if {2 * c, 2 * c + 1} <= filled]
    touched = {unit // 2 for unit in filled}
    value, objective = int(problem.value[picked].sum()), int((problem.value + bonus)[picked].sum())
    points = bonus[picked]
    known = {c.id for c in problem.children}, {m.id for m in problem.mentors}
    return Result(
        places=places,
        open=tuple(
            OpenRole(problem.children[unit // 2].id, role_of(unit), *why_open(roster, problem, unit))
            for unit in range(2 * children)
            if unit not in filled
        ),
        children=children,
        complete=len(complete),
        partial=len(touched) - len(complete),
        unmatched=children - len(touched),
        roles_filled=len(filled),
        priority_complete=sum(problem.children[c].priority for c in complete),
        fit=int(problem.fit[picked].sum()),
        value=value,
        objective=objective,
        complete_bound=bounds[0],
        priority_bound=bounds[1],
        roles_bound=bounds[2],
        value_bound=bounds[3],
        objective_bound=bounds[3],
        gap=0.0,
        proved_optimal=True,
        pairs_kept=int((points > 0).sum()),
        slots_kept=int((points > options.stickiness).sum()) if options.stickiness else 0,
        previous_ignored=sum(p.child not in known[0] or p.mentor not in known[1] for p in options.previous),
        seconds=round(seconds, 3),
        seconds_by_stage={stage: round(spent, 3) for stage, spent in model.seconds.items()},
        seed=options.seed,
    )


def _place(problem: Problem, column: int) -> ScoredPlace:
    unit = int(problem.unit[column])
    return ScoredPlace(
        child=problem.children[unit // 2].id,
        role=role_of(unit),
        mentor=problem.mentors[problem.mentor[column]].id,
        slot=int(problem.slot[column]),
        subject=problem.subject[column],
        fit=int(problem.fit[column]),
        value=int(problem.value[column]),
    )
