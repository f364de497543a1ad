"""Why a role of a child stayed open."""

from matching.core.fit import fit_terms
from matching.core.plan import Reason
from matching.core.problem import Problem, role_of
from matching.core.roster import Mentor, Roster
from matching.core.weights import Weights


def why_open(roster: Roster, problem: Problem, unit: int) -> tuple[Reason, dict[str, int | str]]:
    """The nearest reason and the figures that its sentence needs.

    mentors: how many could have the role.  seats: how many children they can take in all.
    """
    child, role = problem.children[unit // 2], role_of(unit)
    able = [mentor for mentor in problem.mentors if fit_terms(child, mentor, role, Weights())]
    facts: dict[str, int | str] = {"grade": child.grade, "mentors": len(able)}
    if role == "academic":
        facts["subjects"] = ";".join(child.subjects)
    if not able:
        return "nobody_eligible", facts
    barred = {f.mentor for f in roster.forbids if f.child == child.id and f.role in (None, role)}
    allowed: list[Mentor] = [mentor for mentor in able if mentor.id not in barred]
    if not allowed:
        return "forbidden", facts
    meeting = [mentor for mentor in allowed if child.slots & mentor.slots]
    if not meeting:
        return "no_common_hour", facts
    facts["mentors"] = len(meeting)
    facts["seats"] = sum(mentor.capacity for mentor in meeting)
    return "seats_short", facts
