"""Whom to serve if a child's two places never met: an assignment, exact and fast, and its prices."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from matching.core.problem import Ints, Problem


@dataclass(frozen=True, slots=True)
class Flow:
    """picked: (U,) column of each unit, -1 where open.  price: (H,) int64 >= 0, of each mentor hour.

    reduced: (N,) int64 <= 0, what a column is worth less than the unit gets at these prices.
    """

    picked: Ints
    price: Ints
    reduced: Ints


def assign(problem: Problem, worth: Ints) -> Flow:
    """The best set of columns by ``worth``, every rule kept but those that bind a child's two places.

    Rows are the units, and for a mentor with n hours and capacity k < n, n - k dummies that take the hours
    which must stay free. Each unit has a column of its own, worth nothing, for staying open.
    """
    p, units, hours = problem, 2 * len(problem.children), problem.hours
    mentor_of = p.mentor_of_hour
    spare = np.maximum(0, np.bincount(mentor_of, minlength=len(p.mentors)) - p.capacity)
    dummy_mentor = np.repeat(np.arange(len(p.mentors)), spare)
    first = np.searchsorted(mentor_of, dummy_mentor)
    counts = np.searchsorted(mentor_of, dummy_mentor, side="right") - first
    dummy_rows = units + np.repeat(np.arange(len(dummy_mentor)), counts)
    ends = np.cumsum(counts)
    dummy_hours = np.arange(counts.sum()) - np.repeat(ends - counts - first, counts)
    # A weight of 0 would read as "no edge", so everything is lifted by the same amount.
    lift = 1 - min(0, int(worth.min(initial=0)))
    weights = np.concatenate([worth + lift, np.full(units + len(dummy_hours), lift)]).astype(float)
    rows = np.concatenate([p.unit, np.arange(units), dummy_rows])
    columns = np.concatenate([p.hour, hours + np.arange(units), dummy_hours])
    graph = csr_array((weights, (rows, columns)), shape=(units + len(dummy_mentor), hours + units))
    row, column = min_weight_full_bipartite_matching(graph, maximize=True)
    at = np.empty(units + len(dummy_mentor), dtype=np.int64)
    at[row] = column
    edge = np.full(units, -1, dtype=np.int64)
    chosen = np.flatnonzero(at[p.unit] == p.hour)
    edge[p.unit[chosen]] = chosen
    return _priced(problem, worth, edge, at[units:], dummy_mentor)


def _priced(p: Problem, worth: Ints, edge: Ints, kept_free: Ints, dummy_mentor: Ints) -> Flow:
    """The least prices at which nobody would change: Bellman-Ford on the hours, all at once."""
    held = np.where(edge >= 0, p.hour[edge], -1) if len(worth) else edge
    paid = np.where(edge >= 0, worth[edge], 0) if len(worth) else edge
    order = np.argsort(p.hour, kind="stable")
    hour, unit, value = p.hour[order], p.unit[order], worth[order]
    starts = np.flatnonzero(np.diff(hour, prepend=-1))
    price = np.zeros(p.hours, dtype=np.int64)
    surplus = np.zeros(len(edge), dtype=np.int64)
    floor = np.zeros(len(p.mentors), dtype=np.int64)
    while True:
        surplus = np.where(held >= 0, paid - (price[held] if p.hours else 0), 0)
        new = price.copy()
        if len(starts):
            asked = np.maximum.reduceat(value - surplus[unit], starts)
            new[hour[starts]] = np.maximum(new[hour[starts]], asked)
        np.maximum.at(floor, dummy_mentor, new[kept_free])
        new = np.maximum(new, floor[p.mentor_of_hour])
        if (new == price).all():
            break
        price = new
    return Flow(edge, price, worth - surplus[p.unit] - price[p.hour])
