"""Messages that wait for a person: who may look at them, and that looking is recorded."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.access import may
from backend.audit import log as audit
from backend.errors import NotYours
from chat.access import own_rooms
from chat.models import Held
from matching.models import Role


def waiting_holds(actor: Any) -> QuerySet[Held]:
    """Those that this person may decide, the oldest first. Raises NotYours for who may decide none.

    Nobody decides, or looks at the words of, what was said in a room of their own or of their family.
    """
    roles = [role for role in Role if may(actor, "held", f"decide_{role}")]
    if not roles:
        raise NotYours
    waiting = Held.objects.filter(state=Held.State.WAITING, room__pairing__role__in=roles)
    waiting = waiting.exclude(room__in=own_rooms(actor))
    return waiting.select_related("room__pairing__child", "room__pairing__mentor").order_by("said_at", "pk")


@transaction.atomic
def look_at_holds(*, actor: Any) -> list[Held]:
    """The same with their words: each look at a message is recorded."""
    found = list(waiting_holds(actor))
    for held in found:
        audit.record(actor, "held.viewed", held)
    return found
