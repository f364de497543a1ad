"""What the sockets read from the database, as plain values. Called in threads of their own."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Coalesce
from django.utils import timezone

from backend.errors import NOT_SIGNED_IN, Refusal
from chat import polling, statements
from chat.access import RoomEnded, access_room
from chat.acts import Numbered
from chat.models import Attendance, Held, ReadMark, Room, Session
from chat.models.rooms import STOPS
from chat.protocol import LIMITS, HeldState, Side
from chat.reading_along import numbers_now
from chat.statements import these


@dataclass(frozen=True, slots=True)
class Place:
    """What a socket needs to know once. session: its key.  proof: of the password and the times signed out."""

    room: int
    side: Side
    user: int
    session: str
    proof: str
    names: dict[Side, str]
    language: str


@dataclass(frozen=True, slots=True)
class RoomNow:
    room: int
    epoch: str
    last: int
    stamp: int
    ended: bool
    frozen: bool


@dataclass(frozen=True, slots=True)
class Details:
    here: frozenset[Side] = frozenset()
    session: tuple[int, datetime] | None = None
    warned_end: datetime | None = None
    mentor_read: int = 0
    held: dict[Side, dict[str, HeldState]] = field(default_factory=dict)
    parents: int = 0  # who read along


class NotSignedIn(Refusal):
    kind, code = NOT_SIGNED_IN, "not_signed_in"


def place_of(session: str | None, room_id: int, chosen: str | None = None) -> Place:
    """chosen: the language of this browser, which goes before the person's own, as on the pages.

    Raises NotSignedIn, NotYours, RoomEnded or RoomFrozen."""
    user = get_user(SimpleNamespace(session=SessionStore(session)))  # type: ignore[arg-type]
    if session is None or not user.is_authenticated or not user.is_active:
        raise NotSignedIn("sign in first")
    room = access_room(user, room_id, "enter")
    side = room.side_of(user)
    if side is None:
        raise RoomEnded("This room has ended.")
    people = room.pairing
    names = {Side.MENTOR: people.mentor.name, Side.CHILD: people.child.call_name}
    language = chosen if chosen in dict(settings.LANGUAGES) else user.language
    proof = polling.proof_of(user.password, user.sign_outs)
    return Place(room.pk, side, user.pk, session, proof, names, language)


def rows_after(room_id: int, after: int, limit: int = LIMITS.window_messages) -> list[Numbered]:
    return statements.rows_after(room_id, after, limit)


def rooms_now(rooms: Iterable[int]) -> dict[int, RoomNow]:
    found: dict[int, RoomNow] = {}
    columns = (
        "pk",
        "epoch",
        "last_s",
        "stamp",
        "ended_at",
        "pairing__ended_at",
        Coalesce(*STOPS),
    )
    for row in Room.objects.filter(pk__in=these(rooms, "bigint")).values_list(*columns):
        room, epoch, last, stamp, ended_at, over_at, frozen_at = row
        found[room] = RoomNow(
            room=room,
            epoch=epoch,
            last=last,
            stamp=stamp,
            ended=ended_at is not None or over_at is not None,
            frozen=frozen_at is not None,
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
    parents = numbers_now(rooms, timezone.now())
    found = {}
    for room in rooms:
        row = sessions.get(room)
        found[room] = Details(
            here=frozenset(here[room]),
            session=None if row is None else (row.pk, row.opened_at),
            warned_end=None if row is None else row.warned_end,
            mentor_read=read.get(room, 0),
            held={side: dict(states) for side, states in held[room].items()},
            parents=parents[room],
        )
    return found


def answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def beat(heard: dict[UUID, datetime]) -> dict[UUID, str]:
    """Advances ``last_seen_at`` in one statement; returns the connections that the table has closed, and why."""
    mine = these((token.hex for token in heard), "uuid")
    rows = Attendance.objects.filter(token__in=mine).values_list(
        "pk", "token", "last_seen_at", "until", "why"
    )
    closed, seen = {}, {}
    for pk, token, last_seen_at, until, why in rows:
        if until is not None:
            closed[token] = why
        elif heard[token] > last_seen_at:
            seen[pk] = heard[token]
    statements.save_last_seen(seen)
    return closed


def in_thread(work: Any, *arguments: Any) -> Any:
    """Once more on a new connection: the one from before may have gone with a restart of the database."""
    try:
        return work(*arguments)
    except (OperationalError, InterfaceError):
        connection.close()
    try:
        return work(*arguments)
    except Exception:
        connection.close()
        raise
