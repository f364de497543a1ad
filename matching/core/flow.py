"""Whom to serve if a child's two places never met: assignments, exact and fast, and their prices."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from matching.core.arrays import Bools, Floats, Ints
from matching.core.market import Market, Places


@dataclass(frozen=True, slots=True)
class Flow:
    """hour: (U,) of each unit, -1 where it is open.  total: what the places picked are worth in all.

    price: (2, H) >= 0, of each mentor hour to each role.  gets: (U,) what each unit has left at these prices.
    """

    hour: Ints
    total: int
    price: Floats
    gets: Floats


def by_roles(market: Market, places: Places, worth: Ints, seats: Ints | None = None) -> Flow:
    """The best places by ``worth``, every rule kept but those that bind a child's two places.

    Rows are the units, and for a mentor with n hours and k < n seats, n - k dummies that take the hours which
    must stay free. Each unit has a column of its own, worth nothing, for staying open.
    seats: (M,) those there are, if not the mentors' capacity. Hours without places are left out.
    """
    asking, unit = np.unique(places.unit, return_inverse=True)
    asked, hour = np.unique(places.hour, return_inverse=True)
    units, hours = len(asking), len(asked)
    idle, dummy, dummies = _must_stay_free(market, asked, market.capacity if seats is None else seats)
    rows = [unit, np.arange(units), units + dummy]
    columns = [hour, hours + np.arange(units), idle]
    weights = [worth, np.zeros(units), np.zeros(len(idle))]
    at, row_gets, price = _assigned(rows, columns, weights, (units + dummies, hours + units))
    picked, total = _found(places, worth, at[unit] == hour, 2 * len(market.children))
    gets = np.zeros(2 * len(market.children))
    gets[asking] = row_gets[:units]
    of_hour = _of_all_hours(market, asked, price[:hours])
    return Flow(picked, total, np.stack([of_hour, of_hour]), gets)


def through_children(market: Market, places: Places, worth: Ints, both: Ints) -> Flow:
    """The best places by ``worth``, and ``both`` (C,) besides for each child who gets two of them.

    An academic hour is handed to a child, who hands on to a wellbeing hour: a path through the child, and a
    child without the one can't earn ``both`` by the other. Rows are academic hours, children giving, and
    dummies of wellbeing mentors; columns are children taking, dummies of academic mentors (worth so much that
    they are filled), a resting place for each of their seats, wellbeing hours, and for each child nobody.
    A mentor with both roles stands here as two people; rules that bind a child's two places are left out.
    """
    children, hours = len(market.children), market.hours
    academic = places.unit % 2 == 0
    given, taken = np.unique(places.hour[academic]), np.unique(places.hour[~academic])
    give_at, take_at = np.full(hours, -1), np.full(hours, -1)
    give_at[given], take_at[taken] = np.arange(len(given)), np.arange(len(taken))
    child = places.unit // 2
    idle, spare, spares = _must_stay_free(market, given, market.capacity)
    resting, rest, rests = _of_mentor(market, given, np.minimum(market.capacity, _hours_each(market, given)))
    free, dummy, dummies = _must_stay_free(market, taken, market.capacity)
    first_child, first_dummy = len(given), len(given) + children
    at_spare, at_rest = children, children + spares
    at_taken, at_nobody = at_rest + rests, at_rest + rests + len(taken)
    bonus = both[child] * academic
    must = 2 * (int(np.abs(worth).max(initial=0)) + int(both.max(initial=0)) + 1)
    every = np.arange(children)
    rows = [
        np.where(academic, give_at[places.hour], first_child + child),
        first_child + every,
        first_child + every,
        idle,
        resting,
        first_dummy + dummy,
    ]
    columns = [
        np.where(academic, child, at_taken + take_at[places.hour]),
        every,
        at_nobody + every,
        at_spare + spare,
        at_rest + rest,
        at_taken + free,
    ]
    weights = [
        worth + bonus,
        np.zeros(children),
        -both.astype(float),
        np.full(len(idle), must),
        np.zeros(len(resting)),
        np.zeros(len(free)),
    ]
    at, row_gets, price = _assigned(rows, columns, weights, (first_dummy + dummies, at_nobody + children))
    picked, total = _found(places, worth, at[rows[0]] == columns[0], 2 * children)
    total += int(both[(picked.reshape(-1, 2) >= 0).all(axis=1)].sum())
    academic_price = _of_all_hours(market, given, row_gets[: len(given)])
    prices = np.stack([academic_price, _of_all_hours(market, taken, price[at_taken:at_nobody])])
    gets = np.stack([price[:children] - both, row_gets[first_child:first_dummy]], axis=1)
    return Flow(picked, total, prices, gets.ravel())


def _of_all_hours(market: Market, asked: Ints, price: Floats) -> Floats:
    """(H,) also of hours that no place asked for: that of a seat, as the mentor's seats are spoken for or not."""
    seat = np.full(len(market.mentors), np.inf)
    np.minimum.at(seat, market.mentor_of_hour[asked], price)
    seat[_hours_each(market, asked) < market.capacity] = 0
    prices: Floats = seat[market.mentor_of_hour]
    prices[np.isinf(prices)] = 0
    prices[asked] = price
    return prices


