"""What else a child could have in a solved plan, and giving it that, under the same rules as the solver."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from matching.core import roster
from matching.core.fit import FitTerms, fit_terms
from matching.core.weights import Weights
from matching.models import Edit, Round
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
    snapshot = snapshot_of(round_)
    child = next((child for child in snapshot.children if child.id == child_id), None)
    if child is None:
        return []
    weights = Weights.from_json(round_.weights)
    others = [p for p in places_of(round_) if (p.child, p.role) != (child_id, role)]
    own = [place for place in others if place.child == child_id]
    load = Counter(place.mentor for place in others)
    taken = {(place.mentor, place.slot) for place in others}
    barred = {
        forbid.mentor
        for forbid in snapshot.forbids
        if forbid.child == child_id and forbid.role in (None, role)
    }
    found = []
    for mentor in snapshot.mentors:
        scored = None if mentor.id in barred else fit_terms(child, mentor, role, weights)
        if scored is None:
            continue
        for slot in sorted(child.slots & mentor.slots):
            found.append(_choice(mentor, slot, scored, _why_not(mentor, slot, own, load, taken)))
    return sorted(found, key=lambda choice: (not choice.free, -choice.value, choice.mentor, choice.slot))


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
    snapshot, weights = snapshot_of(round_), Weights.from_json(round_.weights)
    children = {child.id: child for child in snapshot.children}
    mentors = {mentor.id: mentor for mentor in snapshot.mentors}
    pinned = {(pin.child, pin.role) for pin in snapshot.pins}
    barred = {(forbid.child, forbid.mentor) for forbid in snapshot.forbids if forbid.role in (None, role)}
    places = places_of(round_)
    other_role = {place.child: place for place in places if place.role != role}
    same_role = {place.child: place for place in places if place.role == role}
    own = same_role.get(child_id)
    if own is None or (child_id, role) in pinned:
        return []

    def worth(child: str, place: roster.Place) -> int | None:
        """What the place is worth to the child; None where it can't have it."""
        other = other_role.get(child)
        if other and (other.mentor == place.mentor or other.slot == place.slot):
            return None
        if place.slot not in children[child].slots or (child, place.mentor) in barred:
            return None
        scored = fit_terms(children[child], mentors[place.mentor], role, weights)
        return scored and scored.value

    mine_now, found = worth(child_id, own) or 0, []
    for place in same_role.values():
        if place.child == child_id or (place.child, role) in pinned:
            continue
        mine, theirs = worth(child_id, place), worth(place.child, own)
        if mine is None or theirs is None:
            continue
        gain = mine + theirs - mine_now - (worth(place.child, place) or 0)
        found.append(Swap(place.child, place.mentor, place.slot, gain))
    return sorted(found, key=lambda swap: (-swap.gain, swap.child))


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
