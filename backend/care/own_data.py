"""What the programme keeps of a child, for its guardian to take along: the history, never what was said.

It holds what the same guardian may read on their pages and nothing more: no words of either room, nobody
else's telephone, no address (of two guardians one may not know where the other lives), nothing sealed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min

from backend.audit import log as audit
from backend.care.who_looked import Look, in_words, looks_at
from backend.rosters.access import access_child
from backend.rosters.consent import Standing, consent_of
from backend.rosters.models import Child
from chat.access import meetings_for
from chat.history import Line, history_for
from chat.models import Meeting
from chat.rules.times import local_day
from matching.cards import MentorCard, mentor_card
from matching.models import Pairing


@dataclass(frozen=True, slots=True)
class OwnData:
    """lines, looks: newest first.  mentors: the live ones, with what is proved of them."""

    child: Child
    made_at: datetime
    consent: Standing
    mentors: list[MentorCard]
    lines: list[Line]
    coming: list[Meeting]
    looks: list[Look]


def access_own_data(actor: Any, child_id: int) -> Child:
    """The child whose history this person may take along, or NotYours."""
    return access_child(actor, child_id, "export")


@transaction.atomic
def own_data(*, actor: Any, child_id: int, now: datetime) -> OwnData:
    """Recorded each time."""
    child = access_own_data(actor, child_id)
    pairings = Pairing.objects.filter(child=child)
    began = local_day(pairings.aggregate(first=Min("started_at"))["first"] or now)
    today = local_day(now)
    months = (today.year - began.year) * 12 + today.month - began.month + 1
    live = pairings.live().order_by("role", "pk").values_list("mentor", flat=True)
    found = OwnData(
        child=child,
        made_at=now,
        consent=consent_of(actor=actor, child_id=child_id),
        mentors=[mentor_card(actor=actor, mentor_id=pk, today=today) for pk in live],
        lines=history_for(actor=actor, child_id=child_id, month=today, months=months, now=now).lines,
        coming=list(meetings_for(actor).ahead(now).filter(child=child)),
        looks=in_words(actor, looks_at(actor, child_id)),
    )
    audit.record(actor, "child.exported", child)
    return found
