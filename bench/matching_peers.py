"""What the engine is measured against, and in tests compared with: the same places, solved in other ways."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from matching.core.arrays import Ints
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
