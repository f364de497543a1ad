"""Older messages of a room, a page at a time, and each reader's own part of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from backend.audit import log as audit
from backend.errors import NotYours
from chat.access import access_room, beginning_of
from chat.models import Event, Held, ReadMark, Room
from chat.opening import Opened, opened_to
from chat.protocol import LIMITS, Side, to_json
from chat.reading_along import reader_of
from chat.rules.gaps import Gaps
from chat.sealing import gaps_in
from chat.statements import as_numbered


@dataclass(frozen=True, slots=True)
class Part:
    """What of a room one reader sees.

    lowest: from which number on.  since: nothing that was said before, though it may have been released after.
    gaps: closed up for the family.  opened: when it is open only for a while.
    """

    lowest: int = 1
    since: datetime | None = None
    gaps: Gaps = field(default_factory=Gaps)
    opened: Opened | None = None

    def of(self, room: Room) -> QuerySet[Event]:
        rows = Event.objects.filter(room=room, s__gte=self.lowest, s__lte=room.last_s)
        for first, last in self.gaps.spans:
            rows = rows.exclude(s__gte=first, s__lte=last)
        rows = rows.annotate(said=Coalesce("said_at", "at"))  # a message that was held has waited
        if self.since is not None:
            rows = rows.filter(said__gte=self.since)
        if self.opened is not None:
            rows = rows.filter(said__gte=self.opened.since, said__lt=self.opened.until)
        return rows

    def last(self, room: Room) -> int:
        if self.opened is not None:
            return self.of(room).aggregate(last=Max("s"))["last"] or 0
        return self.gaps.shown(room.last_s)


def part_for(actor: Any, room: Room) -> Part:
    """For who passed the room's gate. NotYours where that right ended in the meantime."""
    if room.side_of(actor) is not None:
        return Part()
    if reader_of(actor, room, timezone.now()) is not None:
        lowest, since = beginning_of(actor, room)
        return Part(lowest, since, gaps_in(room).from_on(lowest))
    opened = opened_to(actor, room)
    if opened is None:
        raise NotYours
    return Part(opened=opened)


def page_of(
    *, actor: Any, room_id: int, before: int | None = None, limit: int = LIMITS.page
) -> dict[str, Any]:
    """At most ``limit`` messages and events before a number (without one: the newest), oldest first.

    In the form of docs/protocol.md, *Older messages*. What anybody but the two reads is recorded.
    """
    room = access_room(actor, room_id, "read")
    part = part_for(actor, room)
    page = _page(room, part, before, max(1, min(limit, LIMITS.page)))
    if room.side_of(actor) is None:
        numbers = [row["s"] for row in page["results"]]
        seen = {"first": min(numbers, default=0), "last": max(numbers, default=0)}
        with transaction.atomic():
            audit.record(actor, "room.viewed", room, **seen, **(part.opened.facts if part.opened else {}))
    return page


def _page(room: Room, part: Part, before: int | None, limit: int) -> dict[str, Any]:
    rows = part.of(room)
    if before is not None:
        rows = rows.filter(s__lt=part.gaps.real(before))
    newest_first = list(rows.order_by("-s")[: limit + 1])  # one more says whether there are older ones
    shown = newest_first[limit - 1 :: -1] if len(newest_first) > limit else newest_first[::-1]
    return {
        "epoch": room.epoch,
        "last": part.last(room),
        "results": [_renumbered(to_json(as_numbered(row).frame), part.gaps) for row in shown],
        "before": part.gaps.shown(shown[0].s) if len(newest_first) > limit else None,
    }


def _renumbered(row: dict[str, Any], gaps: Gaps) -> dict[str, Any]:
    numbers = {name: gaps.shown(row[name]) for name in ("s", "target") if name in row}
    return row | numbers


def read_mark(room: Room, side: Side) -> int:
    """Up to where this side of the room has read."""
    return ReadMark.objects.filter(room=room, side=side).values_list("s", flat=True).first() or 0


def own_held(*, actor: Any, room_id: int) -> dict[str, dict[str, Any]]:
    """The actor's own words in this room that wait for a decision or were refused, by cid: body, at, and after, the
    number of the room behind which they were said.
    """
    room = access_room(actor, room_id, "enter")
    side = room.side_of(actor)
    rows = Held.objects.filter(room=room, sender=side).exclude(state=Held.State.RELEASED)
    before = Event.objects.filter(room=room, at__lte=OuterRef("said_at")).order_by("-s").values("s")[:1]
    found = rows.order_by("pk").annotate(after=Coalesce(Subquery(before), 0))
    return {
        str(cid): {"body": body, "at": at.isoformat(), "after": after}
        for cid, body, at, after in found.values_list("cid", "body", "said_at", "after")
    }
