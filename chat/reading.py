"""What the sockets read from the database, as plain values. Called in threads of their own."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session as SignIn
from django.db import close_old_connections, connection
from django.utils import timezone, translation

from chat.access import RoomEnded, access_room, readers_of
from chat.acts import Numbered
from chat.models import Attendance, Event, Held, ReadMark, Room, Session
from chat.protocol import HeldState, Side
from chat.statements import as_numbered


@dataclass(frozen=True, slots=True)
class Place:
    """What a socket needs to know of its room once. proof: what a session of this person must hold now."""

    room: int
    side: Side
    user: int
    proof: str
    names: dict[Side, str]
    language: str


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room as it is now. users: the proofs of both, by user; those who are disabled are left out."""

    room: int
    epoch: str
    last: int
    stamp: int
    ended: bool
    frozen: bool
    users: dict[int, str]


@dataclass(frozen=True, slots=True)
class Details:
    here: frozenset[Side] = frozenset()
    session: tuple[int, datetime] | None = None
    warned_end: datetime | None = None
    mentor_read: int = 0
    held: dict[Side, dict[str, HeldState]] = field(default_factory=dict)


def place_of(user: Any, room_id: int) -> Place:
    """Raises NotYours, RoomEnded or RoomFrozen."""
    room = access_room(user, room_id, "enter")
    side = room.side_of(user)
    if side is None:
        raise RoomEnded("This room has ended.")
    people = room.pairing
    names = {Side.MENTOR: people.mentor.name, Side.CHILD: people.child.call_name}
    return Place(room.pk, side, user.pk, user.get_session_auth_hash(), names, user.language)


def readers_in(room_id: int, language: str) -> tuple[str, ...]:
    room = Room.objects.with_people().filter(pk=room_id).first()
    with translation.override(language):
        return readers_of(room) if room else ()


def rows_after(room_id: int, after: int, limit: int = 100) -> list[Numbered]:
    found = Event.objects.filter(room=room_id, s__gt=after).order_by("s")[:limit]
    return [as_numbered(event) for event in found]


def rooms_now(rooms: Iterable[int]) -> dict[int, RoomNow]:
    found: dict[int, RoomNow] = {}
    for room in Room.objects.with_people().filter(pk__in=list(rooms)):
        people = (room.pairing.mentor.user, room.pairing.child.user)
        found[room.pk] = RoomNow(
            room=room.pk,
            epoch=room.epoch,
            last=room.last_s,
            stamp=room.stamp,
            ended=room.ended,
            frozen=room.frozen,
            users={person.pk: person.get_session_auth_hash() for person in people if person.is_active},
        )
    return found


def details_of(rooms: Iterable[int]) -> dict[int, Details]:
    rooms = list(rooms)
    here: dict[int, set[Side]] = defaultdict(set)
    open_rows = Attendance.objects.filter(room__in=rooms, until=None)
    for room, side in open_rows.values_list("room", "side"):
        here[room].add(Side(side))
    sessions = {row.room_id: row for row in Session.objects.filter(room__in=rooms, ended_at=None)}
    read = dict(ReadMark.objects.filter(room__in=rooms, side=Side.MENTOR).values_list("room", "s"))
    held: dict[int, dict[Side, dict[str, HeldState]]] = defaultdict(lambda: defaultdict(dict))
    unresolved = Held.objects.filter(room__in=rooms, state__in=[state.value for state in HeldState])
    for row in unresolved.order_by("pk"):
        held[row.room_id][Side(row.sender)][str(row.cid)] = HeldState(row.state)
    found = {}
    for room in rooms:
        row = sessions.get(room)
        found[room] = Details(
            here=frozenset(here[room]),
            session=None if row is None else (row.pk, row.opened_at),
            warned_end=None if row is None else row.warned_end,
            mentor_read=read.get(room, 0),
            held={side: dict(states) for side, states in held[room].items()},
        )
    return found


def answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def due_ticks(rooms: Iterable[int]) -> list[int]:
    """Rooms whose session has a deadline that has passed."""
    found = Session.objects.filter(room__in=list(rooms), ended_at=None, next_tick_at__lte=timezone.now())
    return list(found.values_list("room", flat=True))


def standing(sessions: Iterable[str]) -> set[str]:
    """Of these sessions, by key, those that have neither ended nor expired."""
    rows = SignIn.objects.filter(session_key__in=set(sessions), expire_date__gt=timezone.now())
    return set(rows.values_list("session_key", flat=True))


def beat(heard: dict[UUID, datetime]) -> dict[UUID, str]:
    """Advances ``last_seen_at`` in one statement; returns the connections that the table has closed, and why."""
    rows = {row.token: row for row in Attendance.objects.filter(token__in=heard)}
    still = [row for row in rows.values() if row.until is None]
    for row in still:
        row.last_seen_at = max(row.last_seen_at, heard[row.token])
    Attendance.objects.bulk_update(still, ["last_seen_at"], batch_size=500)
    return {token: row.why for token, row in rows.items() if row.until is not None}


def in_thread(work: Any, *arguments: Any) -> Any:
    close_old_connections()
    try:
        return work(*arguments)
    except Exception:
        connection.close()
        raise
