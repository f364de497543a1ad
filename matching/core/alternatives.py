"""What another mentor or hour for one child would cost the whole plan: each choice is pinned and solved again."""

import math
import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from matching.core.market import Market
from matching.core.outset import ENOUGH, Outset
from matching.core.plan import Alternative, Options, Result
from matching.core.roster import ROLES, Pin, Place, Role, Roster
from matching.core.solve import Infeasible, solve

CANDIDATES = 2  # so many times the choices wanted are solved, since prices order them only nearly


def alternatives(
    roster: Roster,
    best: Result,
    child: str,
    role: Role,
    options: Options,
    *,
    most: int = 5,
    seconds: float = math.inf,
) -> list[Alternative]:
    """Other places of this child in this role, the cheapest for the whole plan first.

    best: the plan they are held against, solved with the same options.  Which places are tried is told by the
    prices of a bound, so a place that is not named may be as good as the last one; what is named was solved.
    A child pinned in the role has only what the pin leaves open. Costs a solution each, ``CANDIDATES * most``;
    after ``seconds`` no further one is begun.
    """
    until = time.perf_counter() + seconds
    now = next((p for p in best.places if (p.child, p.role) == (child, role)), None)
    had = None if now is None else Place(now.child, now.role, now.mentor, now.slot)
    tried = [p for p in _by_price(roster, child, role, options) if p != had][: CANDIDATES * most]
    found = []
    for place in tried:
        if time.perf_counter() > until:
            break
        held = _held_against(best, roster, place, options)
        if held is not None:
            found.append(held)
    return sorted(found, key=lambda each: (each.cost, each.place.mentor, each.place.slot))[:most]


def _by_price(roster: Roster, child: str, role: Role, options: Options) -> Iterable[Place]:
    """Every place of the unit, by its worth less what its hour is worth to the others."""
    market = Market(roster, options.weights, options.previous, options.stickiness)
    at = next((n for n, known in enumerate(market.children) if known.id == child), None)
    if at is None:
        return []
    unit = 2 * at + ROLES.index(role)
    wanted = np.zeros(2 * len(market.children), dtype=bool)
    wanted[unit] = True
    places = market.places_of(wanted)
    price = Outset(market, max(options.gap, ENOUGH)).flow.price[unit % 2, places.hour]
    order = np.lexsort((places.hour, price - places.worth))
    return [
        Place(child, role, market.mentors[market.mentor_of_hour[hour]].id, int(market.slot_of_hour[hour]))
        for hour in places.hour[order].tolist()
    ]


def _held_against(best: Result, roster: Roster, place: Place, options: Options) -> Alternative | None:
    """None where the other pins leave no room for it."""
    others = tuple(pin for pin in roster.pins if (pin.child, pin.role) != (place.child, place.role))
    pinned = replace(roster, pins=(*others, Pin(place.child, place.mentor, place.role, place.slot)))
    try:
        anew = solve(pinned, replace(options, reasons=False))
    except Infeasible:
        return None
    complete, roles = best.complete - anew.complete, best.roles_filled - anew.roles_filled
    lost = best.objective - anew.objective
    had, has = (_roles(plan, place.child) for plan in (best, anew))
    return Alternative(
        place=place,
        complete=complete,
        priority=best.priority_complete - anew.priority_complete,
        roles=roles,
        objective=lost,
        others_complete=complete - ((had == 2) - (has == 2)),
        others_roles=roles - (had - has),
        others=lost - (_own(best, place.child, options) - _own(anew, place.child, options)),
        alone=had == 2 > has,
        exact=best.proved_optimal and anew.proved_optimal,
        slack=max(best.objective_bound - best.objective, anew.objective_bound - anew.objective),
    )


def _own(result: Result, child: str, options: Options) -> int:
    """The part of the objective that is this child's."""
    before = {(p.child, p.role, p.mentor): p.slot for p in options.previous}
    stays = [(p, before.get((p.child, p.role, p.mentor))) for p in result.places if p.child == child]
    return sum(p.value + options.stickiness * ((slot is not None) + (slot == p.slot)) for p, slot in stays)


def _roles(result: Result, child: str) -> int:
    return sum(place.child == child for place in result.places)
