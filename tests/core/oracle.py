"""Brute force over every plan of a small round: the oracle of the solver, sharing only the input types."""

from fractions import Fraction
from itertools import combinations, product

from matching.core.roster import ROLES, Child, Mentor, Place, Roster


def value(child: Child, mentor: Mentor, role: str) -> int | None:
    """The default value of a pair, straight from the text of the contract; None when not allowed."""
    shared = len(child.slots & mentor.slots)
    if role == "academic":
        if not mentor.academic:
            return None
        for rank, subject in enumerate(child.subjects):
            away = [
                abs(child.grade - Fraction(t.low + t.high, 2))
                for t in mentor.teaches
                if t.subject == subject and t.low <= child.grade <= t.high
            ]
            if away:
                break
        else:
            return None
        fit = [40, 25][rank] if rank < 2 else 12
        fit += max(0, 15 - 4 * min(away)) + 3 * min(shared, 4)
        fit += 12 * (bool(child.district) and child.district == mentor.district)
        open_points, points = 4, 8
        before = child.previous_academic
    else:
        if not (mentor.wellbeing and mentor.certified):
            return None
        away = [
            abs(child.grade - Fraction(b.low + b.high, 2))
            for b in mentor.wellbeing_bands
            if b.low <= child.grade <= b.high
        ]
        if not away:
            return None
        fit = max(0, 30 - 6 * min(away)) + 4 * min(shared, 6)
        fit += 20 * (bool(child.district) and child.district == mentor.district)
        open_points, points = 6, 13
        before = child.previous_wellbeing
    if child.preferred_gender is None:
        fit += open_points
    elif child.preferred_gender == mentor.gender:
        fit += points
    fit += 13 * (before == mentor.id)
    return round(fit - Fraction(max(0, 45 - fit) ** 2, 45))


def _options(child: Child, roster: Roster) -> list[tuple[Place, ...]]:
    """Every pair of places that one child could have, with none of the others in mind."""
    barred = {
        (f.mentor, role)
        for f in roster.forbids
        if f.child == child.id
        for role in ROLES
        if f.role in (None, role)
    }
    per_role = [
        [None]
        + [
            Place(child.id, role, mentor.id, slot)
            for mentor in roster.mentors
            if (mentor.id, role) not in barred and value(child, mentor, role) is not None
            for slot in sorted(child.slots & mentor.slots)
        ]
        for role in ROLES
    ]
    found = []
    for academic, wellbeing in product(*per_role):
        if (
            academic
            and wellbeing
            and (academic.slot == wellbeing.slot or academic.mentor == wellbeing.mentor)
        ):
            continue
        places = tuple(place for place in (academic, wellbeing) if place)
        pins = [pin for pin in roster.pins if pin.child == child.id]
        if all(
            any((p.role, p.mentor) == (x.role, x.mentor) and x.slot in (None, p.slot) for p in places)
            for x in pins
        ):
            found.append(places)
    return found


def best(roster: Roster) -> tuple[int, int, int, int] | None:
    """(complete, priority, roles, value) of the best plan; None when no plan holds the pins."""
    mentors = {mentor.id: mentor for mentor in roster.mentors}
    top: tuple[int, int, int, int] | None = None
    for plan in product(*(_options(child, roster) for child in roster.children)):
        places = [place for of_child in plan for place in of_child]
        if any((a.mentor, a.slot) == (b.mentor, b.slot) for a, b in combinations(places, 2)):
            continue
        if any(sum(p.mentor == m for p in places) > mentors[m].capacity for m in mentors):
            continue
        complete = [
            child for child, of_child in zip(roster.children, plan, strict=True) if len(of_child) == 2
        ]
        total = sum(
            value(child, mentors[p.mentor], p.role) or 0
            for child, of_child in zip(roster.children, plan, strict=True)
            for p in of_child
        )
        score = (len(complete), sum(c.priority for c in complete), len(places), total)
        top = score if top is None else max(top, score)
    return top
