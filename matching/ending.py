"""Ending pairings before a round does."""

from datetime import datetime
from typing import Any

from backend.audit import log as audit
from backend.rosters.models import Child
from matching import signals
from matching.models import EndReason, Pairing


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
