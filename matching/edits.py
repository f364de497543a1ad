"""What else a child could have in a solved plan, and giving it that, under the same rules as the solver."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from matching.core import codec, roster
from matching.core.fit import FitTerms, fit_terms
from matching.core.weights import Weights
from matching.models import Edit, Lock, Round
from matching.publishing import places_of
from matching.snapshot import snapshot_of
from matching.steps import BreaksARule, PlanChanged, Seat, seats_of, take_step

__all__ = ["BreaksARule", "PlanChanged", "change_proposal", "choices_for", "snapshot_of", "swap_children"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A mentor and hour that a child could have in a role.

    why_not: empty when free; else full, hour_taken (by another child) or same_hour, same_person (as the
    child's other place).
    """

    mentor: str
    slot: int
    subject: str
    fit: int
    value: int
    terms: dict[str, int]
    why_not: str

    @property
    def code(self) -> str:
        """The hour as in a roster file: mon-19."""
        return roster.slot_code(self.slot)

    @property
    def free(self) -> bool:
        return not self.why_not


def choices_for(round_: Round, child_id: str, role: roster.Role) -> list[Choice]:
    """Every eligible mentor and common hour for this child, best value first. child_id: roster id."""
    child = _child(round_, child_id)
    if child is None:
        return []
    others = [p for p in places_of(round_) if (p.child, p.role) != (child_id, role)]
    own = [place for place in others if place.child == child_id]
    load = Counter(place.mentor for place in others)
    taken = {(place.mentor, place.slot) for place in others}
    found = []
    for mentor, scored in _mentors_for(round_, child, role):
        for slot in sorted(child.slots & mentor.slots):
            found.append(_choice(mentor, slot, scored, _why_not(mentor, slot, own, load, taken)))
    return sorted(found, key=lambda choice: (not choice.free, -choice.value, choice.mentor, choice.slot))


def _child(round_: Round, child_id: str) -> roster.Child | None:
    """Who took part in the round. Nobody else of its roster is made into an object: there may be 40,000."""
    row = next((row for row in round_.frozen["children"] if row["id"] == child_id), None)
    return row and codec.child_from_json(row)


def _mentors_for(
    round_: Round, child: roster.Child, role: roster.Role
) -> Iterator[tuple[roster.Mentor, FitTerms]]:
    """Mentors of the round who may have this role for the child and are not forbidden for it, then or since."""
    weights = Weights.from_json(round_.weights)
    barred = {mentor for one, mentor in _forbidden(round_, role) if one == child.id}
    for row in round_.frozen["mentors"]:
        if row[role] and row["id"] not in barred:
            mentor = codec.mentor_from_json(row)
            scored = fit_terms(child, mentor, role, weights)
            if scored is not None:
                yield mentor, scored


def _forbidden(round_: Round, role: str) -> set[tuple[str, str]]:
    """(child, mentor) that may not be together in this role, by the round's roster or by what was said since."""
    then = {
        (forbid["child"], forbid["mentor"])
        for forbid in round_.frozen["forbids"]
        if forbid["role"] in (None, role)
    }
    since = Lock.objects.filter(kind=Lock.Kind.FORBID, lifted_at=None, role__in=("", role))
    return then.union(since.values_list("child__roster_id", "mentor__roster_id"))


def _why_not(
    mentor: roster.Mentor,
    slot: int,
    own: list[roster.Place],
    load: Counter[str],
    taken: set[tuple[str, int]],
) -> str:
    if any(place.mentor == mentor.id for place in own):
        return "same_person"
    if any(place.slot == slot for place in own):
        return "same_hour"
    if (mentor.id, slot) in taken:
        return "hour_taken"
    return "full" if load[mentor.id] >= mentor.capacity else ""


def _choice(mentor: roster.Mentor, slot: int, scored: FitTerms, why_not: str) -> Choice:
    return Choice(
        mentor.id, slot, scored.subject or "", scored.fit, scored.value, dict(scored.terms), why_not
    )


@dataclass(frozen=True, slots=True)
class Swap:
    """Another child with whom this one could change places in the role.

    gain: points of value that the two win together, < 0 when they lose.
    """

    child: str
    mentor: str
    slot: int
    gain: int

    @property
    def lost(self) -> int:
        return -self.gain


def swaps_for(round_: Round, child_id: str, role: roster.Role) -> list[Swap]:
    """With whom the child could change mentor and hour, and no rule be broken; the best for both first."""
    child, places = _child(round_, child_id), places_of(round_)
    own = next((place for place in places if (place.child, place.role) == (child_id, role)), None)
    if child is None or own is None:
        return []
    mine = {mentor.id: (mentor, scored.value) for mentor, scored in _mentors_for(round_, child, role)}
    asked = _who_could_swap(round_, child, own, places)
    weights, found = Weights.from_json(round_.weights), []
    for row in round_.frozen["children"]:
        place = asked.get(row["id"])
        if place is None or place.mentor not in mine or own.slot not in row["slots"]:
            continue
        other = codec.child_from_json(row)
        theirs = fit_terms(other, mine[own.mentor][0], role, weights)
        now = fit_terms(other, mine[place.mentor][0], role, weights)
        if theirs and now:
            gain = mine[place.mentor][1] + theirs.value - mine[own.mentor][1] - now.value
            found.append(Swap(other.id, place.mentor, place.slot, gain))
    return sorted(found, key=lambda swap: (-swap.gain, swap.child))


def _who_could_swap(
    round_: Round, child: roster.Child, own: roster.Place, places: list[roster.Place]
) -> dict[str, roster.Place]:
    """By child: places of this role against which no pin, forbid or other place of the two stands; whether the mentors
    and the other child's hours suit is still to be asked.
    """
    others = {place.child: place for place in places if place.role != own.role}
    pinned = {pin["child"] for pin in round_.frozen["pins"] if pin["role"] == own.role}
    barred = {one for one, mentor in _forbidden(round_, own.role) if mentor == own.mentor}
    if child.id in pinned:
        return {}
    kept = pinned | barred

    def clashes(one: str, place: roster.Place) -> bool:
        other = others.get(one)
        return bool(other and (other.mentor == place.mentor or other.slot == place.slot))

    return {
        place.child: place
        for place in places
        if place.role == own.role
        and place.child != child.id
        and place.slot in child.slots
        and place.child not in kept
        and not clashes(child.id, place)
        and not clashes(place.child, own)
    }


def change_proposal(
    *, actor: Any, round_id: int, version: int, child_id: int, role: roster.Role, mentor_id: int, slot: int
) -> Round:
    """Gives the child this mentor and hour in this role; refused as `take_step` is."""
    wanted = [Seat(child_id, role, mentor_id, slot)]
    return take_step(
        actor=actor, round_id=round_id, version=version, kind=Edit.Kind.CHANGED, wanted=lambda _round: wanted
    )


def swap_children(
    *, actor: Any, round_id: int, version: int, role: roster.Role, child_id: int, other_id: int
) -> Round:
    """The two children change mentor and hour in this role; refused as `take_step` is."""

    def wanted(round_: Round) -> list[Seat]:
        one, other = seats_of(round_, [(child_id, role), (other_id, role)])
        if child_id == other_id or one.mentor is None or other.mentor is None:
            raise BreaksARule(_("Only two children who both have a mentor in this role can change places."))
        return [
            Seat(one.child, role, other.mentor, other.slot),
            Seat(other.child, role, one.mentor, one.slot),
        ]

    return take_step(actor=actor, round_id=round_id, version=version, kind=Edit.Kind.SWAPPED, wanted=wanted)
