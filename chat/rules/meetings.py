"""Dated meetings of a weekly slot: when they are, how they may change, and how each is judged, once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from chat.rules.attendance import Connection, Totals, intersect, length, merge, totals
from chat.rules.hours import HOURS, Hours, slot_fits
from chat.rules.moves import IllegalMove
from chat.rules.times import HOUR, Interval, check_aware, local_day, slot_on

TOGETHER = timedelta(minutes=5)  # both present so long: held
OUTAGE = timedelta(minutes=5)  # rooms down so long within the slot: nobody is to blame
MOMENT = timedelta(minutes=1)  # together shorter than that, without a word: nobody met
NEAR = timedelta(minutes=15)  # a session this close to a slot belongs to its meeting
TAKEN_BACK = timedelta(days=1)  # so long after cancelling one may say that it was a slip


class MeetingState(StrEnum):
    PLANNED = "planned"
    MOVED = "moved"  # to another hour; still to come
    CANCELLED = "cancelled"
    HELD = "held"
    MISSED = "missed"
    VOID = "void"


class MissedBy(StrEnum):
    CHILD = "child"
    MENTOR = "mentor"
    BOTH = "both"


JUDGEMENTS = frozenset({MeetingState.HELD, MeetingState.MISSED, MeetingState.VOID})
MOVES: Mapping[MeetingState, frozenset[MeetingState]] = MappingProxyType(
    {
        MeetingState.PLANNED: frozenset({MeetingState.MOVED, MeetingState.CANCELLED}) | JUDGEMENTS,
        MeetingState.MOVED: frozenset({MeetingState.MOVED, MeetingState.CANCELLED}) | JUDGEMENTS,
        MeetingState.CANCELLED: frozenset({MeetingState.PLANNED, MeetingState.MOVED}),  # taken back
        MeetingState.HELD: frozenset(),
        MeetingState.MISSED: frozenset(),
        MeetingState.VOID: frozenset(),
    }
)
TO_COME = frozenset(state for state, following in MOVES.items() if following >= JUDGEMENTS)


@dataclass(frozen=True, slots=True)
class Meeting:
    """One dated occurrence. It reserves the hour from ``start``, and lasts about `length_for(grade)`."""

    row: int
    start: datetime
    state: MeetingState = MeetingState.PLANNED

    def __post_init__(self) -> None:
        check_aware(self.start)

    @property
    def hour(self) -> Interval:
        return Interval(self.start, self.start + HOUR)


@dataclass(frozen=True, slots=True)
class Programme:
    """The days on which there are meetings, both ends included. last_day: None while no end is set."""

    first_day: date
    last_day: date | None = None
    holidays: frozenset[date] = frozenset()

    def has(self, day: date) -> bool:
        within = self.first_day <= day and (self.last_day is None or day <= self.last_day)
        return within and day not in self.holidays


@dataclass(frozen=True, slots=True)
class Verdict:
    """missed_by: who was not there; None unless missed."""

    state: MeetingState
    missed_by: MissedBy | None
    totals: Totals


def length_for(grade: int) -> timedelta:
    return timedelta(minutes=20 if grade <= 2 else 30)


def occurrences(slot: int, first: date, last: date, programme: Programme) -> tuple[Interval, ...]:
    """The hours of a weekly slot from the first to the last day, both included, earliest first."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    hours = (slot_on(day, slot) for day in days if programme.has(day))
    return tuple(hour for hour in hours if hour is not None)


def may_change(meeting: Meeting, now: datetime) -> bool:
    """It can still be moved or cancelled: until its hour is over."""
    return meeting.state in TO_COME and now < meeting.hour.end


def move(meeting: Meeting, start: datetime, now: datetime) -> Meeting:
    """To another hour. Raises IllegalMove when it can't be changed any more, or the new hour has begun."""
    _check_may_change(meeting, now)
    if start <= now:
        raise IllegalMove(expected=f"an hour after {now}", got=str(start))
    return replace(meeting, start=start, state=MeetingState.MOVED)


def cancel(meeting: Meeting, now: datetime) -> Meeting:
    """Raises IllegalMove when it can't be changed any more."""
    _check_may_change(meeting, now)
    return replace(meeting, state=MeetingState.CANCELLED)


def may_take_back(meeting: Meeting, cancelled_at: datetime, now: datetime) -> bool:
    """A cancelled one can still take place: for a day, until its hour has well begun."""
    in_time = now < cancelled_at + TAKEN_BACK and now < meeting.start + NEAR
    return meeting.state is MeetingState.CANCELLED and in_time


