"""Messages that wait for a person: who may look at them, that looking is recorded, and when a room waits with them.

An adult's second hold within LATELY stops the room until a person has decided all that waits in it. One that
was let through was no hold: it does not count.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.access import may
from backend.audit import log as audit
from backend.errors import NotYours
from backend.rosters.looking import as_what
from chat.access import own_rooms
from chat.models import Held, Room
from chat.protocol import Side
from matching.models import Role

LATELY = timedelta(days=30)


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


def access_held(actor: Any, held_id: int) -> Held:
    """One that this person may decide, or NotYours; decided or not."""
    theirs = Held.objects.exclude(room__in=own_rooms(actor))
    held = theirs.select_related("room__pairing").filter(pk=held_id).first()
    role = Role.ACADEMIC if held is None else Role(held.room.pairing.role)
    if not may(actor, "held", f"decide_{role}") or held is None:
        raise NotYours
    return held


@transaction.atomic
def look_at_holds(*, actor: Any) -> list[Held]:
    """The same with their words: each look at a message is recorded, for the child's family to read too."""
    found = list(waiting_holds(actor))
    for held in found:
        audit.record(actor, "held.viewed", held, **as_what(actor, held.room.pairing.child))
    return found


@transaction.atomic
def look_at_hold(*, actor: Any, held_id: int) -> Held:
    """One of them, on record; NotYours for one that is absent, decided already or not theirs."""
    held = waiting_holds(actor).filter(pk=held_id).first()
    if held is None:
        raise NotYours
    audit.record(actor, "held.viewed", held, **as_what(actor, held.room.pairing.child))
    return held


def stop_if_second(held: Held, now: datetime, goes_on: Callable[[], bool]) -> bool:
    """Inside the transaction that keeps it, with the room locked. Talk with a child in danger is not stopped:
    ``goes_on`` is asked only where it would be.
    """
    if held.sender != Side.MENTOR:
        return False
    lately = Held.objects.filter(room=held.room_id, sender=Side.MENTOR, said_at__gt=now - LATELY)
    if not lately.exclude(pk=held.pk).exclude(state=Held.State.RELEASED).exists():
        return False
    if goes_on():
        return False
    if Room.objects.filter(pk=held.room_id, looked_for_at=None).update(looked_for_at=now):
        audit.record(None, "room.stopped", held.room, held=held.pk)
    return True


def go_on_if_looked_at(rooms: Iterable[int]) -> None:
    """Inside the transaction that decides, with the rooms locked."""
    for room in Room.objects.filter(pk__in=rooms, looked_for_at__isnull=False):
        if not room.held.filter(sender=Side.MENTOR, state=Held.State.WAITING).exists():
            Room.objects.filter(pk=room.pk).update(looked_for_at=None)
            audit.record(None, "room.went_on", room)
