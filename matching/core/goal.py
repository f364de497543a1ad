"""What is maximised, and the bound that any prices prove, whoever found them."""

from dataclasses import dataclass, replace

import numpy as np

from matching.core.arrays import Bools, Floats, Ints
from matching.core.problem import Problem

EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Goal:
    """Maximise points * value + lift over the places, and flag over the complete children.

    points: 0 or 1.  lift: (U,) int64, of a filled unit.  flag: (C,) int64, of a complete child.
    must: (U,) bool, units that must be filled; pinned units always must.
    caps: at most so many complete children, so much of their ``rank`` (C,), and so many filled roles.
    """

    points: int
    lift: Ints
    flag: Ints
    must: Bools
    caps: tuple[int, int, int] | None = None
    rank: Ints | None = None

    @property
    def flags(self) -> bool:
        return bool(self.flag.any()) or self.caps is not None

    def worth(self, problem: Problem) -> Ints:
        """(N,) of each column."""
        return self.points * problem.value + self.lift[problem.unit]

    def total(self, problem: Problem, picked: Ints) -> int:
        roles = np.bincount(problem.unit[picked] // 2, minlength=len(problem.children))
        return int(self.worth(problem)[picked].sum() + self.flag[roles == 2].sum())

    def missing(self, problem: Problem) -> float:
        """What a unit that must be filled costs while it is open: more than any of its chains can win."""
        most = float(np.abs(self.worth(problem)).max(initial=0)) + float(self.flag.max(initial=0))
        return 100.0 * (1 + most)


@dataclass(frozen=True, slots=True)
class Prices:
    """hour: (H,), mentor: (M,), flag: (U,) of the rows "complete <= filled"; clash: per clash key; cap: (3,).

    All >= 0.
    """

    hour: Floats
    mentor: Floats
    flag: Floats
    clash: Floats
    cap: Floats

    def moved(self, old: Problem, new: Problem) -> "Prices":
        """The same prices for a problem with more columns."""
        clash = np.zeros(new.clashes)
        clash[np.searchsorted(new.clash_ids, old.clash_ids)] = self.clash
        return replace(self, clash=clash)

    def gross(self, problem: Problem, goal: Goal) -> Floats:
        """(N,) what a column would bring its unit at these prices."""
        p = problem
        gross: Floats = goal.worth(p) - (self.hour + self.mentor[p.mentor_of_hour])[p.hour]
        gross += (self.flag - self.cap[2])[p.unit]
        for keys in p.clash_keys:
            on = np.flatnonzero(keys >= 0)
            gross[on] -= self.clash[keys[on]]
        return gross


@dataclass(frozen=True, slots=True)
class Bound:
    """No plan is worth more than ``total``.  reduced: (N,) <= 0, what a column falls short of its unit's best.

    gets: (U,) the best of each unit, by which it fell short.
    """

    total: float
    reduced: Floats
    gets: Floats


def bound_of(problem: Problem, goal: Goal, prices: Prices) -> Bound:
    """A weak dual value: it holds for any prices, and so needs no trust in a solver (docs/matching.md).

    It covers the columns of the problem; others must not be worth more than their unit ``gets``.
    """
    p = problem
    gross = prices.gross(p, goal)
    best = np.full(2 * len(p.children), -np.inf)
    np.maximum.at(best, p.unit, gross)
    must = p.pinned | goal.must
    best = np.where(must, best, np.maximum(best, 0))
    flags = goal.flag - prices.flag[0::2] - prices.flag[1::2]
    if goal.caps is not None and goal.rank is not None:
        flags = flags - prices.cap[0] - prices.cap[1] * goal.rank
    total = float(
        best.sum()
        + prices.hour.sum()
        + prices.mentor @ p.capacity
        + prices.clash.sum()
        + (np.maximum(flags, 0).sum() if goal.flags else 0)
        + prices.cap @ np.array(goal.caps or (0, 0, 0))
    )
    return Bound(total, gross - best[p.unit], best)
