"""The statements of a batch: as many for hundreds of messages as for one, on both databases.

Rows go in and out as plain values, without models between; many go in as one parameter, a JSON text that the
database reads as a table.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from chat.acts import Numbered
from chat.models import Attendance, Event, Held, Room, Session
from chat.models.rooms import MSG, STOPS
from chat.protocol import Event as EventFrame
from chat.protocol import EventKind, Message, Side

Statement = tuple[str, list[Any]]  # with its parameters
Known = dict[tuple[int, Side, str], "Numbered | Held"]


@dataclass(slots=True)
class LockedRoom:
    """A room's row, locked until the end of the transaction, with what the rules ask of its pairing."""

    pk: int
    last_s: int
    stamp: int
    closed_at: datetime | None
    ended: bool
    frozen: bool
    role: str
    birth_date: date
    child: int
    grade: int


_LOCK = """
    SELECT room.id, room.last_s, room.stamp, room.closed_at,
        room.ended_at IS NOT NULL OR pairing.ended_at IS NOT NULL,
        {stopped},
        pairing.role, child.birth_date, child.id, child.grade
    FROM chat_room room
    JOIN matching_pairing pairing ON pairing.id = room.pairing_id
    JOIN rosters_child child ON child.id = pairing.child_id
    WHERE room.id IN ({these}) ORDER BY room.id {lock}
"""
STOPPED = f"COALESCE({', '.join(f'room.{stop}' for stop in STOPS)}) IS NOT NULL"


def lock_rooms(
    rooms: Iterable[int], spoken: Iterable[tuple[int, Side, str]] = ()
) -> tuple[dict[int, LockedRoom], Known]:
    """The rooms in the order of their numbers, so that two batches never wait for each other; and of what is to
    be said in them (room, sender, cid), what is there already, as events or else as held, seen under the locks.
    """
    which = these(sorted(set(rooms)), "bigint")
    lock = "FOR UPDATE OF room" if connection.vendor == "postgresql" else ""
    asked: list[Statement] = [(_LOCK.format(stopped=STOPPED, these=which.sql, lock=lock), which.params)]
    rows = [
        {"room_id": room, "sender": side.value, "cid": cid.replace("-", "")} for room, side, cid in spoken
    ]
    if rows:
        asked.append((_said_before(), [_json(rows), len(rows)]))
    locked, again = [*_in_one_go(asked), []][:2]
    return {row[0]: _locked(*row) for row in locked}, _known(again) if again else {}


def _locked(pk: int, last_s: int, stamp: int, closed_at: datetime | None, *rest: Any) -> LockedRoom:
    ended, frozen, role, birth_date, child, grade = rest
    if closed_at is not None and closed_at.tzinfo is None:
        closed_at = closed_at.replace(tzinfo=UTC)  # so SQLite keeps it
    return LockedRoom(pk, last_s, stamp, closed_at, bool(ended), bool(frozen), role, birth_date, child, grade)


def save(
    events: Iterable[tuple[int, Numbered]], active: Iterable[Session], rooms: Iterable[LockedRoom]
) -> None:
    """What most batches write."""
    _in_one_go(each for each in (_add_events(events), _save_sessions(active), _save_rooms(rooms)) if each)


def _in_one_go(statements: Iterable[Statement]) -> list[list[Any]]:
    """Their rows: one journey to the database where it takes several statements at once."""
    todo = list(statements)
    found: list[list[Any]] = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and todo:
            cursor.execute(";".join(sql for sql, _ in todo), [each for _, given in todo for each in given])
            while True:
                found.append(cursor.fetchall() if cursor.description else [])
                if not cursor.nextset():
                    return found
        for sql, given in todo:
            cursor.execute(sql, given)
            found.append(cursor.fetchall() if cursor.description else [])
    return found


def _save_rooms(rooms: Iterable[LockedRoom]) -> Statement | None:
    rows = [
        {"id": room.pk, "last_s": room.last_s, "stamp": room.stamp, "closed_at": _time(room.closed_at)}
        for room in rooms
    ]
    return _update(Room, rows, {"last_s": "bigint", "stamp": "bigint", "closed_at": "timestamptz"})


def _save_sessions(active: Iterable[Session]) -> Statement | None:
    """What a running session's row says of its activity."""
    rows = [
        {
            "id": row.pk,
            "active_at": _time(row.active_at),
            "next_tick_at": _time(row.next_tick_at),
            "warned_end": _time(row.warned_end),
        }
        for row in active
    ]
    times = ("active_at", "next_tick_at", "warned_end")
    return _update(Session, rows, dict.fromkeys(times, "timestamptz"))


def save_last_seen(seen: Mapping[int, datetime]) -> None:
    rows = [{"id": pk, "last_seen_at": _time(at)} for pk, at in seen.items()]
    statement = _update(Attendance, rows, {"last_seen_at": "timestamptz"})
    if statement is not None:
        _in_one_go([statement])


_EVENT = {
    "room_id": "bigint",
    "s": "bigint",
    "kind": "text",
    "sender": "text",
    "cid": "uuid",
    "body": "text",
    "masked": "boolean",
    "facts": "text",
    "at": "timestamptz",
    "said_at": "timestamptz",
}


