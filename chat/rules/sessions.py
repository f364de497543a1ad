"""When time together begins and ends: a room as a value, and the moves that change it.

Each move returns the room after it and what happened on the way. A deadline that has passed is settled
before the move and dated to the deadline, so sessions come out the same however seldom `tick` is called.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chat.protocol import Side
from chat.rules.attendance import BRIDGE, Connection, presence
from chat.rules.moves import IllegalMove


class EndWhy(StrEnum):
    MENTOR = "mentor"  # the mentor ended it
    EMPTY = "empty"  # nobody was there any more
    IDLE = "idle"  # nobody did anything


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a session lasts without anybody doing anything, or being there."""

    idle: timedelta = timedelta(minutes=15)
    warning: timedelta = timedelta(minutes=3)  # before the end
    empty: timedelta = timedelta(minutes=2)


WELLBEING = Patience()
ACADEMIC = Patience(idle=timedelta(minutes=25))  # a child may be silent over an exercise


@dataclass(frozen=True, slots=True)
class Person:
    """tabs: rows of attendance that are open.

    since:   when this stay began, absences up to BRIDGE bridged; None if they never came.
    left_at: the last time at which a tab of theirs went.
    """

    tabs: frozenset[int] = frozenset()
    since: datetime | None = None
    left_at: datetime | None = None

    @property
    def here(self) -> bool:
        return bool(self.tabs)


@dataclass(frozen=True, slots=True)
class Running:
    """The session that is going on. Activity is a message, typing or reading; opening counts as such.

    rest_at: when the two are told that it is time to rest (`chat.rules.minutes`).
    """

    opened_at: datetime
    active_at: datetime
    warned: bool = False
    rest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """What the rules need to know of a room. closed_at: when the end of its last session was decided.

    sitting: how long the child sits, until a rest.
    """

    patience: Patience
    mentor: Person = Person()
    child: Person = Person()
    running: Running | None = None
    closed_at: datetime | None = None
    sitting: timedelta = timedelta(minutes=30)

    def person(self, side: Side) -> Person:
        return self.mentor if side is Side.MENTOR else self.child


@dataclass(frozen=True, slots=True)
class Opened:
    at: datetime


@dataclass(frozen=True, slots=True)
class Warned:
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """at: when the time together was over.  decided_at: when the waiting for more of it was."""

    at: datetime
    why: EndWhy
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Rested:
    """The two are told to rest. Nothing ends by it."""

    at: datetime


Happening = Opened | Warned | Rested | Ended
Step = tuple[Room, tuple[Happening, ...]]


def arrive(room: Room, side: Side, tab: int, now: datetime) -> Step:
    """A tab connects. Opens a session when it brings the second of the two.

    Somebody back within BRIDGE never left: a bad line opens no second session after the first one's end.
    Raises IllegalMove for a tab that is already there.
    """
    person = room.person(side)
    if tab in person.tabs:
        raise IllegalMove(expected="a new tab", got=f"tab {tab}, which is here already")
    room, happened = _settle(room, now)
    returns = person.left_at is not None and now - person.left_at <= BRIDGE
    since = person.since if person.here or returns else now
    comes = not person.here
    room = _with(room, side, replace(person, tabs=person.tabs | {tab}, since=since))
    if comes and room.running is None and room.person(side.other).here and _anyone_new(room):
        return _open(room, now, happened)
    return room, happened


def leave(room: Room, side: Side, tab: int, at: datetime) -> Step:
    """A tab goes, or is found to be lost since ``at``. Raises IllegalMove for one that is not there."""
    person = room.person(side)
    if tab not in person.tabs:
        raise IllegalMove(expected=f"one of the tabs {sorted(person.tabs)}", got=f"tab {tab}")
    room, happened = _settle(room, at)
    left_at = at if person.left_at is None else max(person.left_at, at)
    return _with(room, side, replace(person, tabs=person.tabs - {tab}, left_at=left_at)), happened


def speak(room: Room, side: Side, now: datetime) -> Step:
    """A message. Opens a session when both are there and none is running. Raises IllegalMove from afar."""
    _check_here(room, side)
    room, happened = _settle(room, now)
    if room.running is None and room.person(side.other).here:
        return _open(room, now, happened)
    return _active(room, now), happened


def stir(room: Room, side: Side, now: datetime) -> Step:
    """Typing or reading: keeps a session alive, never opens one. Raises IllegalMove from afar."""
    _check_here(room, side)
    room, happened = _settle(room, now)
    return _active(room, now), happened


