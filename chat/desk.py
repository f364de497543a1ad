"""What a mentor or a child finds in their rooms: words not read yet, the last and the next meeting, what is due."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat.access import rooms_for
from chat.measuring import totals_by_session
from chat.models import Attendance, Elsewhere, Event, Meeting, ReadMark, Room, Session
from chat.models.rooms import MSG
from chat.protocol import Side
from chat.rules.attendance import STALE
from chat.rules.meetings import NEAR, TOGETHER

STILL_DUE = timedelta(days=14)  # an older summary nobody remembers well enough to write


@dataclass(slots=True)
class Place:
    """A room on its owner's desk.

    unread, since: the other's words beyond the read mark, and when the first of them was said.
    now:           the next meeting's hour is on, or begins within the quarter of an hour.
    """

    room: Room
    unread: int = 0
    since: datetime | None = None
    last_met: datetime | None = None
    next: Meeting | None = None
    now: bool = False


def places_for(*, actor: Any, now: datetime | None = None) -> list[Place]:
    """The live rooms of this person; the same number of queries for one as for seventeen."""
    now = now or timezone.now()
    rooms = rooms_for(actor).select_related("pairing__subject")
    places = {room.pk: Place(room) for room in rooms.prefetch_related("pairing__child__wanted__subject")}
    _add_unread(places, actor)
    _add_last(places, now)
    _add_next(places, now)
    return list(places.values())


def _add_unread(places: dict[int, Place], actor: Any) -> None:
    for side, other in ((Side.MENTOR, Side.CHILD), (Side.CHILD, Side.MENTOR)):
        mine = [pk for pk, place in places.items() if place.room.side_of(actor) is side]
        mark = ReadMark.objects.filter(room=OuterRef("room"), side=side).values("s")
        said = Event.objects.filter(room__in=mine, kind=MSG, sender=other, body__isnull=False)
        beyond = said.annotate(read_to=Coalesce(Subquery(mark), 0)).filter(s__gt=F("read_to"))
        for row in beyond.order_by().values("room").annotate(count=Count("pk"), since=Min("at")):
            places[row["room"]].unread, places[row["room"]].since = row["count"], row["since"]


def _add_last(places: dict[int, Place], now: datetime) -> None:
    """What is not measured yet, or still goes on, counts as it is now: families read at once that they met."""
    measured = Session.objects.filter(room__in=places, both_s__gte=TOGETHER.total_seconds())
    reported = Elsewhere.objects.filter(room__in=places, disputed_at=None)
    for rows, began in ((measured, "opened_at"), (reported, "began_at")):
        for room, at in rows.order_by().values_list("room").annotate(latest=Max(began)):
            _met_at(places[room], at)
    fresh = list(Session.objects.filter(room__in=places, both_s=None))
    so_far = totals_by_session(fresh, now) if fresh else {}
    for session in fresh:
        if so_far[session.pk].both >= TOGETHER:
            _met_at(places[session.room_id], session.opened_at)


def _met_at(place: Place, at: datetime) -> None:
    place.last_met = at if place.last_met is None else max(at, place.last_met)


def _add_next(places: dict[int, Place], now: datetime) -> None:
    by_pairing = {place.room.pairing_id: place for place in places.values()}
    ahead = Meeting.objects.ahead(now).filter(pairing__in=by_pairing)
    for meeting in ahead.order_by("-start"):
        place = by_pairing[meeting.pairing_id]
        place.next, place.now = meeting, meeting.start - NEAR <= now


def wrote_since(room: Room, since: datetime) -> bool:
    """Whether the mentor has said something there that the child can read."""
    said = Event.objects.filter(room=room, kind=MSG, sender=Side.MENTOR, body__isnull=False)
    return said.filter(at__gte=since).exists()


def is_mentor_in(room: Room, now: datetime) -> bool:
    rows = Attendance.objects.filter(room=room, side=Side.MENTOR, until=None)
    return rows.filter(last_seen_at__gt=now - STALE).exists()


def summaries_due(*, actor: Any, now: datetime | None = None) -> list[Session]:
    """The last session of each time together that lasted and has no summary yet, newest first."""
    own = Session.objects.filter(
        room__pairing__mentor__user=actor,
        room__pairing__ended_at=None,
        ended_at__gt=(now or timezone.now()) - STILL_DUE,
    )
    rows = own.select_related("room__pairing__child", "room__pairing__mentor").prefetch_related("summaries")
    times: dict[tuple[str, int], list[Session]] = defaultdict(list)
    for session in rows.order_by("opened_at"):
        key = ("session", session.pk) if session.meeting_id is None else ("meeting", session.meeting_id)
        times[key].append(session)
    due = [sessions[-1] for sessions in times.values() if _is_due(sessions)]
    return sorted(due, key=lambda session: session.opened_at, reverse=True)


def _is_due(sessions: Iterable[Session]) -> bool:
    together = sum((_together(session) for session in sessions), timedelta(0))
    return together >= TOGETHER and not any(session.summaries.all() for session in sessions)


def _together(session: Session) -> timedelta:
    """As measured; until that is settled, at most from its beginning to its end."""
    if session.both_s is None:
        return (session.ended_at or session.opened_at) - session.opened_at
    return timedelta(seconds=session.both_s)
