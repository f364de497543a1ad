"""What the engine is measured against, and in tests compared with: the same places, solved in other ways."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from matching.core.arrays import Ints
from matching.core.goal import Goal
from matching.core.lp import whole
from matching.core.market import best_of_each
from matching.core.master import Master
from matching.core.problem import Problem, numbered


@dataclass(frozen=True, slots=True)
class Reached:
    """picked: columns of a valid plan.  bound: of the value at the levels above as reached; None if unknown."""

    picked: Ints
    bound: float | None = None

    def score(self, p: Problem) -> tuple[int, int, int, int]:
        roles = np.bincount(p.unit[self.picked] // 2, minlength=len(p.children))
        priority = np.array([child.priority for child in p.children], dtype=np.int64)
        return (
            int((roles == 2).sum()),
            int(priority[roles == 2].sum()),
            len(self.picked),
            int(p.value[self.picked].sum()),
        )


def whole_model(p: Problem) -> Reached:
    """Every place and every rule in `scipy.optimize.milp`, one level after the other. Pins must hold."""
    n, children = len(p.unit), len(p.children)
    priority = np.array([child.priority for child in p.children], dtype=float)
    blank = np.zeros(children)
    goals = [
        np.concatenate([np.zeros(n), np.ones(children)]),
        np.concatenate([np.zeros(n), priority]),
        np.concatenate([np.ones(n), blank]),
        np.concatenate([p.value, blank]),
    ]
    units = p.incidence(p.unit, 2 * children)
    blocks = [(units, p.pinned.astype(float), np.ones(2 * children))]
    for left, right in ((p.mentor, p.slot), (p.unit // 2, p.slot), (p.unit // 2, p.mentor)):
        group, size = numbered(left, right)
        blocks.append((p.incidence(group, size), np.zeros(size), np.ones(size)))
    mentors = len(p.mentors)
    blocks.append((p.incidence(p.mentor, mentors), np.zeros(mentors), p.capacity.astype(float)))
    rows = [hstack([block, csr_array((block.shape[0], children))]) for block, _, _ in blocks]
    low, high = [low for _, low, _ in blocks], [high for _, _, high in blocks]
    for role in (0, 1):
        rows.append(hstack([units[role::2], -eye_array(children)]))
        low.append(np.zeros(children))
        high.append(np.full(children, np.inf))
    picked, best = np.zeros(0, dtype=np.int64), 0
    for goal in goals:
        answer = milp(
            -goal,
            integrality=np.ones(n + children, dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(csr_array(vstack(rows)), np.concatenate(low), np.concatenate(high)),
            options={"mip_rel_gap": 0.0},
        )
        if answer.x is None or answer.status != 0:
            raise RuntimeError(answer.message)
        on = np.flatnonzero(np.round(answer.x) == 1)
        picked, best = on[on < n], round(-answer.fun)
        rows.append(csr_array(goal[np.newaxis, :]))
        low.append(np.array([float(best)]))
        high.append(np.array([np.inf]))
    return Reached(picked, best)


def cp_sat(p: Problem) -> Reached:
    """The value of level 4 in OR-Tools' CP-SAT, with the levels above as one weighted sum. Raises ImportError."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(len(p.unit))]
    both = [model.new_bool_var("") for _ in p.children]
    for left, right in (
        (p.unit, p.unit * 0),
        (p.mentor, p.slot),
        (p.unit // 2, p.slot),
        (p.unit // 2, p.mentor),
    ):
        for columns in _groups(*numbered(left, right)):
            if len(columns) > 1:
                model.add_at_most_one(x[i] for i in columns)
    for mentor, columns in enumerate(_groups(p.mentor, len(p.mentors))):
        model.add(sum(x[i] for i in columns) <= int(p.capacity[mentor]))
    for unit, columns in enumerate(_groups(p.unit, 2 * len(p.children))):
        model.add(sum(x[i] for i in columns) >= both[unit // 2])
        if p.pinned[unit]:
            model.add(sum(x[i] for i in columns) == 1)
    role = 1000
    child = [100 * role + 10 * role * child.priority for child in p.children]
    worth = (p.value + role).tolist()
    model.maximize(cp_model.LinearExpr.weighted_sum(x, worth) + cp_model.LinearExpr.weighted_sum(both, child))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if solver.solve(model) != cp_model.OPTIMAL:
        raise RuntimeError("not proved in time")
    picked = np.flatnonzero([solver.boolean_value(one) for one in x])
    reached = Reached(picked)
    return Reached(picked, float(reached.score(p)[3]))


def column_generation(p: Problem) -> Reached:
    """HiGHS over columns that come in by price, from the five dearest of each unit on; then the whole plan of those.

    What many would write first: prices only from the linear program, and no proof beyond its columns.
    """
    units = 2 * len(p.children)
    role = 1000
    priority = np.array([child.priority for child in p.children], dtype=np.int64)
    goal = Goal(1, np.full(units, role), 100 * role + 10 * role * priority, np.zeros(units, dtype=bool))
    start = best_of_each(p.unit, p.value.astype(float), 5)
    master = Master(p, goal, start)
    master.relax()
    picked = whole(p, goal, np.sort(master.columns))
    if picked is None:
        raise RuntimeError("no whole plan")
    return Reached(picked)


def _groups(group: Ints, size: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(size)]
    for column, at in enumerate(group.tolist()):
        found[at].append(column)
    return found


def greedy(p: Problem) -> Reached:
    """The dearest place that still fits, until none does."""
    order = np.lexsort((np.arange(len(p.unit)), -p.value))
    return Reached(_take(p, order))


def hungarian(p: Problem) -> Reached:
    """Children to seats by the Hungarian method, blind to hours; the best hours picked afterwards."""
    picked = []
    for role in (0, 1):
        columns = np.flatnonzero(p.unit % 2 == role)
        seats = np.repeat(np.arange(len(p.mentors)), p.capacity)
        worth = np.full((len(p.children), len(p.mentors)), -10_000, dtype=np.int64)
        worth[p.unit[columns] // 2, p.mentor[columns]] = p.value[columns]
        rows, cols = linear_sum_assignment(worth[:, seats], maximize=True)
        wanted = np.full(len(p.children), -1, dtype=np.int64)
        wanted[rows] = seats[cols]
        picked.append(columns[p.mentor[columns] == wanted[p.unit[columns] // 2]])
    return Reached(_take(p, np.concatenate(picked)))


def _take(p: Problem, order: Ints) -> Ints:
    """The columns of ``order`` that fit with those before them."""
    busy: set[tuple[str, int, int]] = set()
    load = np.zeros(len(p.mentors), dtype=np.int64)
    taken = []
    for column in order.tolist():
        unit, mentor, slot = int(p.unit[column]), int(p.mentor[column]), int(p.slot[column])
        keys = {
            ("unit", unit, 0),
            ("hour", mentor, slot),
            ("child", unit // 2, slot),
            ("pair", unit // 2, mentor),
        }
        if load[mentor] < p.capacity[mentor] and not keys & busy:
            busy |= keys
            load[mentor] += 1
            taken.append(column)
    return np.array(taken, dtype=np.int64)
