"""The statements of a batch: as many for hundreds of messages as for one, on both databases.

Rows go in and out as plain values, without models between; many go in as one parameter, a JSON text that the
database reads as a table.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from chat.acts import Numbered
from chat.models import Attendance, Event, Held, Room, Session
from chat.models.rooms import MSG
from chat.protocol import Event as EventFrame
from chat.protocol import EventKind, Message, Side

Statement = tuple[str, str]  # with its one parameter


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


def lock_rooms(rooms: Iterable[int]) -> dict[int, LockedRoom]:
    """In the order of their numbers, so that two batches never wait for each other."""
    found = (
        Room.objects.select_for_update(of=("self",))
        .filter(pk__in=these(sorted(set(rooms)), "bigint"))
        .order_by("pk")
        .values_list(
            "pk",
            "last_s",
            "stamp",
            "closed_at",
            "ended_at",
            "pairing__ended_at",
            "frozen_at",
            "shut_by",
            "looked_for_at",
            "pairing__role",
            "pairing__child__birth_date",
            "pairing__child",
            "pairing__child__grade",
        )
    )
    return {
        pk: LockedRoom(
            pk,
            last_s,
            stamp,
            closed_at,
            ended_at is not None or over_at is not None,
            frozen_at is not None or shut_by != "" or looked_for_at is not None,
            *about,
        )
        for pk, last_s, stamp, closed_at, ended_at, over_at, frozen_at, shut_by, looked_for_at, *about in found
    }


def save(
    events: Iterable[tuple[int, Numbered]], active: Iterable[Session], rooms: Iterable[LockedRoom]
) -> None:
    """What most batches write, in one go where the database takes several statements at once."""
    todo = [each for each in (_add_events(events), _save_sessions(active), _save_rooms(rooms)) if each]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and todo:
            cursor.execute(";".join(sql for sql, _ in todo), [rows for _, rows in todo])
            return
        for sql, rows in todo:
            cursor.execute(sql, [rows])


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
        with connection.cursor() as cursor:
            sql, text = statement
            cursor.execute(sql, [text])


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
    return sql, _json(rows)


def these(values: Iterable[int | str], kind: str) -> RawSQL:
    """For ``__in``: one parameter, however many. Django's own list costs microseconds for each."""
    if connection.vendor == "postgresql":
        sql = f"SELECT CAST(value AS {kind}) FROM json_array_elements_text(%s)"  # noqa: S608
    else:
        sql = "SELECT value FROM json_each(%s)"
    return RawSQL(sql, [json.dumps([*values])])  # noqa: S611


def said_before(spoken: Iterable[tuple[int, Side, str]]) -> dict[tuple[int, Side, str], Numbered | Held]:
    """Of these (room, sender, cid), those that are there already: as events, or else as held."""
    rows = [
        {"room_id": room, "sender": side.value, "cid": cid.replace("-", "")} for room, side, cid in spoken
    ]
    if not rows:
        return {}
    key = {name: _EVENT[name] for name in ("room_id", "sender", "cid")}
    found = " UNION ALL ".join(
        f"SELECT {held}, x.id FROM r JOIN {model._meta.db_table} x"  # noqa: S608
        " ON x.room_id = r.room_id AND x.sender = r.sender AND x.cid = r.cid"
        for held, model in enumerate((Event, Held))
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH r AS (SELECT * FROM {_table(key)}) {found}", [_json(rows)])  # noqa: S608
        again = cursor.fetchall()
    events = Event.objects.filter(pk__in=[pk for held, pk in again if not held])
    waiting = Held.objects.select_related("event").filter(pk__in=[pk for held, pk in again if held])
    known: dict[tuple[int, Side, str], Numbered | Held] = {}
    if again:
        known |= {(each.room_id, Side(each.sender), str(each.cid)): each for each in waiting}
        known |= {(each.room_id, Side(each.sender), str(each.cid)): as_numbered(each) for each in events}
    return known


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
    return sql, _json(rows)


def _table(columns: Mapping[str, str]) -> str:
    """The one parameter as a table ``r`` of these columns."""
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"json_to_recordset(%s) AS r({typed})"
    members = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {members} FROM json_each(%s)) AS r"  # noqa: S608


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False)


def _time(moment: datetime | None) -> str | None:
    """As this database's backend of Django writes it."""
    return None if moment is None else _written(moment, connection.vendor)


@lru_cache(maxsize=64)
def _written(moment: datetime, _vendor: str) -> str:
    """Of one batch nearly all are the same moment."""
    return str(connection.ops.adapt_datetimefield_value(moment))
