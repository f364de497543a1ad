"""The best valid plan, exact at all four levels, by pricing and integer programming.

The relaxation is solved over a few columns, the others are priced, and those that could help are let in until
none can: then its value bounds every plan. The integer program over the columns that could be in a better
plan than the one at hand settles the level (docs/matching.md, "Method").
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from matching.core.fit import fit_terms
from matching.core.plan import OpenRole, Options, Result, ScoredPlace
from matching.core.problem import Ints, Problem, build, numbered, role_of
from matching.core.reasons import why_open
from matching.core.roster import Roster

Floats = NDArray[np.float64]


class Infeasible(Exception):
    """No plan meets the fixed part of the model: for a roster, its pins contradict each other."""


@dataclass(frozen=True, slots=True)
class Progress:
    """stage: complete, priority, roles or value."""

    stage: str


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
    _clashes: list[csr_array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._clashes = [
            _clash_rows(self.problem, other) for other in (self.problem.slot, self.problem.mentor)
        ]

    def keep(self, costs: Floats, best: int) -> None:
        """A level that is solved stays at its optimum in those below it."""
        self.kept.append((costs, best))

    def maximise(self, stage: str, costs: Floats) -> tuple[Ints, int]:
        """Columns of an optimum and its value. Raises Infeasible."""
        started = time.perf_counter()
        self.on_progress(Progress(stage))
        answer = self._solve_once(costs)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
        return answer

    def _solve_once(self, costs: Floats) -> tuple[Ints, int]:
        """The optimum of the rows so far, by columns priced in as the relaxation asks for them.

        With u the proved value of the relaxation and l that of a plan, a column whose reduced cost is below
        -(u - l) is in no better plan, so the last integer program over the others is exact.
        """
        n, children = len(self.problem.unit), len(self.problem.children)
        if n == 0:
            if self.everybody and children:
                raise Infeasible
            return np.zeros(0, dtype=np.int64), 0
        matrix, most = self._rows()
        columns, reduced, bound = self._relax(costs, matrix, most)
        while True:
            answer = self._whole(costs, matrix, most, columns)
            if answer is None:
                if columns.all():
                    raise Infeasible
                columns = np.ones(n + children, dtype=bool)
                continue
            picked, best = answer
            wanted = columns | (reduced >= -(bound - best) - 1e-6)
            if best >= bound or (wanted == columns).all():
                return picked, best
            columns = wanted

    def _relax(self, costs: Floats, matrix: csr_array, most: Floats) -> tuple[NDArray[np.bool_], Floats, int]:
        """Columns worth having, every reduced cost (<= 0 where out), and the bound, rounded down."""
        n, children = len(self.problem.unit), len(self.problem.children)
        columns = np.ones(n + children, dtype=bool)
        columns[:n] = _best_of_each_unit(self.problem, costs[:n], 12)
        rows = matrix.shape[0]
        must = np.flatnonzero(most < 0)  # rows that ask for something, which the first columns may not give
        slack = csr_array((-np.ones(len(must)), (must, np.arange(len(must)))), shape=(rows, len(must)))
        penalty = 10.0 * (np.abs(costs).max() + 1) * 100
        while True:
            chosen = np.flatnonzero(columns)
            answer = linprog(
                np.concatenate([-costs[chosen], np.full(len(must), penalty)]),
                A_ub=hstack([matrix[:, chosen], slack], format="csr"),
                b_ub=most,
                bounds=(0, None),
                method="highs",
            )
            if answer.status != 0 or answer.x is None or answer.fun is None:
                raise RuntimeError(f"the relaxation stopped early: {answer.message}")
            prices = -answer.ineqlin.marginals
            reduced = costs - matrix.T @ prices
            better = ~columns & (reduced > 1e-7)
            if not better.any():
                if answer.x[len(chosen) :].sum() > 1e-6:
                    raise Infeasible
                return columns, reduced, int(np.floor(-answer.fun + 1e-6))
            columns |= better

    def _whole(
        self, costs: Floats, matrix: csr_array, most: Floats, columns: NDArray[np.bool_]
    ) -> tuple[Ints, int] | None:
        """The best whole plan over some columns, or None when there is none."""
        chosen = np.flatnonzero(columns)
        answer = milp(
            -costs[chosen],
            integrality=np.ones(len(chosen), dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix[:, chosen], -np.inf, most),
            options={"mip_rel_gap": 0.0},
        )
        if answer.status == 2:
            return None
        if answer.status != 0 or answer.x is None or answer.fun is None:
            raise RuntimeError(f"the solver stopped early: {answer.message}")
        on = chosen[np.round(answer.x) == 1]
        return on[on < len(self.problem.unit)], round(-answer.fun)

    def _rows(self) -> tuple[csr_array, Floats]:
        """Every row as matrix @ x <= most."""
        p = self.problem
        n, children, mentors = len(p.unit), len(p.children), len(p.mentors)
        units = p.incidence(p.unit, 2 * children)
        hours, hour_count = numbered(p.mentor, p.slot)
        flags = eye_array(children, format="csr")
        must = np.flatnonzero(p.pinned | self.everybody)
        blocks: list[tuple[csr_array, Any]] = [
            (_wide(units, children), np.ones(2 * children)),
            (_wide(-units[must], children), -np.ones(len(must))),
            (_wide(p.incidence(hours, hour_count), children), np.ones(hour_count)),
            (_wide(p.incidence(p.mentor, mentors), children), p.capacity),
            # complete <= filled, once for each role; and complete <= 1
            *((hstack([-units[role::2], flags], format="csr"), np.zeros(children)) for role in (0, 1)),
            (hstack([csr_array((children, n)), flags], format="csr"), np.ones(children)),
            *((_wide(rows, children), np.ones(rows.shape[0])) for rows in self._clashes),
            *((csr_array(-costs[np.newaxis, :]), [-best]) for costs, best in self.kept),
        ]
        return vstack([rows for rows, _ in blocks], format="csc"), np.concatenate(
            [most for _, most in blocks]
        )


def _wide(rows: csr_array, extra: int) -> csr_array:
    wide: csr_array = hstack([rows, csr_array((rows.shape[0], extra))], format="csr")
    return wide


def _best_of_each_unit(problem: Problem, costs: Floats, most: int) -> NDArray[np.bool_]:
    """The ``most`` dearest columns of every unit: where pricing starts."""
    order = np.lexsort((-costs, problem.unit))
    unit = problem.unit[order]
    rank = np.arange(len(unit)) - np.searchsorted(unit, unit)
    best = np.zeros(len(costs), dtype=bool)
    best[order[rank < most]] = True
    return best


def _clash_rows(problem: Problem, other: Ints) -> csr_array:
    """One row a child and hour (or person) that both of the child's roles could use."""
    groups, size = numbered(problem.unit // 2, other)
    both = np.bincount(groups, problem.unit % 2, size) * np.bincount(groups, 1 - problem.unit % 2, size)
    rows: csr_array = problem.incidence(groups, size)[np.flatnonzero(both)]
    return rows


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
    places = tuple(
        _place(problem, column, options) for column in sorted(picked, key=lambda i: problem.unit[i])
    )
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


def _place(problem: Problem, column: int, options: Options) -> ScoredPlace:
    unit = int(problem.unit[column])
    child, mentor = problem.children[unit // 2], problem.mentors[problem.mentor[column]]
    scored = fit_terms(child, mentor, role_of(unit), options.weights)
    assert scored is not None
    return ScoredPlace(
        child=child.id,
        role=role_of(unit),
        mentor=mentor.id,
        slot=int(problem.slot[column]),
        subject=scored.subject,
        fit=scored.fit,
        value=scored.value,
    )
