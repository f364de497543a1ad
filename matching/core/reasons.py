"""Why a role of a child stayed open, and the smallest change that would fill it."""

from matching.core.arrays import Ints
from matching.core.fit import fit_terms
from matching.core.plan import Reason
from matching.core.problem import Problem, role_of
from matching.core.remedies import Facts, Remedies
from matching.core.roster import Mentor, Roster
from matching.core.weights import Weights


def explain(
    roster: Roster, problem: Problem, picked: Ints, weights: Weights
) -> dict[int, tuple[Reason, Facts, Facts]]:
    """Reason, facts and remedy of every open unit, in order."""
    filled = set(problem.unit[picked].tolist())
    still_open = [unit for unit in range(2 * len(problem.children)) if unit not in filled]
    if not still_open:
        return {}
    remedies = Remedies(roster, problem, picked)
    barred: dict[tuple[str, str], set[str]] = {}
    for forbid in roster.forbids:
        for role in [forbid.role] if forbid.role else ["academic", "wellbeing"]:
            barred.setdefault((forbid.child, role), set()).add(forbid.mentor)
    return {unit: _explain_one(problem, remedies, unit, barred, weights) for unit in still_open}


def _explain_one(
    problem: Problem,
    remedies: Remedies,
    unit: int,
    barred: dict[tuple[str, str], set[str]],
    weights: Weights,
) -> tuple[Reason, Facts, Facts]:
    """The nearest reason and the figures that its sentence needs.

    mentors: how many could have the role.  seats: how many children they can take in all.
    sharing, shared_seats: so many children need places that hold only so many of them, whoever is chosen.
    """
    child, role = problem.children[unit // 2], role_of(unit)
    able = [mentor for mentor in problem.mentors if fit_terms(child, mentor, role, weights)]
    facts: Facts = {"grade": child.grade, "mentors": len(able)}
    if role == "academic":
        facts["subjects"] = ";".join(child.subjects)
    if not able:
        return "nobody_eligible", facts, remedies.more_mentors(unit)
    forbidden = barred.get((child.id, role), set())
    allowed: list[Mentor] = [mentor for mentor in able if mentor.id not in forbidden]
    if not allowed:
        lifted = remedies.lift_forbid(unit, able)
        return "forbidden", facts, lifted or remedies.more_mentors(unit)
    meeting = [mentor for mentor in allowed if child.slots & mentor.slots]
    if not meeting:
        return "no_common_hour", facts, remedies.more_hours(unit, allowed) or remedies.more_mentors(unit)
    facts["mentors"] = len(meeting)
    facts["seats"] = sum(mentor.capacity for mentor in meeting)
    facts |= remedies.shared_seats(unit)
    remedy = (
        remedies.more_seats(unit, meeting)
        or remedies.more_hours(unit, allowed)
        or remedies.more_mentors(unit)
    )
    return "seats_short", facts, remedy