def _hours_each(market: Market, hours: Ints) -> Ints:
    return np.bincount(market.mentor_of_hour[hours], minlength=len(market.mentors))


def _must_stay_free(market: Market, hours: Ints, seats: Ints) -> tuple[Ints, Ints, int]:
    """(position in ``hours``, dummy) for every dummy of a mentor and every hour it may take; how many dummies."""
    return _of_mentor(market, hours, np.maximum(0, _hours_each(market, hours) - seats))


def _of_mentor(market: Market, hours: Ints, each: Ints) -> tuple[Ints, Ints, int]:
    """Each mentor gets ``each`` (M,) numbers: all (position in ``hours``, number) of one mentor; how many."""
    mentor = market.mentor_of_hour[hours]
    first = np.cumsum(each) - each
    times = each[mentor]
    position = np.repeat(np.arange(len(hours)), times)
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return position, first[mentor[position]] + within, int(each.sum())


def _assigned(
    rows: list[Ints], columns: list[Ints], weights: "list[Any]", shape: tuple[int, int]
) -> tuple[Ints, Floats, Floats]:
    """The column of each row, in the assignment of all rows of greatest weight, and its least prices.

    Returned as well: what each row has left, and the price (>= 0) of each column. Weights are whole numbers.
    """
    weight = np.concatenate([np.asarray(part, dtype=np.float64) for part in weights])
    # A weight of 0 would read as "no edge", so everything is lifted by the same amount.
    lift = 1 - min(0.0, float(weight.min(initial=0)))
    graph = csr_array((weight + lift, (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    at = _matched(graph)
    by_row = np.repeat(np.arange(shape[0]), np.diff(graph.indptr))
    paid = np.zeros(shape[0])
    chosen = at[by_row] == graph.indices
    paid[by_row[chosen]] = graph.data[chosen]
    price = _least_prices(graph, at, paid)
    return at, paid - price[at] - lift, price


def _matched(graph: "csr_array[Any]") -> Ints:
    """The column of each row. Parts that share nothing are solved apart: time grows with rows times columns."""
    rows, columns = graph.shape
    by_row = np.repeat(np.arange(rows), np.diff(graph.indptr))
    ends = (by_row, rows + graph.indices)
    linked = coo_array((np.ones(graph.nnz, dtype=bool), ends), shape=(rows + columns,) * 2)
    parts, part = connected_components(linked, directed=False)
    row_order = np.argsort(part[:rows], kind="stable")
    column_order = np.argsort(part[rows:], kind="stable")
    row_ends = np.searchsorted(part[:rows][row_order], np.arange(parts + 1))
    column_ends = np.searchsorted(part[rows:][column_order], np.arange(parts + 1))
    new_column = np.empty(columns, dtype=np.int64)
    new_column[column_order] = np.arange(columns)
    sorted_rows = graph[row_order]
    sorted_rows.indices = new_column[sorted_rows.indices].astype(sorted_rows.indices.dtype)
    at = np.zeros(rows, dtype=np.int64)
    for (first, end), (left, right) in zip(pairwise(row_ends), pairwise(column_ends), strict=True):
        if end > first:
            edges = slice(sorted_rows.indptr[first], sorted_rows.indptr[end])
            start = sorted_rows.indptr[first : end + 1] - sorted_rows.indptr[first]
            block = (sorted_rows.data[edges], sorted_rows.indices[edges] - left, start)
            own = csr_array(block, shape=(end - first, right - left))
            row, column = min_weight_full_bipartite_matching(own, maximize=True)
            at[row_order[first + row]] = column_order[left + column]
    return at


def _least_prices(graph: "csr_array[Any]", at: Ints, paid: Floats) -> Floats:
    """The least prices at which no row would change: Bellman-Ford on all columns at once."""
    turned = graph.tocsc()
    filled = np.flatnonzero(np.diff(turned.indptr))
    price = np.zeros(graph.shape[1])
    while True:
        gets = paid - price[at]
        asked = price.copy()
        if len(filled):
            wanted = np.maximum.reduceat(turned.data - gets[turned.indices], turned.indptr[filled])
            asked[filled] = np.maximum(asked[filled], wanted)
        if (asked == price).all():
            return price
        price = asked


def _found(places: Places, worth: Ints, on: Bools, units: int) -> tuple[Ints, int]:
    hour = np.full(units, -1, dtype=np.int64)
    hour[places.unit[on]] = places.hour[on]
    return hour, int(worth[on].sum())
