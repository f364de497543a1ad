"""Older messages of a room, a page at a time."""

from typing import Any

from django.db import transaction

from backend.audit import log as audit
from chat.access import access_room, first_readable
from chat.models import Event, Held, Room
from chat.protocol import LIMITS, to_json
from chat.statements import as_numbered


def page_of(
    *, actor: Any, room_id: int, before: int | None = None, limit: int = LIMITS.page
) -> dict[str, Any]:
    """At most ``limit`` messages and events before a number (without one: the newest), oldest first.

    In the form of docs/protocol.md, *Older messages*. What anybody but the two reads is recorded.
    """
    room = access_room(actor, room_id, "read")
    page = _page(room, before, max(1, min(limit, LIMITS.page)), first_readable(actor, room))
    if room.side_of(actor) is None:
        numbers = [row["s"] for row in page["results"]]
        with transaction.atomic():
            audit.record(
                actor, "room.viewed", room, first=min(numbers, default=0), last=max(numbers, default=0)
            )
    return page


def _page(room: Room, before: int | None, limit: int, lowest: int) -> dict[str, Any]:
    rows = Event.objects.filter(room=room, s__gte=lowest, s__lte=room.last_s)
    if before is not None:
        rows = rows.filter(s__lt=before)
    newest_first = list(rows.order_by("-s")[:limit])
    first = newest_first[-1].s if newest_first else lowest
    return {
        "epoch": room.epoch,
        "last": room.last_s,
        "results": [to_json(as_numbered(row).frame) for row in reversed(newest_first)],
        "before": first if first > lowest else None,
    }


def own_held(*, actor: Any, room_id: int) -> dict[str, str]:
    """The actor's own words in this room that wait for a decision or were refused: cid → body."""
    room = access_room(actor, room_id, "enter")
    side = room.side_of(actor)
    rows = Held.objects.filter(room=room, sender=side).exclude(state=Held.State.RELEASED)
    return {str(cid): body for cid, body in rows.order_by("pk").values_list("cid", "body")}