def end(room: Room, by: Side, now: datetime) -> Step:
    """The mentor ends the session; if its time was up before, that stands.

    Raises IllegalMove for the child, and when no session is running.
    """
    if by is not Side.MENTOR:
        raise IllegalMove(expected="the mentor to end the session", got=f"the {by}")
    if room.running is None:
        raise IllegalMove(expected="a running session", got="none")
    room, happened = _settle(room, now)
    if happened:
        return room, happened
    return _close(room, Ended(at=now, why=EndWhy.MENTOR, decided_at=now))


def tick(room: Room, now: datetime) -> Step:
    """Time passes: ends what is over, tells of a rest once a sitting, warns once when the end is near."""
    room, happened = _settle(room, now)
    if room.running is not None and room.running.rest_at is not None and now >= room.running.rest_at:
        room = replace(room, running=replace(room.running, rest_at=now + room.sitting))
        happened = (*happened, Rested(now))
    if room.running is None or room.running.warned or now < _warns_at(room, room.running):
        return room, happened
    ends_at = room.running.active_at + room.patience.idle
    return replace(room, running=replace(room.running, warned=True)), (*happened, Warned(ends_at))


def next_tick(room: Room) -> datetime | None:
    """The first moment at which `tick` would do something, if nothing else happens before."""
    deadline = _deadline(room)
    if room.running is None or deadline is None:
        return None
    due = [deadline.decided_at]
    if not room.running.warned:
        due.append(_warns_at(room, room.running))
    if room.running.rest_at is not None:
        due.append(room.running.rest_at)
    return min(due)


def restore(
    connections: Iterable[Connection],
    *,
    patience: Patience,
    running: Running | None,
    closed_at: datetime | None,
    sitting: timedelta = timedelta(minutes=30),
) -> Room:
    """The room from its rows. Needs those that lived after ``closed_at`` - BRIDGE, stale ones closed."""
    rows = tuple(connections)
    return Room(patience, _person(rows, Side.MENTOR), _person(rows, Side.CHILD), running, closed_at, sitting)


def _person(rows: tuple[Connection, ...], side: Side) -> Person:
    own = [row for row in rows if row.side is side]
    if not own:
        return Person()
    return Person(
        tabs=frozenset(row.row for row in own if row.until is None),
        since=presence(own, side)[-1].start,
        left_at=max((row.until for row in own if row.until is not None), default=None),
    )


def _check_here(room: Room, side: Side) -> None:
    if not room.person(side).here:
        raise IllegalMove(expected=f"the {side} to be in the room", got="nobody of theirs")


def _with(room: Room, side: Side, person: Person) -> Room:
    return replace(room, mentor=person) if side is Side.MENTOR else replace(room, child=person)


def _anyone_new(room: Room) -> bool:
    """One of the two came after the last session was over: they are together anew."""
    arrivals = [p.since for p in (room.mentor, room.child) if p.since is not None]
    return room.closed_at is None or max(arrivals) >= room.closed_at


def _open(room: Room, now: datetime, happened: tuple[Happening, ...]) -> Step:
    return replace(room, running=Running(opened_at=now, active_at=now)), (*happened, Opened(now))


def _close(room: Room, ended: Ended) -> Step:
    return replace(room, running=None, closed_at=ended.decided_at), (ended,)


def _active(room: Room, now: datetime) -> Room:
    if room.running is None:
        return room
    # max: two processes' clocks may differ by a little.
    active_at = max(room.running.active_at, now)
    return replace(room, running=replace(room.running, active_at=active_at, warned=False))


def _warns_at(room: Room, running: Running) -> datetime:
    return running.active_at + room.patience.idle - room.patience.warning


def _deadline(room: Room) -> Ended | None:
    """The end that comes if nobody does anything; None without a session."""
    if room.running is None:
        return None
    active_at = room.running.active_at
    idle = Ended(at=active_at, why=EndWhy.IDLE, decided_at=active_at + room.patience.idle)
    departures = [p.left_at for p in (room.mentor, room.child) if p.left_at is not None]
    if room.mentor.here or room.child.here or not departures:
        return idle
    left_at = max(departures)
    # A lost tab was last seen up to a heartbeat before its last word.
    empty = Ended(max(left_at, active_at), EndWhy.EMPTY, left_at + room.patience.empty)
    return min(empty, idle, key=lambda ended: ended.decided_at)


def _settle(room: Room, now: datetime) -> Step:
    deadline = _deadline(room)
    if deadline is None or now < deadline.decided_at:
        return room, ()
    return _close(room, deadline)
