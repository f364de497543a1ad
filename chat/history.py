"""What took place, for those who may read it: by child, both mentors, month by month."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.utils import timezone

from backend import policy
from backend.errors import NotYours
from backend.policy import Relation
from backend.rosters.access import ABSENT
from backend.rosters.looking import note_look
from backend.rosters.models import Child
from chat.access import (
    CHILD_FIRST,
    is_named,
    looks_after,
    reading_relations,
    relations_to_pairing,
)
from chat.met import told_to_family
from chat.models import Elsewhere, Event, Meeting, Session, Summary
from chat.models.rooms import MSG
from chat.protocol import Side
from chat.rules.attendance import minutes
from chat.rules.meetings import TO_COME, MeetingState
from chat.rules.times import local_day, local_time
from chat.sealing import is_kept_from, sealed_sessions, sealed_words, wholly_sealed
from matching.models import Pairing, Role

LATELY = timedelta(days=62)
STAFF = frozenset({Relation.COORDINATOR, Relation.LEAD, Relation.ACADEMIC_MENTOR, Relation.WELLBEING_MENTOR})


@dataclass(slots=True)
class Line:
    """One line of a history.

    kind:     meeting, session (outside any meeting) or elsewhere (as the mentor reported it).
    state:    of a meeting; held for the other two.
    at:       when it really began, else when it was to be.
    minutes:  both together, measured; reported ones for `elsewhere`. None when nobody met,
              and until they are settled.
    missed_by, mentor_minutes, child_minutes: for staff only; a family is not told who was late.
    moved:    of a meeting that was given another time: when it was to be by the weekly hour, and when it is.
    said:     messages by side.  how: how the last session ended.
    """

    kind: str
    role: str
    mentor_name: str
    at: datetime
    planned_start: datetime | None
    state: str
    minutes: int | None = None
    mentor_minutes: int | None = None
    child_minutes: int | None = None
    missed_by: str = ""
    said: dict[str, int] = field(default_factory=lambda: {"mentor": 0, "child": 0})
    how: str = ""
    medium: str = ""
    disputed: bool = False
    summary: str | None = None
    mood: int | None = None
    summary_due: bool = False
    moved: tuple[datetime, datetime] | None = None
    meeting: int | None = None
    session: int | None = None
    report: int | None = None
    pairing: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """Of a month, or of some: from first_day on. lines: newest first.  between: messages said outside any session.

    moved_on: of meetings that were to be then and took place later.
    """

    first_day: date
    lines: list[Line]
    between: int
    moved_on: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FirstLine:
    """What a parent sees without a tap.

    last: the newest line that took place or was missed.  running: they are together now, in a live pairing.
    each: the live pairings, academic first, each with its own last line.  lately: all lines of LATELY.
    """

    last: Line | None
    next: Meeting | None
    running: Session | None = None
    each: tuple[tuple[Pairing, Line | None], ...] = ()
    lately: tuple[Line, ...] = ()


def history_for(
    *, actor: Any, child_id: int, month: date, months: int = 1, now: datetime | None = None
) -> Month:
    """Of all that this reader may read about the child: a month (by Shanghai's calendar), or that many up to it."""
    last = month.replace(day=1)
    first = months_before(last, months - 1)
    now = now or timezone.now()
    since, until = local_time(first, 0), local_time(months_before(last, -1), 0)
    found = _between(actor, child_id, since, until, now)
    note_look(actor=actor, child_id=child_id, now=now)
    return found


def months_before(first: date, months: int) -> date:
    """The first day of the month so many before that of ``first``."""
    years, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(years, month + 1, 1)


def _between(actor: Any, child_id: int, since: datetime, until: datetime, now: datetime) -> Month:
    readable = _readable(actor, child_id)
    lines = _lines(readable, since, min(until, now), now)
    moved_on = [line for line in lines if line.moved and line.at >= until]
    within = [line for line in lines if line not in moved_on]
    return Month(local_day(since), within, _said_between(readable, since, until), moved_on)


def check_may_read(actor: Any, child_id: int) -> None:
    """Raises NotYours."""
    _readable(actor, child_id)


def first_line(*, actor: Any, child_id: int, now: datetime | None = None) -> FirstLine:
    now = now or timezone.now()
    readable = _readable(actor, child_id)
    lines = _lines(readable, now - LATELY, now, now)
    told = _settled(lines)
    live = sorted((pairing for pairing, _may in readable.values() if pairing.ended_at is None), key=_by_role)
    told += _settled(_before_lately(readable, {pairing.pk for pairing in live}, told, now))
    coming = (
        Meeting.objects.ahead(now)
        .filter(pairing__in=readable)
        .select_related("pairing__mentor", "pairing__child")
        .order_by("start")
        .first()
    )
    each = tuple((one, next((line for line in told if line.pairing == one.pk), None)) for one in live)
    return FirstLine(next(iter(told), None), coming, _running(readable, now), each, tuple(lines))


def _settled(lines: list[Line]) -> list[Line]:
    """Those that took place or were missed; a meeting that was held elsewhere instead is that one."""
    made_good = {line.meeting for line in lines if line.kind == "elsewhere" and not line.disputed}
    return [
        line
        for line in lines
        if (line.state in _SETTLED or line.session is not None)
        and (line.kind == "elsewhere" or line.meeting is None or line.meeting not in made_good)
    ]


def _before_lately(readable: "Readable", live: set[int], told: list[Line], now: datetime) -> list[Line]:
    """Of the live pairings that are older than LATELY and have nothing since: a holiday may be long."""
    rest = live - {line.pairing for line in told}
    silent = Readable(
        {pk: row for pk, row in readable.items() if pk in rest and row[0].started_at < now - LATELY}
    )
    if not silent:
        return []
    silent.kept = [pk for pk in readable.kept if pk in silent]
    since = min(pairing.started_at for pairing, _may in silent.values())
    return _lines(silent, since, now - LATELY, now)


def _by_role(pairing: Pairing) -> tuple[str, int]:
    return pairing.role, pairing.pk


_SETTLED = {MeetingState.HELD, MeetingState.MISSED, MeetingState.VOID}


class Readable(dict[int, tuple[Pairing, set[Relation]]]):
    """By pairing.  kept: the ones whose sealed talk this reader may not notice."""

    kept: list[int]


def _readable(actor: Any, child_id: int) -> Readable:
    """The child's pairings, ended ones too, whose log this person may read. NotYours when it is none."""
    known = Child.objects.filter(pk=child_id).first()
    child = known or ABSENT
    base, cares = reading_relations(actor, child), looks_after(actor, child)
    named, named_mentor = is_named(actor, child)
    found = Readable()
    for pairing in Pairing.objects.filter(child=child, room__isnull=False).select_related(
        "mentor", "child", "room"
    ):
        if named and pairing.mentor.user_id != actor.pk:
            continue
        relations = relations_to_pairing(actor, pairing, base)
        if cares and pairing.role == Role.ACADEMIC:
            relations.add(Relation.WELLBEING_MENTOR)
        if policy.allows("session", "read", relations):
            found[pairing.pk] = (pairing, relations)
    if known is None or (not found and not policy.allows("session", "read", base)):
        raise NotYours
    found.kept = [
        pk
        for pk, (pairing, relations) in found.items()
        if is_kept_from(relations) or (named_mentor and pairing.mentor.user_id != actor.pk)
    ]
    return found


def _told(sessions: Any, readable: Readable) -> Any:
    """Without sessions that are sealed for this reader."""
    kept = readable.kept
    return sessions.exclude(room__pairing__in=kept, pk__in=sealed_sessions()) if kept else sessions


def _running(readable: Readable, now: datetime) -> Session | None:
    """In a live pairing; a family is told only of one in which they really meet."""
    live = Session.objects.filter(room__pairing__in=readable, room__pairing__ended_at=None, ended_at=None)
    rows = list(_told(live, readable).select_related("room__pairing__mentor"))
    told = told_to_family(rows, now)
    seen = (row for row in rows if row.pk in told or readable[row.room.pairing_id][1] & STAFF)
    return next(seen, None)


def _lines(readable: Readable, since: datetime, until: datetime, now: datetime) -> list[Line]:
    sessions = list(_sessions(readable, since, until))
    reports = list(
        Elsewhere.objects.filter(room__pairing__in=readable, began_at__gte=since, began_at__lt=until)
        .annotate(pairing_id=F("room__pairing"))
        .prefetch_related("summaries")
    )
    then = Q(start__gte=since, start__lt=until) | Q(
        planned_start__gte=since, planned_start__lt=until, start__gte=until, start__lt=now
    )
    meetings = Meeting.objects.filter(then, pairing__in=readable)
    lines = []
    for meeting in meetings:
        pairing, relations = readable[meeting.pairing_id]
        own = [session for session in sessions if session.meeting_id == meeting.pk]
        if meeting.state in (MeetingState.PLANNED, MeetingState.MOVED) and not own:
            continue  # its hour is not over yet
        lines.append(_meeting_line(meeting, own, pairing, relations, now))
    outside = [session for session in sessions if session.meeting_id is None]
    to_family = [session for session in outside if not readable[session.pairing_id][1] & STAFF]
    untold = {session.pk for session in to_family} - told_to_family(to_family, now)
    for session in outside:
        pairing, relations = readable[session.pairing_id]
        if session.pk not in untold:
            lines.append(_session_line(session, pairing, relations, now))
    for report in reports:
        pairing, relations = readable[report.pairing_id]
        lines.append(_report_line(report, pairing, relations, now))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _sessions(readable: Readable, since: datetime, until: datetime) -> Any:
    said = Event.objects.filter(
        room=OuterRef("room"), kind=MSG, at__gte=OuterRef("opened_at"), at__lte=OuterRef("ended_at")
    )
    sealed: Any = Value(False)
    if kept := readable.kept:
        said = said.exclude(sealed_words(), room__pairing__in=kept)
        sealed = Exists(wholly_sealed().filter(pk=OuterRef("pk"), room__pairing__in=kept))
    counts = {
        f"{side}_said": Subquery(
            said.filter(sender=side).order_by().values("room").annotate(n=Count("pk")).values("n")
        )
        for side in Side
    }
    near = Q(opened_at__gte=since, opened_at__lt=until) | Q(
        meeting__start__gte=since, meeting__start__lt=until
    )
    ended = Session.objects.filter(near, room__pairing__in=readable, ended_at__isnull=False)
    return (
        _told(ended, readable)
        .annotate(pairing_id=F("room__pairing"), sealed=sealed, **counts)
        .prefetch_related("summaries")
        .order_by("opened_at")
    )


def _meeting_line(
    meeting: Meeting, sessions: list[Any], pairing: Pairing, relations: set[Relation], now: datetime
) -> Line:
    line = Line(
        "meeting", pairing.role, pairing.mentor.name, meeting.start, meeting.planned_start, meeting.state
    )
    line.meeting, line.pairing = meeting.pk, pairing.pk
    if meeting.moved_from is not None:
        line.moved = meeting.moved_from, meeting.start
    if sessions:
        line.session = sessions[-1].pk
        if relations & STAFF:  # a family is not told how late it began
            line.at, line.how = sessions[0].opened_at, sessions[-1].why
    _take_said(line, sessions)
    if meeting.state == MeetingState.HELD:
        line.minutes = _minutes(meeting.both_s)
    elif meeting.state in TO_COME and all(session.both_s is not None for session in sessions):
        line.minutes = _minutes(sum(session.both_s for session in sessions))
    if relations & STAFF and meeting.judged_at is not None:
        line.missed_by = meeting.missed_by
        line.mentor_minutes, line.child_minutes = _minutes(meeting.mentor_s), _minutes(meeting.child_s)
    told = [session for session in sessions if not session.sealed]
    _take_summary(line, [session.summaries.all() for session in told], relations, now)
    # Of a sealed session nobody waits for what will not show.
    line.summary_due = line.summary is None and meeting.state == MeetingState.HELD and told == sessions
    return line


def _session_line(session: Any, pairing: Pairing, relations: set[Relation], now: datetime) -> Line:
    line = Line("session", pairing.role, pairing.mentor.name, session.opened_at, None, MeetingState.HELD)
    line.session, line.how, line.pairing = session.pk, session.why, pairing.pk
    line.minutes = _minutes(session.both_s)
    if relations & STAFF:
        line.mentor_minutes, line.child_minutes = _minutes(session.mentor_s), _minutes(session.child_s)
    _take_said(line, [session])
    _take_summary(line, [session.summaries.all()], relations, now)
    return line


def _report_line(report: Any, pairing: Pairing, relations: set[Relation], now: datetime) -> Line:
    line = Line("elsewhere", pairing.role, pairing.mentor.name, report.began_at, None, MeetingState.HELD)
    line.report, line.medium, line.minutes = report.pk, report.medium, report.minutes
    line.disputed, line.meeting, line.pairing = (
        report.disputed_at is not None,
        report.meeting_id,
        pairing.pk,
    )
    _take_summary(line, [report.summaries.all()], relations, now)
    return line


def _take_said(line: Line, sessions: Iterable[Any]) -> None:
    for session in sessions:
        line.said["mentor"] += session.mentor_said or 0
        line.said["child"] += session.child_said or 0


def _take_summary(
    line: Line, versions: Iterable[Iterable[Summary]], relations: set[Relation], now: datetime
) -> None:
    """Of each, the newest version that this reader may see: a new one doesn't take the old one away."""
    readable = ([each for each in some if _may_see(each, line.role, relations, now)] for some in versions)
    seen = [newest for some in readable if (newest := _newest(some)) is not None]
    if seen:
        line.summary = "\n\n".join(each.body for each in seen)
        line.mood = seen[-1].mood


def _may_see(summary: Summary, role: str, relations: set[Relation], now: datetime) -> bool:
    if not policy.allows("summary", "read", relations):
        return False
    early = relations & (STAFF | {Relation.CHILD})
    return bool(early) or role != Role.WELLBEING or now - summary.written_at >= CHILD_FIRST


def _newest(versions: Iterable[Summary]) -> Summary | None:
    return max(versions, key=lambda each: each.version, default=None)


def _minutes(seconds: int | None) -> int | None:
    return None if seconds is None else minutes(timedelta(seconds=seconds))


def _said_between(readable: Readable, since: datetime, until: datetime) -> int:
    around = Session.objects.filter(room=OuterRef("room"), opened_at__lte=OuterRef("at")).filter(
        Q(ended_at=None) | Q(ended_at__gte=OuterRef("at"))
    )
    rooms = [pairing.room.pk for pairing, _relations in readable.values()]
    said = Event.objects.filter(room__in=rooms, kind=MSG, at__gte=since, at__lt=until)
    if kept := readable.kept:
        said = said.exclude(sealed_words(), room__pairing__in=kept)
    return said.exclude(Exists(around)).count()
