"""From a reviewed plan to pairings: the difference, the checks, one transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Conflict, Invalid
from backend.rosters.models import Child, Mentor
from matching import signals
from matching.access import access_round
from matching.core import roster
from matching.core.verify import verify
from matching.ending import mark_ended
from matching.models import EndReason, Pairing, Proposal, Round
from matching.rounds import RoundMovedOn, covered_by
from matching.snapshot import take_snapshot, today
from matching.states import State


class WorldMoved(Conflict):
    """The plan was right when it was made and is not any more. facts["rows"] names each place."""

    code = "round.world_moved"


@dataclass(slots=True)
class Difference:
    """What publishing would write.

    kept: pairings that stay as they are.  moved: (pairing, proposal) with the same people and another hour.
    started: proposals that become pairings.  ended: pairings that end.
    """

    kept: list[Pairing] = field(default_factory=list)
    moved: list[tuple[Pairing, Proposal]] = field(default_factory=list)
    started: list[Proposal] = field(default_factory=list)
    ended: list[Pairing] = field(default_factory=list)


def difference(round_: Round, *people: str) -> Difference:
    """The round's plan against the live pairings of the children it covers.

    people: what of a place is to be read with it, as child and mentor. For a province that is most of the time.
    """
    covers = covered_by(round_)
    live = Pairing.objects.live().select_related(*people) if people else Pairing.objects.live()
    places = round_.proposals.select_related(*people) if people else round_.proposals.all()
    standing = {(pairing.child_id, pairing.role): pairing for pairing in live if covers(pairing.child_id)}
    found = Difference()
    for proposal in places:
        pairing = standing.get((proposal.child_id, proposal.role))
        if pairing is None or pairing.mentor_id != proposal.mentor_id:
            found.started.append(proposal)
            continue
        del standing[proposal.child_id, proposal.role]
        if pairing.slot == proposal.slot and pairing.subject_id == proposal.subject_id:
            found.kept.append(pairing)
        else:
            found.moved.append((pairing, proposal))
    found.ended = list(standing.values())
    return found


@transaction.atomic
def publish_round(*, actor: Any, round_id: int, version: int, now: datetime | None = None) -> Round:
    """Makes the plan live: all of it, or nothing.

    version: the edit of the plan that the coordinator looked at; another one is refused with RoundMovedOn.
    Raises WorldMoved, naming the rows, when the plan breaks a rule against today's people.
    """
    round_ = access_round(actor, round_id, "publish")
    now = now or timezone.now()
    _claim(round_, version, actor, now)
    # Locked, so that nobody changes a capacity or an hour between the check and the writing.
    list(Mentor.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    # And no family withdraws in between: it would end the pairings before, and not these.
    placed = Child.objects.select_for_update().filter(pk__in=round_.proposals.values("child"))
    list(placed.order_by("pk").values_list("pk", flat=True))
    _check_against_today(round_)
    found = difference(round_)
    mark_ended(found.ended, EndReason.REMATCHED, now)
    moved, old_slots = _change_hours(found.moved, now)
    started = Pairing.objects.bulk_create(
        Pairing(
            child_id=proposal.child_id,
            role=proposal.role,
            mentor_id=proposal.mentor_id,
            slot=proposal.slot,
            subject_id=proposal.subject_id,
            round=round_,
            started_at=now,
            asked_at=now,
        )
        for proposal in found.started
    )
    signals.pairings_ended.send(Round, pairings=found.ended, actor=actor, now=now)
    signals.pairings_moved.send(Round, pairings=moved, old_slots=old_slots, actor=actor, now=now)
    signals.pairings_started.send(Round, pairings=started, actor=actor, now=now)
    audit.record(
        actor,
        "round.published",
        round_,
        kept=len(found.kept),
        moved=len(moved),
        started=len(started),
        ended=len(found.ended),
    )
    return round_


def _claim(round_: Round, version: int, actor: Any, now: Any) -> None:
    if round_.state not in (State.SOLVED, State.SUPERSEDED):
        if round_.state == State.PUBLISHED:
            raise RoundMovedOn(_("This round was already published."))
        raise RoundMovedOn(_("Only a solved round can be published."))
    Round.objects.filter(state=State.PUBLISHED).update(state=State.SUPERSEDED)
    claimed = Round.objects.filter(pk=round_.pk, state=round_.state, version=version).update(
        state=State.PUBLISHED, published_at=now, published_by=actor
    )
    if not claimed:
        raise RoundMovedOn(
            _("Somebody changed this plan after you looked at it. Look at it once more, then publish.")
        )
    round_.refresh_from_db()


def places_of(round_: Round) -> list[roster.Place]:
    return [
        roster.Place(child, role, mentor, slot)
        for child, role, mentor, slot in round_.proposals.values_list(
            "child__roster_id", "role", "mentor__roster_id", "slot"
        )
    ]


def place_of(proposal: Proposal) -> roster.Place:
    return roster.Place(
        proposal.child.roster_id,
        proposal.role,  # type: ignore[arg-type]
        proposal.mentor.roster_id,
        proposal.slot,
    )


def rows_against(round_: Round) -> list[dict[str, Any]]:
    """The places that do not hold with today's people, by an independent verifier: consent, vetting, hours,
    capacities, pins and forbids. Empty when the plan could be published."""
    places = places_of(round_)
    current = take_snapshot(today(), covered_by(round_)).roster
    known = {child.id for child in current.children}, {mentor.id for mentor in current.mentors}
    rows = [
        {"child": place.child, "role": place.role, "mentor": place.mentor, "rule": "not_taking_part"}
        for place in places
        if place.child not in known[0] or place.mentor not in known[1]
    ]
    present = [place for place in places if place.child in known[0] and place.mentor in known[1]]
    return rows + [
        {"child": found.child, "role": found.role, "mentor": found.mentor, "rule": found.code}
        for found in verify(current, present)
    ]


def _check_against_today(round_: Round) -> None:
    if not round_.proposals.exists():
        raise Invalid(_("This plan is empty: there is nothing to publish."))
    rows = rows_against(round_)
    if rows:
        raise WorldMoved(
            _(
                "The people have changed since this round was solved, and %(count)d places no longer hold. "
                "Solve again, or change these places by hand."
            )
            % {"count": len(rows)},
            rows=rows,
        )


def _change_hours(moved: list[tuple[Pairing, Proposal]], now: Any) -> tuple[list[Pairing], dict[int, int]]:
    """New hours for pairings that stay.

    Two of them may swap an hour of one mentor, which no order of single updates can do under the
    constraint: so they leave the set of live pairings together and come back together.
    """
    pairings = [pairing for pairing, _proposal in moved]
    old_slots = {pairing.pk: pairing.slot for pairing in pairings}
    Pairing.objects.filter(pk__in=old_slots).update(ended_at=now, end_reason=EndReason.REMATCHED)
    for pairing, proposal in moved:
        if pairing.slot != proposal.slot:
            pairing.asked_at, pairing.answer, pairing.answered_at = now, "", None
        pairing.slot, pairing.subject_id = proposal.slot, proposal.subject_id
    written = ["slot", "subject", "asked_at", "answer", "answered_at"]
    Pairing.objects.bulk_update(pairings, written, batch_size=500)
    Pairing.objects.filter(pk__in=old_slots).update(ended_at=None, end_reason="")
    return pairings, old_slots
