"""The columns that matter, as a linear program that grows: priced columns in, broken clash rows in."""

import time
from dataclasses import dataclass

import highspy  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from matching.core.problem import Ints, Problem

Floats = NDArray[np.float64]
EPSILON = 1e-6


class Infeasible(Exception):
    """No plan meets the fixed part of the model: for a roster, its pins contradict each other."""


class OutOfTime(Exception):
    """The time limit was reached."""


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


@dataclass(frozen=True, slots=True)
class Goal:
    """Maximise worth over columns and flags. worth: (N,) int64.  flag: (C,) int64, of a complete child.

    full: every unit must be filled (then there are no flags). Pinned units always must.
    caps: at most so many complete children, so much of their ``rank`` (C,), and so many filled roles.
    """

    worth: Ints
    flag: Ints
    full: bool = False
    caps: tuple[int, int, int] | None = None
    rank: Ints | None = None

    def total(self, problem: Problem, picked: Ints) -> int:
        roles = np.bincount(problem.unit[picked] // 2, minlength=len(problem.children))
        return int(self.worth[picked].sum() + self.flag[roles == 2].sum())

    @property
    def missing(self) -> float:
        """What a unit that must be filled costs while it is open: more than any of its chains can win."""
        return 100.0 * (1 + float(np.abs(self.worth).max(initial=0)) + float(self.flag.max(initial=0)))


def bound_of(problem: Problem, goal: Goal, prices: Prices) -> tuple[float, Floats, Floats]:
    """A bound on every plan, from any prices: a weak dual value that needs no trust in a solver.

    Also the reduced worth of every column and flag, <= 0.
    """
    p = problem
    reduced = _gross(p, goal, prices)
    units = 2 * len(p.children)
    best = np.full(units, -np.inf)
    np.maximum.at(best, p.unit, reduced)
    must = p.pinned | goal.full
    best = np.where(must, best, np.maximum(best, 0))
    flags = goal.flag - prices.flag[0::2] - prices.flag[1::2]
    if goal.caps is not None and goal.rank is not None:
        flags = flags - prices.cap[0] - prices.cap[1] * goal.rank
    total = float(
        best.sum()
        + prices.hour.sum()
        + prices.mentor @ p.capacity
        + prices.clash.sum()
        + np.maximum(flags, 0).sum()
        + prices.cap @ np.array(goal.caps or (0, 0, 0))
    )
    return total, reduced - best[p.unit], np.minimum(flags, 0)


def _gross(p: Problem, goal: Goal, prices: Prices) -> Floats:
    """(N,) what a column would bring its unit at these prices."""
    gross: Floats = goal.worth - prices.hour[p.hour] - prices.mentor[p.mentor] + prices.flag[p.unit]
    gross -= prices.cap[2]
    for keys in p.clash_keys:
        on = keys >= 0
        gross[on] -= prices.clash[keys[on]]
    return gross


class Master:
    """One goal over a growing set of columns. Rows: units, hours, mentors, flags (2 a child), clashes."""

    def __init__(self, problem: Problem, goal: Goal, columns: Ints, deadline: float = np.inf) -> None:
        self.problem, self.goal, self.deadline = problem, goal, deadline
        self.children = len(problem.children)
        self.flags = 0 if goal.full else self.children
        self.first = self.flags + int((problem.pinned | goal.full).sum())  # column of the first place
        self.inside = np.zeros(len(problem.unit), dtype=bool)
        self.columns = np.zeros(0, dtype=np.int64)
        self.clash_row = np.full(problem.clashes, -1, dtype=np.int64)
        self.clash_keys = np.zeros(0, dtype=np.int64)  # in the order of their rows
        self.rows = 0
        self.lp = _quiet()
        _fixed_rows(self.lp, problem, goal)
        self.rows = self.lp.getNumRow()
        self.fixed = self.rows
        self._add_columns(columns)

    def relax(self) -> "Relaxed":
        """The relaxation over all columns. Raises Infeasible, OutOfTime."""
        p = self.problem
        while True:
            _run(self.lp, self.deadline)
            solution = self.lp.getSolution()
            values = np.array(solution.col_value)
            x = np.zeros(len(p.unit))
            x[self.columns] = values[self.first :]
            prices = self._prices(np.array(solution.row_dual))
            gross = _gross(p, self.goal, prices[0]) - prices[1][p.unit]
            broken = self._broken(x)
            new = _best_of_each(p.unit, gross, ~self.inside & (gross > EPSILON), 5)
            if not len(broken) and not len(new):
                if values[self.flags : self.first].sum() > EPSILON:
                    raise Infeasible
                bound, reduced, flags = bound_of(p, self.goal, prices[0])
                return Relaxed(bound, reduced, flags, prices[0], x)
            self._add_clashes(broken)
            self._add_columns(new)

    def _prices(self, dual: Floats) -> tuple[Prices, Floats]:
        """Signs as HiGHS gives them when maximising: a row <= has a dual >= 0."""
        p, units = self.problem, 2 * self.children
        sizes = [
            0,
            units,
            p.hours,
            len(p.mentors),
            0 if self.goal.full else units,
            3 if self.goal.caps else 0,
        ]
        at = np.cumsum(sizes)
        clash = np.zeros(p.clashes)
        clash[self.clash_keys] = np.maximum(dual[at[5] :], 0)
        flag = np.zeros(units) if self.goal.full else np.maximum(dual[at[3] : at[4]], 0)
        hour, mentor = (np.maximum(dual[at[i] : at[i + 1]], 0) for i in (1, 2))
        cap = np.maximum(dual[at[4] : at[5]], 0) if self.goal.caps else np.zeros(3)
        return Prices(hour, mentor, flag, clash, cap), dual[:units]

    def _broken(self, x: Floats) -> Ints:
        load = np.zeros(self.problem.clashes)
        for keys in self.problem.clash_keys:
            on = np.flatnonzero((x > EPSILON) & (keys >= 0))
            np.add.at(load, keys[on], x[on])
        return np.flatnonzero((load > 1 + EPSILON) & (self.clash_row < 0))

    def _add_clashes(self, keys: Ints) -> None:
        if not len(keys):
            return
        self.clash_row[keys] = self.rows + np.arange(len(keys))
        self.clash_keys = np.concatenate([self.clash_keys, keys])
        mine = np.zeros(self.problem.clashes, dtype=bool)
        mine[keys] = True
        row, column = [], []
        for key in self.problem.clash_keys:
            of_column = key[self.columns]
            at = np.flatnonzero((of_column >= 0) & mine[of_column])
            row.append(self.clash_row[of_column[at]] - self.rows)
            column.append(at + self.first)
        rows, columns = np.concatenate(row), np.concatenate(column)
        order = np.argsort(rows, kind="stable")
        starts = np.searchsorted(rows[order], np.arange(len(keys)))
        count = len(keys)
        self.lp.addRows(
            count,
            np.full(count, -highspy.kHighsInf),
            np.ones(count),
            len(rows),
            starts.astype(np.int32),
            columns[order].astype(np.int32),
            np.ones(len(rows)),
        )
        self.rows += count

    def _add_columns(self, columns: Ints) -> None:
        if not len(columns):
            return
        self.inside[columns] = True
        self.columns = np.concatenate([self.columns, columns])
        _add_places(self.lp, self.problem, self.goal, columns, self.clash_row)


@dataclass(frozen=True, slots=True)
class Relaxed:
    """bound: proved.  reduced: (N,) <= 0.  flags: (C,) <= 0.  x: (N,) the relaxation's columns."""

    bound: float
    reduced: Floats
    flags: Floats
    prices: Prices
    x: Floats


def whole(problem: Problem, goal: Goal, columns: Ints, deadline: float = np.inf) -> Ints | None:
    """The best plan over some columns, exact; None when there is none. Raises OutOfTime."""
    p = problem
    load = np.zeros((p.clashes, 2), dtype=np.int64)
    for keys in p.clash_keys:
        mine = columns[keys[columns] >= 0]
        np.add.at(load, (keys[mine], p.unit[mine] % 2), 1)
    clash_row = np.full(p.clashes, -1, dtype=np.int64)
    both = np.flatnonzero(load.all(axis=1))
    mip = _quiet()
    _fixed_rows(mip, p, goal)
    clash_row[both] = mip.getNumRow() + np.arange(len(both))
    for _ in both:
        mip.addRow(-highspy.kHighsInf, 1.0, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
    _add_places(mip, p, goal, columns, clash_row)
    count = mip.getNumCol()
    mip.changeColsIntegrality(
        count, np.arange(count, dtype=np.int32), np.full(count, highspy.HighsVarType.kInteger)
    )
    mip.setOptionValue("mip_rel_gap", 0.0)
    mip.setOptionValue("mip_abs_gap", 0.99)
    try:
        _run(mip, deadline)
    except Infeasible:
        return None
    x = np.array(mip.getSolution().col_value) > 0.5
    first = 0 if goal.full else len(p.children)
    if x[first : count - len(columns)].any():
        return None
    return columns[np.flatnonzero(x[count - len(columns) :])]


def _quiet() -> highspy.Highs:
    lp = highspy.Highs()
    lp.setOptionValue("output_flag", False)
    lp.setOptionValue("threads", 1)
    lp.setOptionValue("random_seed", 1)
    return lp


def _run(lp: highspy.Highs, deadline: float) -> None:
    if deadline < np.inf:
        left = deadline - time.perf_counter()
        if left <= 0:
            raise OutOfTime
        lp.setOptionValue("time_limit", lp.getRunTime() + left)
    lp.run()
    status = lp.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        raise Infeasible
    if status == highspy.HighsModelStatus.kTimeLimit:
        raise OutOfTime
    if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        raise RuntimeError(f"the solver stopped early: {status}")


def _fixed_rows(lp: highspy.Highs, p: Problem, goal: Goal) -> None:
    """Every row that does not depend on the columns inside, and the flags, each in its two rows."""
    units = 2 * len(p.children)
    must = p.pinned | goal.full
    lower = np.concatenate([np.where(must, 1.0, 0.0), np.full(p.hours + len(p.mentors), -highspy.kHighsInf)])
    upper = np.concatenate([np.ones(units + p.hours), p.capacity.astype(float)])
    if not goal.full:  # flag - filled <= 0
        lower = np.concatenate([lower, np.full(units, -highspy.kHighsInf)])
        upper = np.concatenate([upper, np.zeros(units)])
    if goal.caps is not None:
        lower = np.concatenate([lower, np.full(3, -highspy.kHighsInf)])
        upper = np.concatenate([upper, np.array(goal.caps, dtype=float)])
    none = np.zeros(0, dtype=np.int32)
    lp.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), dtype=np.int32), none, np.zeros(0))
    lp.changeObjectiveSense(highspy.ObjSense.kMaximize)
    if not goal.full:
        first = units + p.hours + len(p.mentors)
        rows, signs = (first + np.arange(units)).reshape(-1, 2), np.ones((units // 2, 2))
        if goal.caps is not None and goal.rank is not None:
            ranked = np.stack([np.ones(units // 2), goal.rank], axis=1)
            capped = np.where(ranked > 0, first + units + np.arange(2), -1)
            rows, signs = np.concatenate([rows, capped], axis=1), np.concatenate([signs, ranked], axis=1)
        _add(lp, goal.flag.astype(float), rows, signs.ravel())
    # Until the columns that fill them are in, units that must be filled may stay open, at a price.
    missing = np.flatnonzero(must)[:, np.newaxis]
    _add(lp, np.full(len(missing), -goal.missing), missing, np.ones(len(missing)))


def _add_places(lp: highspy.Highs, p: Problem, goal: Goal, columns: Ints, clash_row: Ints) -> None:
    units = 2 * len(p.children)
    rows = [p.unit[columns], units + p.hour[columns], units + p.hours + p.mentor[columns]]
    signs = [1.0, 1.0, 1.0]
    if not goal.full:
        rows.append(units + p.hours + len(p.mentors) + p.unit[columns])
        signs.append(-1.0)
    if goal.caps is not None:
        rows.append(np.full(len(columns), 2 * units + p.hours + len(p.mentors) + 2))
        signs.append(1.0)
    for keys in p.clash_keys:
        key = keys[columns]
        rows.append(np.where(key >= 0, clash_row[key] if p.clashes else -1, -1))
        signs.append(1.0)
    table = np.stack(rows, axis=1)
    _add(lp, goal.worth[columns].astype(float), table, np.tile(signs, len(columns)))


def _add(lp: highspy.Highs, costs: Floats, rows: Ints, signs: Floats) -> None:
    """Columns 0..1 with the given rows; a row of -1 is none."""
    count = len(costs)
    on = rows.ravel() >= 0
    starts = np.concatenate([[0], np.cumsum((rows >= 0).sum(axis=1))])[:-1]
    lp.addCols(
        count,
        costs,
        np.zeros(count),
        np.full(count, highspy.kHighsInf),
        int(on.sum()),
        starts.astype(np.int32),
        rows.ravel()[on].astype(np.int32),
        signs[on],
    )


def _best_of_each(unit: Ints, gross: Floats, wanted: NDArray[np.bool_], most: int) -> Ints:
    """The ``most`` best of the wanted columns of every unit."""
    columns = np.flatnonzero(wanted)
    columns = columns[np.lexsort((-gross[columns], unit[columns]))]
    of = unit[columns]
    return columns[np.arange(len(columns)) - np.searchsorted(of, of) < most]
