"""HiGHS, and the rows and columns of the model in its terms."""

import time

import highspy  # type: ignore[import-untyped]
import numpy as np

from matching.core.arrays import Floats, Ints
from matching.core.goal import Goal
from matching.core.problem import Problem


class Infeasible(Exception):
    """No plan meets the fixed part of the model: for a roster, its pins contradict each other."""


class OutOfTime(Exception):
    """The time limit was reached.  picked: columns of the best valid plan of a search that was stopped."""

    picked: Ints | None = None


def quiet() -> highspy.Highs:
    lp = highspy.Highs()
    lp.setOptionValue("output_flag", False)
    lp.setOptionValue("threads", 1)
    lp.setOptionValue("random_seed", 1)
    return lp


def run(lp: highspy.Highs, deadline: float) -> None:
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


def whole(problem: Problem, goal: Goal, columns: Ints, deadline: float = np.inf) -> Ints | None:
    """The best plan over some columns, exact; None when there is none. Raises OutOfTime."""
    p = problem
    load = np.zeros((p.clashes, 2), dtype=np.int64)
    for keys in p.clash_keys:
        mine = columns[keys[columns] >= 0]
        np.add.at(load, (keys[mine], p.unit[mine] % 2), 1)
    clash_row = np.full(p.clashes, -1, dtype=np.int64)
    both = np.flatnonzero(load.all(axis=1))
    mip = quiet()
    first = fixed_rows(mip, p, goal)
    clash_row[both] = mip.getNumRow() + np.arange(len(both))
    none = np.zeros(0, dtype=np.int32)
    count = len(both)
    starts = np.zeros(count, dtype=np.int32)
    mip.addRows(count, np.full(count, -highspy.kHighsInf), np.ones(count), 0, starts, none, np.zeros(0))
    add_places(mip, p, goal, columns, clash_row)
    count = mip.getNumCol()
    kinds = np.full(count, highspy.HighsVarType.kInteger)
    mip.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kinds)
    mip.setOptionValue("mip_rel_gap", 0.0)
    mip.setOptionValue("mip_abs_gap", 0.99)
    try:
        run(mip, deadline)
    except Infeasible:
        return None
    except OutOfTime as stopped:
        if mip.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            stopped.picked = _picked(mip, p, goal, columns, first)
        raise
    return _picked(mip, p, goal, columns, first)


def _picked(mip: highspy.Highs, p: Problem, goal: Goal, columns: Ints, first: int) -> Ints | None:
    """None when a unit that must be filled stays open."""
    x = np.array(mip.getSolution().col_value) > 0.5
    missing = len(p.children) if goal.flags else 0
    return None if x[missing:first].any() else columns[np.flatnonzero(x[first:])]


def fixed_rows(lp: highspy.Highs, p: Problem, goal: Goal) -> int:
    """Every row that does not depend on the columns inside, and the flags, each in its two rows.

    Returns how many columns there are then: the flags, and one for each unit that must be filled.
    """
    units = 2 * len(p.children)
    must = p.pinned | goal.must
    lower = np.concatenate([np.where(must, 1.0, 0.0), np.full(p.hours + len(p.mentors), -highspy.kHighsInf)])
    upper = np.concatenate([np.ones(units + p.hours), p.capacity.astype(float)])
    if goal.flags:  # flag - filled <= 0
        lower = np.concatenate([lower, np.full(units, -highspy.kHighsInf)])
        upper = np.concatenate([upper, np.zeros(units)])
    if goal.caps is not None:
        lower = np.concatenate([lower, np.full(3, -highspy.kHighsInf)])
        upper = np.concatenate([upper, np.array(goal.caps, dtype=float)])
    none = np.zeros(0, dtype=np.int32)
    lp.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), dtype=np.int32), none, np.zeros(0))
    lp.changeObjectiveSense(highspy.ObjSense.kMaximize)
    if goal.flags:
        first = units + p.hours + len(p.mentors)
        rows, signs = (first + np.arange(units)).reshape(-1, 2), np.ones((units // 2, 2))
        if goal.caps is not None and goal.rank is not None:
            ranked = np.stack([np.ones(units // 2), goal.rank], axis=1)
            capped = np.where(ranked > 0, first + units + np.arange(2), -1)
            rows, signs = np.concatenate([rows, capped], axis=1), np.concatenate([signs, ranked], axis=1)
        _add(lp, goal.flag.astype(float), rows, signs.ravel())
    # Until the columns that fill them are in, units that must be filled may stay open, at a price.
    missing = np.flatnonzero(must)[:, np.newaxis]
    _add(lp, np.full(len(missing), -goal.missing(p)), missing, np.ones(len(missing)))
    return (units // 2 if goal.flags else 0) + len(missing)


def add_places(lp: highspy.Highs, p: Problem, goal: Goal, columns: Ints, clash_row: Ints) -> None:
    units = 2 * len(p.children)
    rows = [p.unit[columns], units + p.hour[columns], units + p.hours + p.mentor[columns]]
    signs = [1.0, 1.0, 1.0]
    if goal.flags:
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
    _add(lp, goal.worth(p)[columns].astype(float), table, np.tile(signs, len(columns)))


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
