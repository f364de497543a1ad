"""Rooms follow pairings: made when one is published, told of a new hour, closed when it ends."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict, NotYours
from chat import bells, readers
from chat.access import own_rooms
from chat.acts import ChangeSlot, Decide, Gone
from chat.holds import access_held
from chat.models import Held, Room
from chat.planning import drop_meetings, plan_meetings
from chat.record import perform
from matching.models import Pairing


def open_rooms(sender: Any, *, pairings: list[Pairing], now: datetime | None = None, **_facts: Any) -> None:
    now = now or timezone.now()
    Room.objects.bulk_create((Room(pairing=pairing) for pairing in pairings), batch_size=500)
    readers.begin_with_rooms([pairing.pk for pairing in pairings], now)
    plan_meetings([pairing.pk for pairing in pairings], now=now)


def change_slots(sender: Any, *, pairings: list[Pairing], now: datetime | None = None, **_facts: Any) -> None:
    now = now or timezone.now()
    slots = {pairing.pk: pairing.slot for pairing in pairings}
    rooms = list(Room.objects.filter(pairing__in=slots).values_list("pk", "pairing_id"))
    done = perform([ChangeSlot(room, slots[pairing]) for room, pairing in rooms], now=now)
    # All go before any comes: two pairings may have swapped an hour.
    drop_meetings(slots, now=now, moved_too=False)
    plan_meetings(slots, now=now)
    transaction.on_commit(lambda: bells.ring(done))


def end_rooms(sender: Any, *, pairings: list[Pairing], now: datetime | None = None, **_facts: Any) -> None:
    close_rooms([pairing.pk for pairing in pairings], now or timezone.now())


def close_rooms(pairings: Iterable[int], now: Any) -> None:
    """Inside the transaction that ends the pairings. Their sockets are closed everywhere after it."""
    pairings = list(pairings)
    rooms = list(Room.objects.select_for_update().filter(pairing__in=pairings).order_by("pk"))
    Room.objects.filter(pk__in=[room.pk for room in rooms]).update(ended_at=now)
    drop_meetings(pairings, now=now, moved_too=True)
    for room in rooms:
        revoke(room=room.pk)


def revoke(*, room: int | None = None, user: int | None = None) -> None:
    """Sockets of this room, or of this person, are looked at again at once, on every process.

    Call it inside the transaction that takes the right away: it works after the commit. Should the call
    get lost, the poll of each process finds out within a second.
    """
    transaction.on_commit(lambda: bells.revoked(room=room, user=user))


@transaction.atomic
def freeze_room(*, actor: Any, room_id: int, frozen: bool) -> Room:
    """Nobody may write in a frozen room, and its sockets are closed."""
    check_may(actor, "room", "freeze")
    room = Room.objects.select_for_update().exclude(pk__in=own_rooms(actor)).filter(pk=room_id).first()
    if room is None:
        raise NotYours
    room.frozen_at = timezone.now() if frozen else None
    room.stamp += 1
    room.save(update_fields=["frozen_at", "stamp"])
    audit.record(actor, "room.frozen" if frozen else "room.thawed", room)
    revoke(room=room.pk)
    return room


class AlreadyDecided(Conflict):
    code = "held.decided"


@transaction.atomic
def decide_held(*, actor: Any, held_id: int, release: bool) -> Held:
    """Releases a held message into its room, or refuses it. Raises AlreadyDecided for the second of two."""
    held = access_held(actor, held_id)
    done = perform([Decide(held.room_id, held.pk, release)], now=timezone.now())
    if isinstance(done.outcomes[0], Gone):
        raise AlreadyDecided(_("This message was looked at already."))
    audit.record(actor, "held.released" if release else "held.refused", held)
    transaction.on_commit(lambda: bells.ring(done))
    held.refresh_from_db()
    return held


def session_ended(sender: Any, *, instance: Any, **_facts: Any) -> None:
    """Sockets outlive the session that opened them unless they are looked at."""
    user = instance.get_decoded().get(SESSION_KEY)
    if user is not None:
        revoke(user=int(user))


def account_changed(sender: Any, *, instance: Any, created: bool, update_fields: Any, **_facts: Any) -> None:
    """Disabled, another password, signed out everywhere: its sockets are looked at."""
    if not created and set(update_fields or ()) != {"last_login"}:
        revoke(user=instance.pk)
