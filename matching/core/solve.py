"""The best valid plan, exact at all four levels: a roster in, a plan with its bounds out."""

import math
import time
from dataclasses import replace

from matching.core.fit import fit_terms
from matching.core.levels import Levels, OnProgress, Progress
from matching.core.lp import Infeasible
from matching.core.market import Market
from matching.core.outset import Outset, Score
from matching.core.plan import OpenRole, Options, Result, ScoredPlace
from matching.core.problem import Problem, role_of
from matching.core.reasons import explain
from matching.core.roster import Roster

__all__ = ["Infeasible", "OnProgress", "Progress", "solve"]


def solve(roster: Roster, options: Options | None = None, on_progress: OnProgress | None = None) -> Result:
    """Solves one round. The locks must hold together (matching.core.locks); else raises Infeasible."""
    chosen = options or Options()
    started = time.perf_counter()
    market = Market(roster, chosen.weights, chosen.previous, chosen.stickiness)
    if (market.pinned & (market.best_of_each() <= market.never)).any():
        raise Infeasible
    built = time.perf_counter() - started
    limit = math.inf if chosen.time_limit is None else started + chosen.time_limit
    report = on_progress or (lambda progress: None)
    levels = Levels(market, report, chosen.gap, limit)
    free = None
    if chosen.stickiness and not levels.met():
        # Levels 1 to 3 do not depend on what stays: they are met, and proved, without those points.
        seen = market.without_points_of(levels.problem.places)
        free = Levels(market.without_points(), report, chosen.gap, limit, any_value=True, seen=seen)
        free.solve()
        levels.follow(free)
    bounds = levels.solve()
    for stage, spent in (free.seconds if free else {}).items():
        levels.seconds[stage] = levels.seconds.get(stage, 0.0) + spent
    levels.seconds["build"] = built
    return _result(roster, chosen, levels, bounds, free, started)


def _result(
    roster: Roster, options: Options, levels: Levels, bounds: Score, free: Levels | None, started: float
) -> Result:
    explaining = time.perf_counter()
    problem = levels.problem
    picked = problem.columns_of(levels.best)
    reasons = explain(roster, problem, picked, options.weights) if options.reasons else {}
    levels.seconds["reasons"] = time.perf_counter() - explaining
    places = tuple(
        _place(problem, column, options) for column in sorted(picked, key=lambda i: problem.unit[i])
    )
    filled = set(problem.unit[picked].tolist())
    children = len(problem.children)
    complete = [c for c in range(children) if {2 * c, 2 * c + 1} <= filled]
    touched = {unit // 2 for unit in filled}
    value, objective = sum(place.value for place in places), int(problem.value[picked].sum())
    pairs = {(place.child, place.role, place.mentor): place.slot for place in options.previous}
    kept = [pairs.get((place.child, place.role, place.mentor)) for place in places]
    known = {c.id for c in problem.children}, {m.id for m in problem.mentors}
    return Result(
        places=places,
        open=tuple(
            OpenRole(problem.children[unit // 2].id, role_of(unit), *why) for unit, why in reasons.items()
        ),
        children=children,
        complete=len(complete),
        partial=len(touched) - len(complete),
        unmatched=children - len(touched),
        roles_filled=len(filled),
        priority_complete=sum(problem.children[c].priority for c in complete),
        fit=sum(place.fit for place in places),
        value=value,
        objective=objective,
        complete_bound=bounds.complete,
        priority_bound=bounds.priority,
        roles_bound=bounds.roles,
        value_bound=_value_bound(levels, bounds, free, value) if options.stickiness else bounds.value,
        objective_bound=bounds.value,
        gap=_gap(objective, bounds.value),
        proved_optimal=levels.score() == bounds,
        pairs_kept=sum(slot is not None for slot in kept),
        slots_kept=sum(slot == place.slot for slot, place in zip(kept, places, strict=True)),
        previous_ignored=sum(p.child not in known[0] or p.mentor not in known[1] for p in options.previous),
        seconds=round(time.perf_counter() - started, 3),
        seconds_by_stage={stage: round(spent, 3) for stage, spent in levels.seconds.items()},
        seed=options.seed,
    )


def _value_bound(levels: Levels, bounds: Score, free: Levels | None, value: int) -> int:
    """Of the value without the points for what stays, at the levels above as they are reached.

    No value is above its objective. The value of a plan that may move whom it likes is bounded by assignments,
    without a linear program: the bound is a little above what can be reached, and says nothing of ``proved``.
    """
    market = levels.market
    if free is None:
        places = market.without_points_of(levels.problem.places)
        outset = Outset(market.without_points(), levels.gap, places, rough=True)
    else:
        outset = free.outset
    reached = replace(levels.score(), value=value)
    return min(bounds.value, outset.bound(reached).value)


def _gap(reached: int, bound: int) -> float:
    if reached == bound:
        return 0.0
    return (bound - reached) / bound if bound > 0 else 1.0


def _place(problem: Problem, column: int, options: Options) -> ScoredPlace:
    unit = int(problem.unit[column])
    child, mentor = problem.children[unit // 2], problem.mentors[problem.mentor[column]]
    scored = fit_terms(child, mentor, role_of(unit), options.weights)
    assert scored is not None
    return ScoredPlace(
        child=child.id,
        role=role_of(unit),
        mentor=mentor.id,
        slot=int(problem.slot[column]),
        subject=scored.subject,
        fit=scored.fit,
        value=scored.value,
    )
