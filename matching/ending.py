"""Ending pairings without a round."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import may
from backend.audit import log as audit
from backend.errors import Conflict, Invalid
from backend.rosters.models import Child
from backend.rosters.people import set_paused
from matching import signals
from matching.access import access_pairing
from matching.locks import add_lock
from matching.models import EndReason, Lock, Pairing

# What a person may give as the reason; the others follow from what happened.
BY_COORDINATOR = (EndReason.NOT_A_FIT, EndReason.MENTOR_LEFT, EndReason.CHILD_LEFT, EndReason.FINISHED)
BY_MENTOR = (EndReason.NOT_A_FIT, EndReason.MENTOR_LEFT)


def reasons_for(actor: Any) -> tuple[EndReason, ...]:
    return BY_COORDINATOR if may(actor, "pairing", "end") else BY_MENTOR


@transaction.atomic
def end_pairing(
    *,
    actor: Any,
    pairing_id: int,
    reason: str,
    never_again: bool = False,
    pauses: bool = False,
    now: datetime | None = None,
) -> Pairing:
    """By a coordinator or its mentor. The room can only be read from then on, and both sides are told.

    never_again: a coordinator's: the two are forbidden for each other in every later round.
    pauses: where the reason is that the mentor left, they are paused: no later round gives them a child.
    """
    now = now or timezone.now()
    pairing = access_pairing(actor, pairing_id, "end")
    if reason not in reasons_for(actor):
        raise Invalid(_("Please choose one of the reasons."))
    if not Pairing.objects.live().filter(pk=pairing.pk).update(ended_at=now, end_reason=reason):
        raise Conflict(_("This pairing has ended already."))
    pairing.ended_at, pairing.end_reason = now, reason
    people = {"child": pairing.child, "mentor": pairing.mentor}
    standing = Lock.objects.filter(kind=Lock.Kind.FORBID, lifted_at=None, **people)
    if never_again and not standing.filter(role="").exists():
        pins = Lock.objects.filter(kind=Lock.Kind.PIN, lifted_at=None, **people)
        pins.update(lifted_at=now)
        ids = {"child_id": pairing.child_id, "mentor_id": pairing.mentor_id}
        add_lock(actor=actor, kind=Lock.Kind.FORBID, **ids)
    audit.record(actor, "pairing.ended", pairing, reason=reason, never_again=never_again)
    if pauses and reason == EndReason.MENTOR_LEFT:
        set_paused(actor=actor, mentor_id=pairing.mentor_id, paused=True)
    signals.pairings_ended.send(Pairing, pairings=[pairing], actor=actor, now=now)
    return pairing


def mark_ended(pairings: list[Pairing], reason: EndReason, now: datetime) -> None:
    for pairing in pairings:
        pairing.ended_at, pairing.end_reason = now, reason
    Pairing.objects.bulk_update(pairings, ["ended_at", "end_reason"], batch_size=500)


def taking_part_ended(sender: Any, *, child: Child, actor: Any, now: datetime, **_facts: Any) -> None:
    """The family withdrew: both pairings end that moment, inside the transaction of the withdrawal."""
    live = list(Pairing.objects.live().select_for_update().filter(child=child).order_by("pk"))
    mark_ended(live, EndReason.CONSENT_WITHDRAWN, now)
    for pairing in live:
        audit.record(actor, "pairing.ended", pairing, reason=str(pairing.end_reason))
    signals.pairings_ended.send(Pairing, pairings=live, actor=actor, now=now)