def _add_events(numbered: Iterable[tuple[int, Numbered]]) -> Statement | None:
    rows = [_event(room, each) for room, each in numbered]
    if not rows:
        return None
    facts = "CAST(facts AS jsonb)" if connection.vendor == "postgresql" else "facts"
    values = ", ".join(facts if name == "facts" else name for name in _EVENT)
    sql = f"INSERT INTO {Event._meta.db_table} ({', '.join(_EVENT)}) SELECT {values} FROM {_table(_EVENT)}"  # noqa: S608
    return sql, [_json(rows), len(rows)]


def these(values: Iterable[int | str], kind: str) -> RawSQL:
    """For ``__in``: one parameter, however many. Django's own list costs microseconds for each."""
    if connection.vendor == "postgresql":
        # Unlike of JSON, the planner knows how many there are: for few it uses the index.
        return RawSQL(f"SELECT unnest(CAST(%s AS {kind}[]))", [_array(values)])  # noqa: S611
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([*values])])


def as_table(columns: Mapping[str, str], rows: Iterable[Sequence[int | str]]) -> Statement:
    """As `these`, of several columns: a table ``r`` for FROM, with its parameters."""
    rows = list(rows)
    if connection.vendor == "postgresql":
        lists = ", ".join(f"CAST(%s AS {kind}[])" for kind in columns.values())
        values = [_array(row[n] for row in rows) for n in range(len(columns))]
        return f"unnest({lists}) AS r({', '.join(columns)})", values
    members = ", ".join(f"json_extract(value, '$[{n}]') AS {name}" for n, name in enumerate(columns))
    return f"(SELECT {members} FROM json_each(%s)) AS r", [json.dumps(rows)]  # noqa: S608


def _array(values: Iterable[int | str]) -> str:
    """Nothing in them may have to be escaped: they are numbers, UUIDs, keys of sign-ins."""
    return "{" + ",".join(map(str, values)) + "}"


def _said_before() -> str:
    """The statement: of the rows of its parameter those that are there already, each once."""
    key = {name: _EVENT[name] for name in ("room_id", "sender", "cid")}
    found = " UNION ALL ".join(
        f"SELECT {held}, x.id FROM r JOIN {model._meta.db_table} x"  # noqa: S608
        " ON x.room_id = r.room_id AND x.sender = r.sender AND x.cid = r.cid"
        for held, model in enumerate((Event, Held))
    )
    return f"WITH r AS (SELECT * FROM {_table(key)}) {found}"  # noqa: S608


def _known(again: Sequence[tuple[int, int]]) -> Known:
    events = Event.objects.filter(pk__in=[pk for held, pk in again if not held])
    waiting = Held.objects.select_related("event").filter(pk__in=[pk for held, pk in again if held])
    known: Known = {(each.room_id, Side(each.sender), str(each.cid)): each for each in waiting}
    return known | {(each.room_id, Side(each.sender), str(each.cid)): as_numbered(each) for each in events}


def _event(room: int, numbered: Numbered) -> dict[str, Any]:
    frame = numbered.frame
    row: dict[str, Any] = dict.fromkeys(_EVENT)
    row["room_id"], row["s"], row["at"] = room, frame.s, _time(frame.at)
    row["masked"] = numbered.masked
    if isinstance(frame, Message):
        row["kind"], row["sender"], row["cid"] = MSG, frame.side.value, frame.cid.replace("-", "")
        row["body"], row["facts"], row["said_at"] = frame.body, "{}", _time(frame.said_at)
    else:
        row["kind"], row["sender"], row["facts"] = frame.kind.value, "", json.dumps(dict(frame.facts))
    return row


_NUMBERED = ("s", "kind", "sender", "cid", "body", "masked", "facts", "at", "said_at")


def rows_after(room: int, after: int, limit: int) -> list[Numbered]:
    found = Event.objects.filter(room=room, s__gt=after).order_by("s").values_list(*_NUMBERED)
    return [_numbered(*row) for row in found[:limit]]


def as_numbered(event: Event) -> Numbered:
    return _numbered(*(getattr(event, name) for name in _NUMBERED))


def _numbered(
    s: int,
    kind: str,
    sender: str,
    cid: UUID | None,
    body: str | None,
    masked: bool,
    facts: dict[str, int | str],
    at: datetime,
    said_at: datetime | None,
) -> Numbered:
    if kind == MSG:
        return Numbered(Message(s, Side(sender), str(cid), body, at, said_at), masked)
    return Numbered(EventFrame(s, EventKind(kind), at, facts), masked)


def _update(model: type[Any], rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> Statement | None:
    if not rows:
        return None
    name = model._meta.db_table
    changes = ", ".join(f"{column} = r.{column}" for column in columns)
    sql = f"UPDATE {name} SET {changes} FROM {_table({'id': 'bigint', **columns})} WHERE {name}.id = r.id"  # noqa: S608
    return sql, [_json(rows), len(rows)]


def _table(columns: Mapping[str, str]) -> str:
    """A JSON list as a table ``r`` of these columns. Two parameters: the list, and its length for the planner,
    which takes every list for one of a hundred, and would read whole tables for a row.
    """
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"(SELECT * FROM json_to_recordset(%s) AS r({typed}) LIMIT %s) AS r"  # noqa: S608
    members = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {members} FROM json_each(%s) LIMIT %s) AS r"  # noqa: S608


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False)


def _time(moment: datetime | None) -> str | None:
    """As this database's backend of Django writes it."""
    return None if moment is None else _written(moment, connection.vendor)


@lru_cache(maxsize=64)
def _written(moment: datetime, _vendor: str) -> str:
    """Of one batch nearly all are the same moment."""
    return str(connection.ops.adapt_datetimefield_value(moment))
