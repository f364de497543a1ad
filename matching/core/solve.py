"""The best valid plan, exact at all four levels: a roster in, a plan with its bounds out."""

import math
import time

import numpy as np

from matching.core.fit import fit_terms
from matching.core.levels import Levels, OnProgress, Progress, Score
from matching.core.master import Infeasible
from matching.core.plan import OpenRole, Options, Result, ScoredPlace
from matching.core.problem import Ints, Problem, build, role_of
from matching.core.reasons import explain
from matching.core.roster import ROLES, Roster

__all__ = ["Infeasible", "OnProgress", "Progress", "solve"]


def solve(roster: Roster, options: Options | None = None, on_progress: OnProgress | None = None) -> Result:
    """Solves one round. The locks must hold together (matching.core.locks); else raises Infeasible."""
    chosen = options or Options()
    started = time.perf_counter()
    problem = build(roster, chosen.weights)
    bonus = _bonus(problem, chosen)
    filled = np.bincount(problem.unit, minlength=2 * len(problem.children)) > 0
    if (problem.pinned & ~filled).any():
        raise Infeasible
    levels = Levels(
        problem,
        problem.value + bonus,
        on_progress or (lambda progress: None),
        chosen.gap,
        math.inf if chosen.time_limit is None else started + chosen.time_limit,
    )
    levels.seconds["build"] = time.perf_counter() - started
    picked, bounds = levels.solve()
    return _result(roster, problem, chosen, levels, picked, bounds, bonus, started)


def _bonus(problem: Problem, options: Options) -> Ints:
    """Points for what stays: the pair, and the hour besides."""
    bonus = np.zeros(len(problem.unit), dtype=np.int64)
    if not options.stickiness:
        return bonus
    child_at = {child.id: at for at, child in enumerate(problem.children)}
    mentor_at = {mentor.id: at for at, mentor in enumerate(problem.mentors)}
    for place in options.previous:
        if place.child not in child_at or place.mentor not in mentor_at:
            continue
        unit = 2 * child_at[place.child] + ROLES.index(place.role)
        first, end = np.searchsorted(problem.unit, [unit, unit + 1])
        same = problem.mentor[first:end] == mentor_at[place.mentor]
        hour = problem.slot[first:end] == place.slot
        bonus[first:end] = options.stickiness * (same + (same & hour).astype(np.int64))
    return bonus


def _result(
    roster: Roster,
    problem: Problem,
    options: Options,
    levels: Levels,
    picked: Ints,
    bounds: Score,
    bonus: Ints,
    started: float,
) -> Result:
    explaining = time.perf_counter()
    reasons = explain(roster, problem, picked, options.weights)
    levels.seconds["reasons"] = time.perf_counter() - explaining
    places = tuple(
        _place(problem, column, options) for column in sorted(picked, key=lambda i: problem.unit[i])
    )
    filled = set(problem.unit[picked].tolist())
    children = len(problem.children)
    complete = [c for c in range(children) if {2 * c, 2 * c + 1} <= filled]
    touched = {unit // 2 for unit in filled}
    value, objective = int(problem.value[picked].sum()), int((problem.value + bonus)[picked].sum())
    pairs = {(place.child, place.role, place.mentor): place.slot for place in options.previous}
    kept = [pairs.get((place.child, place.role, place.mentor)) for place in places]
    reached = levels.score(picked)
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
        fit=int(problem.fit[picked].sum()),
        value=value,
        objective=objective,
        complete_bound=bounds.complete,
        priority_bound=bounds.priority,
        roles_bound=bounds.roles,
        value_bound=bounds.value,
        objective_bound=bounds.value,
        gap=_gap(objective, bounds.value),
        proved_optimal=reached == bounds,
        pairs_kept=sum(slot is not None for slot in kept),
        slots_kept=sum(slot == place.slot for slot, place in zip(kept, places, strict=True)),
        previous_ignored=sum(p.child not in known[0] or p.mentor not in known[1] for p in options.previous),
        seconds=round(time.perf_counter() - started, 3),
        seconds_by_stage={stage: round(spent, 3) for stage, spent in levels.seconds.items()},
        seed=options.seed,
    )


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
