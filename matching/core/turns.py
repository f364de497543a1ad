"""A valid plan out of a flow: one role stays as it is, the other is given anew around it, in turns."""

import numpy as np

from matching.core.arrays import Ints
from matching.core.flow import by_roles
from matching.core.goal import Goal
from matching.core.lp import Infeasible, whole
from matching.core.market import Places
from matching.core.outset import Outset
from matching.core.repair import repair


def first_plan(outset: Outset) -> Ints:
    """(U,) the hour of each unit, -1 where open: a valid plan near the flow. Raises Infeasible."""
    p = outset.problem
    flow = p.columns_of(outset.flow.hour)
    held = _held(outset)
    if len(held):
        filled = np.flatnonzero(outset.flow.hour >= 0)
        return p.hours_of(repair(p, flow, outset.reduced, held, filled))
    plan = in_turn(outset, flow, 0)
    if not outset.served(outset.score(p, plan)):
        plan = max(plan, in_turn(outset, flow, 1), key=lambda picked: outset.score(p, picked))
    return p.hours_of(plan)


def _held(outset: Outset) -> Ints:
    """Columns that keep all pins together."""
    p = outset.problem
    if not p.pinned.any():
        return np.zeros(0, dtype=np.int64)
    none = np.zeros(len(p.children), dtype=np.int64)
    goal = Goal(1, np.zeros(len(p.pinned), dtype=np.int64), none, np.zeros(len(p.pinned), dtype=bool))
    found = whole(p, goal, np.flatnonzero(p.pinned[p.unit]))
    if found is None:
        raise Infeasible
    return found


def in_turn(outset: Outset, picked: Ints, role: int) -> Ints:
    """Columns: those of ``role`` stay, and those of the other are the best that go with them, exactly.

    picked: valid within each role. Completing a child comes before everything else, as far as it can be seen.
    """
    p, s = outset.problem, outset.scale
    stays = picked[p.unit[picked] % 2 == role]
    child = p.unit // 2
    slot, mentor = np.full((2, len(p.children)), -1)
    slot[child[stays]], mentor[child[stays]] = p.slot[stays], p.mentor[stays]
    taken = np.zeros(p.hours, dtype=bool)
    taken[p.hour[stays]] = True
    on = (p.unit % 2 != role) & (p.slot != slot[child]) & (p.mentor != mentor[child]) & ~taken[p.hour]
    seats = p.capacity - np.bincount(p.mentor[stays], minlength=len(p.mentors))
    worth = p.value + s.role + np.where(slot >= 0, s.both + s.rank * outset.priority, 0)[child]
    worth[p.pinned[p.unit]] += 16 * s.both
    flow = by_roles(p.market, Places(p.unit[on], p.hour[on], p.value[on]), worth[on], seats)
    return np.sort(np.concatenate([stays, p.columns_of(flow.hour)]))