def take_back(meeting: Meeting, planned_start: datetime, cancelled_at: datetime, now: datetime) -> Meeting:
    """As it was before it was cancelled. Raises IllegalMove when it is too late, or it was not cancelled."""
    if not may_take_back(meeting, cancelled_at, now):
        raise IllegalMove(expected="one cancelled a moment ago", got=f"a {meeting.state} one at {now}")
    was = MeetingState.PLANNED if meeting.start == planned_start else MeetingState.MOVED
    return replace(meeting, state=was)


def _check_may_change(meeting: Meeting, now: datetime) -> None:
    if not may_change(meeting, now):
        raise IllegalMove(
            expected=f"a meeting to come, before {meeting.hour.end}", got=f"a {meeting.state} one at {now}"
        )


def free_hours(
    *,
    child_slots: frozenset[int],
    mentor_slots: frozenset[int],
    taken: Iterable[Interval],
    first: date,
    last: date,
    now: datetime,
    birth: date,
    programme: Programme,
    hours: Hours = HOURS,
) -> tuple[Interval, ...]:
    """The hours that may be offered for a move, earliest first.

    Free for both every week, on a day of the programme, within the room's hours at the child's age on
    that day, not begun, and not overlapping what either has already (``taken``).
    """
    busy = merge(taken)
    return tuple(
        sorted(
            hour
            for slot in child_slots & mentor_slots
            for hour in occurrences(slot, first, last, programme)
            if hour.start > now
            and slot_fits(slot, local_day(hour.start), birth, hours)
            and not intersect((hour,), busy)
        )
    )


def is_due(meeting: Meeting, now: datetime) -> bool:
    """Its hour is over, and nobody has judged it."""
    return meeting.state in TO_COME and meeting.hour.end <= now


def belongs(session: Interval, meeting: Meeting) -> bool:
    """The session lies within NEAR of the hour of a meeting that was not cancelled."""
    if meeting.state is MeetingState.CANCELLED:
        return False
    return session.start <= meeting.hour.end + NEAR and meeting.hour.start - NEAR <= session.end


def meeting_of(session: Interval, meetings: Iterable[Meeting]) -> Meeting | None:
    """The meeting to which a session belongs: most time in its hour, else the nearest, else the earlier."""
    return min(
        (meeting for meeting in meetings if belongs(session, meeting)),
        key=lambda meeting: (-_shared(session, meeting), _distance(session, meeting), meeting.start),
        default=None,
    )


def is_told(*, of_meeting: bool, together: timedelta, said: bool) -> bool:
    """A family is told of this session. A glance into the room outside any meeting is not a meeting."""
    return of_meeting or said or together >= MOMENT


def windows(meeting: Meeting, sessions: Iterable[Interval]) -> tuple[Interval, ...]:
    """The time that counts for a meeting: its hour, and all of the sessions that belong to it."""
    return merge((meeting.hour, *sessions))


def judge(
    meeting: Meeting,
    connections: Iterable[Connection],
    *,
    now: datetime,
    sessions: Iterable[Interval] = (),
    outages: Iterable[Interval] = (),
    shut_since: datetime | None = None,
) -> Verdict:
    """Held, missed or void.

    connections: the room's rows, at least those of the hour and the sessions.
    sessions:    those that belong to the meeting; one that still runs ends now.
    outages:     when the rooms were down for everybody.
    shut_since:  from when on nobody was let into this room, until now; without a session nobody is to blame.
    Who was there for TOGETHER did not miss it; when both were, but at different times, both missed it.
    Raises IllegalMove for a meeting that is judged or cancelled already, or not over.
    """
    if not is_due(meeting, now):
        raise IllegalMove(
            expected="a meeting to come whose hour is over", got=f"a {meeting.state} one at {now}"
        )
    sessions = tuple(sessions)
    found = totals(connections, windows(meeting, sessions))
    if found.both >= TOGETHER:
        return Verdict(MeetingState.HELD, None, found)
    if length(intersect((meeting.hour,), merge(outages))) >= OUTAGE:
        return Verdict(MeetingState.VOID, None, found)
    if shut_since is not None and shut_since < meeting.hour.end and not sessions:
        return Verdict(MeetingState.VOID, None, found)
    return Verdict(MeetingState.MISSED, _missed_by(found), found)


def _missed_by(found: Totals) -> MissedBy:
    child_came, mentor_came = found.child >= TOGETHER, found.mentor >= TOGETHER
    if child_came == mentor_came:
        return MissedBy.BOTH
    return MissedBy.MENTOR if child_came else MissedBy.CHILD


def _shared(session: Interval, meeting: Meeting) -> timedelta:
    return length(intersect((session,), (meeting.hour,)))


def _distance(session: Interval, meeting: Meeting) -> timedelta:
    before, after = meeting.hour.start - session.end, session.start - meeting.hour.end
    return max(before, after, timedelta(0))
