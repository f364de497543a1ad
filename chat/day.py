"""What the record asks about the day of a child: how long it has talked, which meetings are planned."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from backend.rosters.models import Child
from chat.conditions import room_hours
from chat.models import Meeting, Session
from chat.rules import minutes
from chat.rules.meetings import MeetingState
from chat.rules.times import Interval, local_day, local_time
from chat.statements import LockedRoom

KEEP = timedelta(seconds=10)  # so late at most is noticed what another process wrote
MOST_KEPT = 4000
Sessions = list[tuple[datetime, datetime | None]]


class Days:
    """The days of the children who spoke last; for all of a batch that are not known one query."""

    def __init__(self) -> None:
        self._sessions: dict[int, tuple[Sessions, datetime]] = {}
        self._meetings: dict[int, tuple[list[datetime], datetime]] = {}

    def know(self, rooms: Iterable[LockedRoom], now: datetime) -> None:
        """Needs no lock: another room of the child may open or end a session meanwhile."""
        if len(self._sessions) > MOST_KEPT:
            self._sessions, self._meetings = {}, {}
        unknown = {room.child for room in rooms if not _is_good(self._sessions.get(room.child), now)}
        if not unknown or room_hours().always:
            return
        found: dict[int, Sessions] = defaultdict(list)
        for child, opened_at, ended_at in sessions_of(unknown, now):
            found[child].append((opened_at, ended_at))
        for child in unknown:
            self._sessions[child] = (found[child], now)

    def closed_until(self, room: LockedRoom, opened_at: datetime | None, now: datetime) -> datetime | None:
        """opened_at: of the session that runs in this room, as its sitting says."""
        sessions, _ = self._sessions.get(room.child, ([], now))
        together = [as_interval(began, ended, now) for began, ended in sessions if began <= now]
        if opened_at is not None and opened_at <= now:
            together.append(Interval(opened_at, now))
        rules = {"birth": room.birth_date, "grade": room.grade, "together": together, "hours": room_hours()}
        if minutes.closed_until(now, meetings=[], **rules) is None:
            return None
        return minutes.closed_until(now, meetings=self._meetings_of(room.pk, now), **rules)

    def _meetings_of(self, room: int, now: datetime) -> list[datetime]:
        """Asked only where words would be refused without one."""
        kept = self._meetings.get(room)
        if kept is None or not _is_good(kept, now):
            near = (now - timedelta(hours=2), now + timedelta(days=1))
            rows = Meeting.objects.filter(pairing__room=room, start__range=near)
            starts = rows.exclude(state=MeetingState.CANCELLED).values_list("start", flat=True)
            kept = self._meetings[room] = (list(starts), now)
        return kept[0]


def rests_until(child: Child, now: datetime) -> datetime | None:
    """None while the child has minutes left today; else when it may write again outside planned meetings."""
    hours = room_hours()
    if hours.always:
        return None
    together = [as_interval(began, ended, now) for _, began, ended in sessions_of([child.pk], now)]
    if minutes.spent(together, now) < minutes.day_for(child.grade):
        return None
    of_child = {"birth": child.birth_date, "grade": child.grade, "hours": hours}
    return minutes.closed_until(now, together=together, meetings=[], **of_child)


def sessions_of(children: Iterable[int], now: datetime) -> Iterable[tuple[int, datetime, datetime | None]]:
    """Child, beginning and end of each session of today, in all their rooms."""
    midnight = local_time(local_day(now), 0)
    today = Session.objects.filter(Q(ended_at=None) | Q(ended_at__gt=midnight))
    of = today.filter(room__pairing__child__in=children)
    return of.order_by().values_list("room__pairing__child", "opened_at", "ended_at")


def as_interval(began: datetime, ended: datetime | None, now: datetime) -> Interval:
    return Interval(began, max(began, now if ended is None else ended))


def _is_good(kept: tuple[object, datetime] | None, now: datetime) -> bool:
    return kept is not None and timedelta(0) <= now - kept[1] < KEEP
