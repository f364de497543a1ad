"""The session of one room inside a transaction: rows in, the pure rules, rows out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from chat import checks
from chat.conditions import patience_for
from chat.day import Days, as_interval, sessions_of
from chat.models import Attendance, Meeting, Session
from chat.protocol import EventKind, Side, wire_time
from chat.rules import meetings, minutes, sessions
from chat.rules.attendance import BRIDGE, STALE, Connection
from chat.rules.sessions import Ended, Opened, Rested, Running, Warned
from chat.rules.times import Interval
from chat.statements import LockedRoom, these

KEEP = timedelta(seconds=20)  # well within STALE: a lost connection is found out by who reads again
MOST_KEPT = 4000
Numbering = tuple[EventKind, dict[str, int | str]]


def as_connection(row: Attendance) -> Connection:
    return Connection(row.pk, Side(row.side), row.since, row.last_seen_at, row.until)


class Sitting:
    """Moves change it and write rows of attendance, and of sessions that begin and end."""

    def __init__(
        self,
        room: LockedRoom,
        row: Session | None,
        rows: list[Attendance],
        *,
        changed: bool,
        read_at: datetime,
    ) -> None:
        self.room_id, self.row, self._rows, self.read_at = room.pk, row, rows, read_at
        self._child, self._grade = room.child, room.grade
        running = None
        if row is not None:
            running = Running(row.opened_at, row.active_at, row.warned_end is not None, row.rest_at)
        self.value = sessions.restore(
            map(as_connection, rows),
            patience=patience_for(room.role),
            running=running,
            closed_at=room.closed_at,
            sitting=meetings.length_for(room.grade),
        )
        self._events: list[Numbering] = []
        self._changed = changed

    @property
    def running(self) -> bool:
        return self.value.running is not None

    def arrive(self, side: Side, token: UUID, now: datetime, *, most: int) -> None:
        if any(row.token == token for row in self._rows):
            return
        row = Attendance.objects.create(
            room_id=self.room_id, side=side, token=token, since=now, last_seen_at=now
        )
        self._rows.append(row)
        self._take(sessions.arrive(self.value, side, row.pk, now), now)
        open_rows = [row for row in self._rows if row.side == side and row.until is None]
        for oldest in open_rows[:-most]:
            self.leave(oldest.token, now, Attendance.Why.REPLACED)

    def leave(self, token: UUID, at: datetime, why: str) -> bool:
        """False when the connection is closed already, or of no one here."""
        row = next((row for row in self._rows if row.token == token and row.until is None), None)
        if row is None:
            return False
        row.until = max(at, row.since)
        row.last_seen_at = max(row.last_seen_at, row.until) if why == "left" else row.last_seen_at
        row.why = why
        row.save(update_fields=["until", "last_seen_at", "why"])
        self._take(sessions.leave(self.value, Side(row.side), row.pk, row.until), at)
        return True

    def speak(self, side: Side, now: datetime) -> None:
        self._take(sessions.speak(self.value, side, now), now)

    def stir(self, side: Side, now: datetime) -> None:
        self._take(sessions.stir(self.value, side, now), now)

    def end(self, side: Side, now: datetime) -> None:
        self._take(sessions.end(self.value, side, now), now)

    def tick(self, now: datetime) -> None:
        self._take(sessions.tick(self.value, now), now)

    def take_events(self) -> list[Numbering]:
        events, self._events = self._events, []
        return events

    def take_changed(self) -> bool:
        changed, self._changed = self._changed, False
        return changed

    def settle(self, now: datetime) -> Session | None:
        """The row of the running session, if it is to be written."""
        row, running = self.row, self.value.running
        if row is None or running is None:
            return None
        before = (row.active_at, row.next_tick_at, row.warned_end)
        row.active_at = running.active_at
        if not running.warned:
            self._changed |= row.warned_end is not None
            row.warned_end = None
        # A tick too early does no harm; moving it with every message would cost an index.
        due, planned = sessions.next_tick(self.value), row.next_tick_at
        if due is None or planned is None or not now < planned <= due:
            row.next_tick_at = due
        return None if before == (row.active_at, row.next_tick_at, row.warned_end) else row

    def _take(self, step: sessions.Step, now: datetime) -> None:
        self.value, happened = step
        for each in happened:
            match each:
                case Opened(at):
                    self._open(at)
                case Warned(ends_at):
                    self._warn(ends_at)
                case Rested(at):
                    self._rest(at)
                case Ended():
                    self._end(each)

    def _open(self, at: datetime) -> None:
        together = [as_interval(began, ended, at) for _, began, ended in sessions_of([self._child], at)]
        rest_at = minutes.rest_at(together, at, self._grade)
        self.row = Session.objects.create(room_id=self.room_id, opened_at=at, active_at=at, rest_at=rest_at)
        if self.value.running is not None:
            self.value = replace(self.value, running=replace(self.value.running, rest_at=rest_at))
        self._events.append((EventKind.SESSION_OPENED, {"session": self.row.pk}))

    def _warn(self, ends_at: datetime) -> None:
        if self.row is not None:
            self.row.warned_end = ends_at
            self.row.save(update_fields=["warned_end"])
            self._changed = True

    def _rest(self, at: datetime) -> None:
        row, running = self.row, self.value.running
        if row is None or running is None:
            return
        row.rest_at = running.rest_at
        row.save(update_fields=["rest_at"])
        if not checks.goes_on(self.room_id, at):
            self._events.append((EventKind.REST, {"session": row.pk}))

    def _end(self, ended: Ended) -> None:
        row = self.row
        if row is None:
            return
        # A clock may have been put back since it opened.
        row.ended_at, row.why = max(ended.at, row.opened_at), ended.why
        row.decided_at = max(ended.decided_at, row.ended_at)
        row.next_tick_at, row.meeting = None, meeting_of(row, row.ended_at)
        row.active_at = max(row.active_at, row.opened_at)
        row.save()
        facts: dict[str, int | str] = {
            "session": row.pk,
            "why": ended.why.value,
            "ended_at": wire_time(row.ended_at),
        }
        self._events.append((EventKind.SESSION_ENDED, facts))
        self.row = None


def meeting_of(session: Session, until: datetime) -> Meeting | None:
    """The meeting of its pairing to which a session that lasts until then belongs."""
    span = Interval(session.opened_at, until)
    near = Meeting.objects.filter(
        pairing_id=session.room.pairing_id,
        start__gte=span.start - meetings.HOUR - meetings.NEAR,
        start__lte=span.end + meetings.NEAR,
    )
    rows = {row.pk: row for row in near}
    found = meetings.meeting_of(span, (row.value() for row in rows.values()))
    return None if found is None else rows[found.row]


def load_sittings(rooms: Mapping[int, LockedRoom], now: datetime) -> dict[int, Sitting]:
    """Needs the rooms locked. Connections that are silent for too long are closed as lost on the way."""
    if not rooms:
        return {}
    them = these(rooms, "bigint")
    running = {row.room_id: row for row in Session.objects.filter(room__in=them, ended_at=None)}
    since = {pk: _since(room, running.get(pk), now) for pk, room in rooms.items()}
    rows: dict[int, list[Attendance]] = defaultdict(list)
    found = Attendance.objects.filter(room__in=them)
    for row in found.filter(Q(until=None) | Q(until__gte=min(since.values()))):
        if row.until is None or row.until >= since[row.room_id]:
            rows[row.room_id].append(row)
    sittings, lost = {}, set()
    for pk, room in rooms.items():
        for row in rows[pk]:
            if row.until is None and now - row.last_seen_at > STALE:
                row.until, row.why = row.last_seen_at, Attendance.Why.LOST
                row.save(update_fields=["until", "why"])
                lost.add(pk)
        sittings[pk] = Sitting(room, running.get(pk), rows[pk], changed=pk in lost, read_at=now)
    return sittings


def _since(room: LockedRoom, running: Session | None, now: datetime) -> datetime:
    """From when on connections matter to the rules."""
    if running is not None:
        return running.opened_at - BRIDGE
    return (room.closed_at or now - BRIDGE) - BRIDGE


class Kept:
    """The sittings in which a process spoke last, each good while nobody else wrote in its room.

    Whatever changes who is here or whether a session runs moves the room's number or stamp. What moves
    neither, another process's typing, only keeps a session alive, and words within KEEP did that already.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Sitting, int, int, datetime]] = {}
        self.of_listeners: dict[str, Any] = {}
        self.days = Days()

    def take(self, rooms: Iterable[LockedRoom], now: datetime) -> dict[int, Sitting]:
        """Those that hold still, taken out: should the transaction fail, they are gone."""
        found = {}
        for room in rooms:
            sitting, last_s, stamp, read_at = self._kept.pop(room.pk, (None, 0, 0, now))
            same = (last_s, stamp) == (room.last_s, room.stamp)
            if sitting is not None and same and now - read_at < KEEP:
                found[room.pk] = sitting
        return found

    def keep(self, rooms: Mapping[int, LockedRoom], sittings: Mapping[int, Sitting], now: datetime) -> None:
        """After the commit."""
        if len(self._kept) > MOST_KEPT:
            self._kept = {pk: each for pk, each in self._kept.items() if now - each[3] < KEEP}
        for pk, sitting in sittings.items():
            room = rooms[pk]
            self._kept[pk] = (sitting, room.last_s, room.stamp, sitting.read_at)
