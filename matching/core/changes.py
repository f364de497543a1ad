"""What a remedy may change of a round, and whether a plan holds in the round so changed."""

from collections.abc import Callable, Collection
from dataclasses import replace

from matching.core.roster import ACADEMIC, WELLBEING, Band, Child, Mentor, Place, Role, Roster, Teaching
from matching.core.verify import verify

Change = Callable[[Roster], Roster]
NEW = "\x00one more"  # an id that no roster has


def one_more_seat(mentor: Mentor) -> Change:
    more = replace(mentor, capacity=mentor.capacity + 1)
    return lambda r: replace(r, mentors=tuple(more if m.id == mentor.id else m for m in r.mentors))


def one_more_hour(child: Child, slot: int) -> Change:
    more = replace(child, slots=child.slots | {slot})
    return lambda r: replace(r, children=tuple(more if c.id == child.id else c for c in r.children))


def forbid_lifted(child: Child, mentor: Mentor) -> Change:
    pair = child.id, mentor.id
    return lambda r: replace(r, forbids=tuple(f for f in r.forbids if (f.child, f.mentor) != pair))


def one_more_mentor(child: Child, role: Role, slot: int) -> Change:
    """One who may have the child in this role, with one seat, in this hour alone."""
    academic = role == ACADEMIC
    new = Mentor(
        id=NEW,
        academic=academic,
        wellbeing=role == WELLBEING,
        certified=role == WELLBEING,
        teaches=(Teaching(child.subjects[0], child.grade, child.grade),) if academic else (),
        wellbeing_bands=() if academic else (Band(child.grade, child.grade),),
        slots=frozenset({slot}),
        capacity=1,
    )
    return lambda r: replace(r, mentors=(*r.mentors, new))


def holds(roster: Roster, change: Change, places: Collection[Place]) -> bool:
    """Whether these places break no rule of the changed round, by the independent verifier.

    places: all that the children and mentors have whom the change or a move touches. Whoever is not among
    them is left out, and so is as before: every rule is about one child, one mentor, or one pair.
    """
    children, mentors = {p.child for p in places}, {p.mentor for p in places}
    pairs = {(p.child, p.mentor) for p in places}
    changed = change(
        Roster(
            tuple(child for child in roster.children if child.id in children),
            tuple(mentor for mentor in roster.mentors if mentor.id in mentors),
            tuple(pin for pin in roster.pins if (pin.child, pin.mentor) in pairs),
            tuple(forbid for forbid in roster.forbids if forbid.child in children),
        )
    )
    return not verify(changed, places)
