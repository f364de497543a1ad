"""Changing a solved plan by hand, under the same rules as the solver."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Conflict, Invalid
from backend.rosters.models import Child, Mentor
from matching.access import access_round
from matching.core import codec, roster
from matching.core.fit import FitTerms, fit_terms
from matching.core.verify import verify
from matching.core.weights import Weights
from matching.models import Proposal, Round
from matching.publishing import difference, places_of
from matching.states import State


class PlanChanged(Conflict):
    """Somebody else edited the plan first."""

    code = "round.plan_changed"


class BreaksARule(Invalid):
    """facts["rules"] lists what the changed plan would break."""

    code = "round.breaks_a_rule"


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


def snapshot_of(round_: Round) -> roster.Roster:
    return codec.roster_from_json(json.loads(round_.snapshot))


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


@transaction.atomic
def change_proposal(
    *, actor: Any, round_id: int, version: int, child_id: int, role: roster.Role, mentor_id: int, slot: int
) -> Round:
    """Gives the child this mentor and hour in this role.

    version: the edit that the coordinator looked at; PlanChanged when it is no longer the newest.
    Raises BreaksARule when the verifier finds anything wrong with the plan as it would then be.
    """
    round_ = access_round(actor, round_id, "write")
    claimed = Round.objects.filter(pk=round_.pk, state=State.SOLVED, version=version).update(
        version=F("version") + 1
    )
    if not claimed:
        raise PlanChanged(_("Somebody changed this plan in the meantime. Load the page again and look."))
    round_.refresh_from_db()
    child = Child.objects.filter(pk=child_id).first()
    mentor = Mentor.objects.filter(pk=mentor_id).first()
    snapshot = snapshot_of(round_)
    scored = _scored(round_, snapshot, child, mentor, role)
    place = roster.Place(child.roster_id, role, mentor.roster_id, slot)  # type: ignore[union-attr]
    kept = [p for p in places_of(round_) if (p.child, p.role) != (place.child, role)]
    broken = verify(snapshot, [*kept, place])
    if broken:
        raise BreaksARule(
            _("This change would break a rule of the plan."),
            rules=[{"rule": found.code, "child": found.child, "mentor": found.mentor} for found in broken],
        )
    Proposal.objects.update_or_create(
        round=round_,
        child=child,
        role=role,
        defaults={
            "mentor": mentor,
            "slot": slot,
            "subject_id": scored.subject or None,
            "fit": scored.fit,
            "value": scored.value,
            "terms": dict(scored.terms),
            "by_hand": True,
        },
    )
    round_.unserved.filter(child=child, role=role).delete()
    _refresh_summary(round_, snapshot)
    audit.record(actor, "round.changed", round_, child=child.pk, role=role)  # type: ignore[union-attr]
    return round_


def _scored(
    round_: Round, snapshot: roster.Roster, child: Child | None, mentor: Mentor | None, role: roster.Role
) -> FitTerms:
    of_child = next((c for c in snapshot.children if child and c.id == child.roster_id), None)
    of_mentor = next((m for m in snapshot.mentors if mentor and m.id == mentor.roster_id), None)
    if of_child is None or of_mentor is None:
        raise BreaksARule(_("One of these people does not take part in this round."))
    scored = fit_terms(of_child, of_mentor, role, Weights.from_json(round_.weights))
    if scored is None:
        raise BreaksARule(_("This mentor can't have this role for this child."))
    return scored


def _refresh_summary(round_: Round, snapshot: roster.Roster) -> None:
    """The figures of the edited plan; its bounds stay, and it is proved only where it meets them all."""
    rows = list(round_.proposals.values_list("child__roster_id", "fit", "value"))
    per_child = Counter(child for child, _fit, _value in rows)
    priority = {child.id: child.priority for child in snapshot.children}
    summary = round_.summary
    complete = [child for child, roles in per_child.items() if roles == 2]
    summary["complete"] = len(complete)
    summary["partial"] = len(per_child) - len(complete)
    summary["unmatched"] = len(snapshot.children) - len(per_child)
    summary["roles_filled"] = len(rows)
    summary["priority_complete"] = sum(priority[child] for child in complete)
    summary["fit"] = sum(fit for _child, fit, _value in rows)
    summary["value"] = sum(value for _child, _fit, value in rows)
    # Kept pairs earn their points in the objective, which is what the last bound bounds.
    found = difference(round_)
    kept = round_.stickiness * (2 * len(found.kept) + len(found.moved))
    summary["objective"] = summary["value"] + kept
    bound = summary.get("objective_bound", 0)
    short = bound - summary["objective"]
    summary["gap"] = 0.0 if short <= 0 else (short / bound if bound > 0 else 1.0)
    # The bounds are the best plan's own only where the solver proved its plan. Only a change by hand says this.
    summary.setdefault("solver_proved", summary.get("proved_optimal", False))
    levels = (
        ("complete", "complete_bound"),
        ("priority_complete", "priority_bound"),
        ("roles_filled", "roles_bound"),
        ("objective", "objective_bound"),
    )
    summary["proved_optimal"] = all(summary[level] >= summary[limit] for level, limit in levels)
    Round.objects.filter(pk=round_.pk).update(summary=summary)
    round_.summary = summary
