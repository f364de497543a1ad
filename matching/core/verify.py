"""An independent judge of plans: plain loops over the rules, no arrays, no code of the solver's."""

from collections.abc import Iterable
from dataclasses import dataclass

from matching.core.roster import Child, Mentor, Place, Roster


@dataclass(frozen=True, slots=True)
class Violation:
    """code: which rule.  The people and hour it was found at; slot None where it concerns no hour."""

    code: str
    child: str
    role: str
    mentor: str
    slot: int | None = None


def verify(roster: Roster, places: Iterable[Place]) -> list[Violation]:
    """Every broken rule of "what a valid plan is"; an empty list means that the plan is valid."""
    plan = sorted(places, key=lambda p: (p.child, p.role, p.mentor, p.slot))
    children = {child.id: child for child in roster.children}
    mentors = {mentor.id: mentor for mentor in roster.mentors}
    found: list[Violation] = []
    for place in plan:
        child, mentor = children.get(place.child), mentors.get(place.mentor)
        if child is None or mentor is None:
            found.append(_at("unknown_person", place))
            continue
        if not _may(child, mentor, place.role):
            found.append(_at("not_eligible", place))
        if place.slot not in child.slots or place.slot not in mentor.slots:
            found.append(_at("hour_not_free", place))
    found += _doubles(plan)
    found += _overloads(plan, mentors)
    found += _broken_locks(roster, plan)
    return found


def _at(code: str, place: Place) -> Violation:
    return Violation(code, place.child, place.role, place.mentor, place.slot)


def _may(child: Child, mentor: Mentor, role: str) -> bool:
    if role == "academic":
        return mentor.academic and any(
            teaching.subject in child.subjects and teaching.low <= child.grade <= teaching.high
            for teaching in mentor.teaches
        )
    if role != "wellbeing" or not mentor.wellbeing or not mentor.certified:
        return False
    return any(band.low <= child.grade <= band.high for band in mentor.wellbeing_bands)


def _doubles(plan: list[Place]) -> list[Violation]:
    found = []
    roles: set[tuple[str, object]] = set()
    child_hours: set[tuple[str, object]] = set()
    child_people: set[tuple[str, object]] = set()
    mentor_hours: set[tuple[str, object]] = set()
    for place in plan:
        for code, key, seen in (
            ("role_twice", (place.child, place.role), roles),
            ("child_hour_twice", (place.child, place.slot), child_hours),
            ("same_person_twice", (place.child, place.mentor), child_people),
            ("mentor_hour_twice", (place.mentor, place.slot), mentor_hours),
        ):
            if key in seen:
                found.append(_at(code, place))
            seen.add(key)
    return found


def _overloads(plan: list[Place], mentors: dict[str, Mentor]) -> list[Violation]:
    found = []
    load: dict[str, int] = {}
    for place in plan:
        load[place.mentor] = load.get(place.mentor, 0) + 1
        if place.mentor in mentors and load[place.mentor] > mentors[place.mentor].capacity:
            found.append(_at("over_capacity", place))
    return found


def _broken_locks(roster: Roster, plan: list[Place]) -> list[Violation]:
    found = []
    for pin in roster.pins:
        if not any(
            (place.child, place.role, place.mentor) == (pin.child, pin.role, pin.mentor)
            and pin.slot in (None, place.slot)
            for place in plan
        ):
            found.append(Violation("pin_broken", pin.child, pin.role, pin.mentor, pin.slot))
    for forbid in roster.forbids:
        for place in plan:
            same_people = (place.child, place.mentor) == (forbid.child, forbid.mentor)
            if same_people and forbid.role in (None, place.role):
                found.append(_at("forbidden", place))
    return found
