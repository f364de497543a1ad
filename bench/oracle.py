"""Whether a room kept its promises: what was said and what was heard, against the database in plain SQL.

It shares nothing with the server: no models, no protocol, no numbering.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bench.client import Row

EVENTS = "SELECT s, kind, sender, cid, body, masked, said_at IS NOT NULL FROM chat_event WHERE room_id = {} ORDER BY s"
HELD = "SELECT sender, cid, body, state FROM chat_held WHERE room_id = {}"
LAST = "SELECT last_s FROM chat_room WHERE id = {}"


@dataclass(frozen=True, slots=True)
class Stored:
    s: int
    kind: str
    side: str | None
    cid: str | None
    body: str | None
    masked: bool
    released: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A room as its database has it. held: (side, cid, body) of what waits or was refused."""

    last: int
    rows: list[Stored]
    held: list[tuple[str, str, str]]


@dataclass(slots=True)
class Said:
    """One person: what they said, in order, and what their client was told to give up.

    stored: the words as they must stand in the database; None for what must be held.
    """

    words: list[tuple[str, str | None]] = field(default_factory=list)
    given_up: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Verdict:
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.reordered or self.notes)

    def add(self, other: "Verdict") -> None:
        self.lost += other.lost
        self.doubled += other.doubled
        self.reordered += other.reordered
        self.notes += other.notes

    def __str__(self) -> str:
        text = f"lost {self.lost}, doubled {self.doubled}, reordered {self.reordered}"
        return "; ".join([text, *self.notes[:5]])


def read(database: str, room: int) -> Record:
    """database: the URI of a PostgreSQL, or the path of a SQLite file."""
    if "://" in database:
        import psycopg

        with psycopg.connect(database) as connection:
            found = [connection.execute(sql.format(int(room))).fetchall() for sql in (EVENTS, HELD, LAST)]
    else:
        lite = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        try:
            found = [lite.execute(sql.format(int(room))).fetchall() for sql in (EVENTS, HELD, LAST)]
        finally:
            lite.close()
    events, held, last = found
    return Record(
        last=last[0][0],
        rows=[
            Stored(s, kind, side or None, _cid(cid), body, bool(masked), bool(released))
            for s, kind, side, cid, body, masked, released in events
        ],
        held=[(side, str(_cid(cid)), body) for side, cid, body, state in held if state != "released"],
    )


def judge(record: Record, said: Mapping[str, Said], heard: Iterable[tuple[str, int, list[Row]]]) -> Verdict:
    """said: by side, from the room's first word on.  heard: name, first number and rows of each transcript."""
    verdict = Verdict()
    _judge_numbers(record, verdict)
    for side, person in said.items():
        _judge_words(record, side, person, verdict)
    own = {cid for person in said.values() for cid, _ in person.words}
    for row in record.rows:
        if row.kind == "msg" and row.cid not in own:
            verdict.doubled += 1
            verdict.notes.append(f"number {row.s} was said by nobody")
    truth = [Row(row.s, row.kind, row.side, row.cid, row.body) for row in record.rows]
    for name, first, rows in heard:
        _judge_transcript(truth[first - 1 :], name, rows, verdict)
    return verdict


def _judge_numbers(record: Record, verdict: Verdict) -> None:
    numbers = [row.s for row in record.rows]
    verdict.doubled += len(numbers) - len(set(numbers))
    if numbers != list(range(1, len(numbers) + 1)):
        verdict.reordered += 1
        verdict.notes.append("the numbers have gaps")
    if record.last != len(numbers):
        verdict.notes.append(f"the room counts to {record.last}, and has {len(numbers)} rows")


def _judge_words(record: Record, side: str, person: Said, verdict: Verdict) -> None:
    stored = [row for row in record.rows if row.kind == "msg" and row.side == side]
    held = [(cid, body) for who, cid, body in record.held if who == side]
    times = Counter([str(row.cid) for row in stored] + [cid for cid, _ in held])
    verdict.doubled += sum(count - 1 for count in times.values())
    bodies = {row.cid: row.body for row in stored}
    for cid, body in person.words:
        if cid in person.given_up:
            continue
        if not times[cid]:
            verdict.lost += 1
            verdict.notes.append(f"{side} {cid} is not in the database")
        elif (body is None) == (cid in bodies):
            verdict.notes.append(f"{side} {cid} stands in the wrong place")
        elif body is not None and bodies[cid] is not None and bodies[cid] != body:
            verdict.notes.append(f"{side} {cid} has other words")
    own = [cid for cid, _ in person.words]
    spoken = [str(row.cid) for row in stored if not row.released and row.cid in set(own)]
    kept = set(spoken)
    if spoken != [cid for cid in own if cid in kept]:
        verdict.reordered += 1
        verdict.notes.append(f"what {side} said is in another order")


def _judge_transcript(truth: list[Row], name: str, rows: list[Row], verdict: Verdict) -> None:
    if rows == truth:
        return
    numbers = [row.s for row in rows]
    missing = {row.s for row in truth} - set(numbers)
    verdict.lost += len(missing)
    verdict.doubled += len(numbers) - len(set(numbers))
    verdict.reordered += numbers != sorted(numbers)
    verdict.notes.append(f"{name} holds {len(rows)} rows, the database {len(truth)}")


def _cid(value: Any) -> str | None:
    return None if value is None else str(UUID(str(value)))
