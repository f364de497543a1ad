"""The columns that matter, as a linear program that grows: priced columns in, broken clash rows in."""

from dataclasses import dataclass

import highspy  # type: ignore[import-untyped]
import numpy as np

from matching.core.arrays import Floats, Ints
from matching.core.goal import EPSILON, Bound, Goal, Prices, bound_of
from matching.core.lp import Infeasible, add_places, fixed_rows, quiet, run
from matching.core.market import best_of_each
from matching.core.problem import Problem

DUAL, PRIMAL = 1, 4  # strategies of HiGHS
MOST_NEW = 5  # columns that come in for one unit at a time


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The relaxation over all columns of a problem.  bound: proved, from its prices.  x: (N,) 0..1."""

    bound: Bound
    prices: Prices
    x: Floats

    @property
    def whole(self) -> bool:
        return bool((np.minimum(self.x, 1 - self.x) < EPSILON).all())


class Master:
    """One goal over a growing set of columns. Rows: units, hours, mentors, flags (2 a child), clashes."""

    def __init__(self, problem: Problem, goal: Goal, columns: Ints, deadline: float = np.inf) -> None:
        self.problem, self.goal, self.deadline = problem, goal, deadline
        self.children = len(problem.children)
        self.inside = np.zeros(len(problem.unit), dtype=bool)
        self.columns = np.zeros(0, dtype=np.int64)
        self.clash_row = np.full(problem.clashes, -1, dtype=np.int64)
        self.clash_keys = np.zeros(0, dtype=np.int64)  # in the order of their rows
        self.lp = quiet()
        # Presolve finds next to nothing here, and costs as much as the rest. Flags start primal: all unset is valid.
        self.lp.setOptionValue("presolve", "off")
        self.lp.setOptionValue("simplex_strategy", PRIMAL if goal.flags else DUAL)
        self.first = fixed_rows(self.lp, problem, goal)  # column of the first place
        self.rows = self.lp.getNumRow()
        self._add_columns(columns)

    def relax(self) -> Relaxed:
        """Raises Infeasible, OutOfTime."""
        p = self.problem
        flags = self.children if self.goal.flags else 0
        while True:
            run(self.lp, self.deadline)
            solution = self.lp.getSolution()
            values = np.array(solution.col_value)
            x = np.zeros(len(p.unit))
            x[self.columns] = values[self.first :]
            prices, paid = self._prices(np.array(solution.row_dual))
            gross = prices.gross(p, self.goal) - paid[p.unit]
            broken = self._broken(x)
            new = np.flatnonzero(~self.inside & (gross > EPSILON))
            new = new[best_of_each(p.unit[new], gross[new], MOST_NEW)]
            if not len(broken) and not len(new):
                if values[flags : self.first].sum() > EPSILON:
                    raise Infeasible
                return Relaxed(bound_of(p, self.goal, prices), prices, x)
            # One kind at a time: with rows added the basis stays good for the dual simplex method, with columns
            # for the primal one, which would both lose it when started from the other's.
            self.lp.setOptionValue("simplex_strategy", DUAL if len(broken) else PRIMAL)
            if len(broken):
                self._add_clashes(broken)
            else:
                self._add_columns(new)

    def _prices(self, dual: Floats) -> tuple[Prices, Floats]:
        """Signs as HiGHS gives them when maximising: a row <= has a dual >= 0."""
        p, units = self.problem, 2 * self.children
        flags, caps = units if self.goal.flags else 0, 3 if self.goal.caps else 0
        parts = np.split(dual, np.cumsum([units, p.hours, len(p.mentors), flags, caps]))
        paid, (hour, mentor, flag, cap, clash) = parts[0], [np.maximum(part, 0) for part in parts[1:]]
        of_key = np.zeros(p.clashes)
        of_key[self.clash_keys] = clash
        none = np.zeros(units), np.zeros(3)
        prices = Prices(hour, mentor, flag if flags else none[0], of_key, cap if caps else none[1])
        return prices, paid

    def _broken(self, x: Floats) -> Ints:
        load = np.zeros(self.problem.clashes)
        used = np.flatnonzero(x > EPSILON)
        for keys in self.problem.clash_keys:
            on = used[keys[used] >= 0]
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
        add_places(self.lp, self.problem, self.goal, columns, self.clash_row)
