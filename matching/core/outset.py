"""Bounds of all four levels before any linear program: two assignments.

What they leave out are a child's two places in one hour or with one person (docs/matching.md, "Method").
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from matching.core.arrays import Bools, Floats, Ints
from matching.core.flow import Flow, by_roles, through_children
from matching.core.goal import EPSILON
from matching.core.market import Market, Places, merged
from matching.core.problem import Problem, problem_of
from matching.core.roster import SLOTS

FEW_PAIRS = 60_000  # up to here every place is looked at from the start
DEAREST, LUCK = 12, 16  # beyond, so many pairs of each unit, chosen with so many points of luck
NEAR = 6  # and once there are prices, all places worth at most so much less than what their unit gets
WIDENINGS = 3
ENOUGH = 1e-4  # of the value: what the bound may lose by places that were not looked at, for exact plans too
MOST_NEW, SOON = 20, 8  # so many places of a unit come in at a time, also those wanted a little later

Level = Literal["complete", "priority", "roles", "value"]
LEVELS: tuple[Level, ...] = ("complete", "priority", "roles", "value")


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """What a plan reaches, or cannot exceed, at each level. value: the objective of level 4."""

    complete: int
    priority: int
    roles: int
    value: int


@dataclass(frozen=True, slots=True)
class Scale:
    """What things are worth, each more than all below it together can be: a value is under ``span`` points."""

    span: int
    units: int
    priorities: int

    @property
    def role(self) -> int:
        return 8 * self.span

    @property
    def rank(self) -> int:
        return 2 * self.units * (self.role + self.span)

    @property
    def both(self) -> int:
        return self.rank * (self.priorities + 1)

    @property
    def every_role(self) -> int:
        """A role that outweighs all values, not only eight of them."""
        return 2 * self.units * self.span + 1


class Outset:
    """problem: the places that matter.  calm: all who might be complete are so, if clashes are left out.

    filled: no plan fills more roles.  flow: by roles when calm, else through children.  reduced: (N,) <= 0, what a column is worth less at its
    prices than the best of its unit.  able: (C,) bool, might be complete.
    seen: places that matter in nearly the same round.  rough: a large city's flow through children is left out.
    """

    def __init__(
        self, market: Market, gap: float = 0.0, seen: Places | None = None, *, rough: bool = False
    ) -> None:
        self.market, self.gap, self._enough = market, gap, max(ENOUGH, gap / 2)
        self.priority = np.array([child.priority for child in market.children], dtype=np.int64)
        self.whole = sum(int((kind.worth > market.never).sum()) for kind in market.kinds) <= FEW_PAIRS
        if self.whole:
            self._places = market.all_places()
        else:
            self._places = self._first_places() if seen is None else seen
        self.alone = _one_place_at_most(market, self._places, self.whole)
        best = market.best_of_each().reshape(-1, 2)
        has = best > market.never
        self.able = has.all(axis=1) & ~self.alone
        alone = best[self.alone].max(axis=1, initial=market.never)
        self._apart = int((alone > market.never).sum()), int(np.maximum(alone, 0).sum())
        span = max(int(best[has].max(initial=0)), -market.poorest) + 1
        self.scale = Scale(span, best.size + 1, int(self.priority.sum()))
        self.flow, self._total, lift = self._by_roles()
        self.calm = bool((self.flow.hour.reshape(-1, 2)[self.able] >= 0).all())
        slack = self.scale.span * self.scale.units
        self.filled = (self._total + slack) // self.scale.every_role + self._apart[0]
        self._through: int | None = None
        self._by_value: int | None = None
        self._tight = self.whole
        if not self.calm and (self.whole or not rough):
            self._guess = self._guessed()
            self.flow, self._through, lift = self._through_children()
        if not self.whole and not gap:
            near = market.near(self.flow.price, self.flow.gets - lift, NEAR)
            self._places = merged(self._places, near, market.hours)
        p = self.problem = problem_of(market, self._places, whole=self.whole)
        left = self.flow.price[p.unit % 2, p.hour] + self.flow.gets[p.unit]
        self.reduced = p.value + lift[p.unit] - left

    def score(self, problem: Problem, picked: Ints) -> Score:
        complete = np.bincount(problem.unit[picked] // 2, minlength=len(self.able)) == 2
        priority = int(self.priority[complete].sum())
        return Score(int(complete.sum()), priority, len(picked), int(problem.value[picked].sum()))

    def served(self, best: Score) -> bool:
        """As many complete as can be (or near enough), and then as many roles."""
        bound = self.bound(best)
        if best.complete < (1 - self.gap) * bound.complete:
            return False
        return best.complete < bound.complete or (best.priority, best.roles) == (bound.priority, bound.roles)

    def bound(self, best: Score) -> Score:
        """Of each level, given what ``best`` reaches at the levels above it."""
        s, ranks = self.scale, np.sort(self.priority[self.able])[::-1]
        alone, more = self._apart
        slack = s.span * s.units
        complete = min(len(ranks), self.filled // 2)
        priority = int(ranks[: best.complete].sum())
        value = self._total - s.every_role * (best.roles - alone)
        if self._through is not None:
            left = self._through
            complete = min(complete, (left + slack) // s.both)
            left -= s.both * best.complete
            priority = min(priority, (left + slack) // s.rank)
            left -= s.rank * best.priority + s.role * (best.roles - alone)
            value = min(value, left)
        if self._by_value is not None:
            value = min(value, self._by_value)
        return Score(complete, priority, min(self.filled, best.complete + len(self.able)), value + more)

    def tighten(self, best: Score) -> None:
        """Another assignment or two for a better bound of the value, at the levels that ``best`` reaches."""
        if self._through is not None and not self._tight:
            # So far this flow was to bound the levels alone, for which few places are enough.
            self._tight = True
            if len(self._wanted):
                self._places = merged(self._places, self._wanted, self.market.hours)
                self._through = min(self._through, self._through_children()[1])
        if best.roles < self.filled and self._by_value is None:
            nothing = np.zeros(2 * len(self.able), dtype=np.int64)
            self._by_value = self._settled(nothing, lambda some, worth: by_roles(self.market, some, worth))[1]

    @cached_property
    def _double(self) -> Bools:
        """(M,) mentors with both roles."""
        return np.array([m.academic and m.wellbeing and m.certified for m in self.market.mentors], dtype=bool)

    def _first_places(self) -> Places:
        """Teachers whom no counsellor links to the rest are a part of their own, which is solved much faster."""
        some = self.market.dearest(DEAREST, LUCK)
        return some[~self._linking(some)]

    def _linking(self, places: Places) -> Bools:
        double: Bools = self._double[self.market.mentor_of_hour[places.hour]]
        academic: Bools = places.unit % 2 == 0
        return double & academic

    def _by_roles(self) -> tuple[Flow, int, Ints]:
        """The flow, a bound on its total, and what was added to the worth of each unit's places."""
        wanted = self.scale.every_role
        pinned = self.market.pinned & ~np.repeat(self.alone, 2)
        lift = np.where(pinned, 2 * len(pinned), 1) * wanted
        flow, total = self._settled(lift, lambda some, worth: by_roles(self.market, some, worth))
        return flow, total - int((lift[pinned] - wanted).sum()), lift

    def _guessed(self) -> Ints:
        """(M,) what a seat of a mentor with both roles is worth, by the flow by roles."""
        s, seat = self.scale, np.full(len(self.market.mentors), np.inf)
        asked = np.unique(self._places.hour)
        np.minimum.at(seat, self.market.mentor_of_hour[asked], self.flow.price[0, asked])
        guess = np.where(self._double & np.isfinite(seat), np.minimum(seat, s.role + 2 * s.span), 0)
        return guess.astype(np.int64)

    def _through_children(self) -> tuple[Flow, int, Ints]:
        """A mentor with both roles would count twice here, so places with them cost what their seats are worth.

        What such a seat is worth is a guess; any guess gives a bound.
        """
        market, s, guess = self.market, self.scale, self._guess
        toll = guess[market.mentor_of_hour]
        pinned = market.pinned & ~np.repeat(self.alone, 2)
        lift = np.where(pinned, 16 * s.both, 0) + s.role
        both = s.both + s.rank * self.priority

        def solved(some: Places, worth: Ints) -> Flow:
            flow = through_children(market, some, worth - toll[some.hour], both)
            return replace(flow, price=flow.price + toll)

        flow, total = self._settled(lift, solved, both if self._tight else None)
        total += int((guess * market.capacity).sum()) - int((lift[pinned] - s.role).sum())
        return flow, total, lift

    def _settled(
        self, lift: Ints, solved: Callable[[Places, Ints], Flow], both: Ints | None = None
    ) -> tuple[Flow, int]:
        """The flow over all places: over some, and again with those that its prices would have taken.

        Besides, a bound on its total, also when it stopped before nobody wanted another place. It may lose a
        little of the total without ``lift``, and without ``both`` (C,) for the complete.
        """
        apart = np.repeat(self.alone, 2)
        self._wanted = self._places[:0]
        for widening in range(WIDENINGS + 1):
            some = self._places[~apart[self._places.unit]] if apart.any() else self._places
            flow = solved(some, some.worth + lift[some.unit])
            if self.whole:
                break
            gets = np.where(apart, np.inf, flow.gets - lift)
            more = self.market.near(flow.price, gets, SOON, most=MOST_NEW)
            gain = more.worth - flow.price[more.unit % 2, more.hour] - gets[more.unit]
            eager = np.zeros(len(gets), dtype=bool)
            eager[more.unit[gain > EPSILON]] = True
            if not eager.any():
                break
            more, gain = more[eager[more.unit]], gain[eager[more.unit]]
            lost = _most_of_each(more, gain)
            counts = flow.total - int(lift[flow.hour >= 0].sum())
            if both is not None:
                counts -= int(both[(flow.hour.reshape(-1, 2) >= 0).all(axis=1)].sum())
            enough = self._enough * abs(counts)
            if widening == WIDENINGS or lost <= enough:
                self._wanted = more
                return flow, flow.total + lost
            linking = self._linking(more)
            if _most_of_each(more[linking], gain[linking]) <= enough / 2:
                more = more[~linking]
            self._places = merged(self._places, more, self.market.hours)
        return flow, flow.total


def _most_of_each(places: Places, gain: Floats) -> int:
    """No more than this is gained by all these places: each unit takes one."""
    most = np.zeros(int(places.unit.max(initial=-1)) + 1)
    np.maximum.at(most, places.unit, gain)
    return math.ceil(float(most.sum()))


def _one_place_at_most(market: Market, places: Places, whole: bool) -> Bools:
    """(C,) all of the child's places, in both roles, are in one hour or with one person."""

    def single(some: Places) -> Bools:
        found = np.zeros(len(market.children), dtype=bool)
        child = some.unit // 2
        for of_hour in (market.slot_of_hour, market.mentor_of_hour):
            low, high = np.full(len(found), SLOTS * len(market.mentors)), np.full(len(found), -1)
            np.minimum.at(low, child, of_hour[some.hour])
            np.maximum.at(high, child, of_hour[some.hour])
            found |= low == high
        return found

    found = single(places)
    if found.any() and not whole:
        found = single(market.places_of(np.repeat(found, 2)))
    return found
