"""The best valid plan, exact at all four levels: a roster in, a plan with its bounds out."""

import time

import numpy as np

from matching.core.fit import fit_terms
from matching.core.levels import Levels, OnProgress, Progress, Score
from matching.core.master import Infeasible
from matching.core.plan import OpenRole, Options, Result, ScoredPlace
from matching.core.problem import Ints, Problem, build, role_of
from matching.core.reasons import why_open
from matching.core.roster import Roster

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
    levels = Levels(problem, problem.value + bonus, on_progress or (lambda progress: None))
    levels.seconds["build"] = time.perf_counter() - started
    picked, bounds = levels.solve()
    return _result(roster, problem, chosen, levels, picked, bounds, bonus, time.perf_counter() - started)


def _bonus(problem: Problem, options: Options) -> Ints:
    """Points for what stays: the pair, and the hour besides."""
    bonus = np.zeros(len(problem.unit), dtype=np.int64)
    if not options.stickiness:
        return bonus
    before = {(place.child, place.role): place for place in options.previous}
    for column, unit in enumerate(problem.unit.tolist()):
        place = before.get((problem.children[unit // 2].id, role_of(unit)))
        if place is not None and place.mentor == problem.mentors[problem.mentor[column]].id:
            same_hour = place.slot == problem.slot[column]
            bonus[column] = options.stickiness * (2 if same_hour else 1)
    return bonus


def _result(
    roster: Roster,
    problem: Problem,
    options: Options,
    levels: Levels,
    picked: Ints,
    bounds: Score,
    bonus: Ints,
    seconds: float,
) -> Result:
    places = tuple(
        _place(problem, column, options) for column in sorted(picked, key=lambda i: problem.unit[i])
    )
    filled = set(problem.unit[picked].tolist())
    children = len(problem.children)
    complete = [c for c in range(children) if {2 * c, 2 * c + 1} <= filled]
    touched = {unit // 2 for unit in filled}
    value, objective = int(problem.value[picked].sum()), int((problem.value + bonus)[picked].sum())
    points = bonus[picked]
    known = {c.id for c in problem.children}, {m.id for m in problem.mentors}
    return Result(
        places=places,
        open=tuple(
            OpenRole(problem.children[unit // 2].id, role_of(unit), *why_open(roster, problem, unit))
            for unit in range(2 * children)
            if unit not in filled
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
        gap=0.0,
        proved_optimal=True,
        pairs_kept=int((points > 0).sum()),
        slots_kept=int((points > options.stickiness).sum()) if options.stickiness else 0,
        previous_ignored=sum(p.child not in known[0] or p.mentor not in known[1] for p in options.previous),
        seconds=round(seconds, 3),
        seconds_by_stage={stage: round(spent, 3) for stage, spent in levels.seconds.items()},
        seed=options.seed,
    )


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
