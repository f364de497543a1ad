"""Minutes, computed from rows of attendance: once stored, and at any time again to compare."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from chat.models import Attendance, Meeting, Session
from chat.models.meetings import seconds
from chat.rules.attendance import BRIDGE, Connection, Totals, totals
from chat.rules.meetings import JUDGEMENTS, windows
from chat.rules.times import Interval
from chat.sitting import as_connection


def connections_by_room(rooms: Iterable[int], spans: Iterable[Interval]) -> dict[int, list[Connection]]:
    """The rooms' connections that matter to these spans, with those a bridged gap away."""
    spans = list(spans)
    found: dict[int, list[Connection]] = defaultdict(list)
    if spans:
        first, last = min(span.start for span in spans), max(span.end for span in spans)
        rows = Attendance.objects.filter(room__in=list(rooms), since__lte=last + BRIDGE)
        for row in rows.filter(Q(until=None) | Q(until__gte=first - BRIDGE)):
            found[row.room_id].append(as_connection(row))
    return found


def sessions_by_meeting(meetings: Iterable[Meeting], now: datetime) -> dict[int, list[Interval]]:
    """The sessions of each meeting; one that still runs in its hour ends now. Needs the pairings' rooms."""
    meetings = list(meetings)
    by_room: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        by_room[meeting.pairing.room.pk].append(meeting)
    found: dict[int, list[Interval]] = defaultdict(list)
    rows = Session.objects.filter(Q(meeting__in=meetings) | Q(room__in=by_room, ended_at=None))
    for row in rows:
        span = Interval(row.opened_at, row.ended_at or max(now, row.opened_at))
        for meeting in by_room[row.room_id]:
            runs = row.ended_at is None and row.opened_at <= meeting.value().hour.end
            if runs or row.meeting_id == meeting.pk:
                found[meeting.pk].append(span)
    return found


def session_totals(session: Session) -> Totals:
    """Of an ended session."""
    return totals_by_session([session])[session.pk]


def totals_by_session(sessions: Iterable[Session], now: datetime | None = None) -> dict[int, Totals]:
    """Of ended sessions, and up to ``now`` of those that run."""
    ends = {row: row.ended_at or (now and max(now, row.opened_at)) for row in sessions}
    spans = {row: Interval(row.opened_at, end) for row, end in ends.items() if end is not None}
    rows = connections_by_room({row.room_id for row in spans}, spans.values())
    return {row.pk: totals(rows[row.room_id], [span]) for row, span in spans.items()}


def meeting_totals(meeting: Meeting, now: datetime) -> Totals:
    room = meeting.pairing.room.pk
    frame = windows(meeting.value(), sessions_by_meeting([meeting], now)[meeting.pk])
    return totals(connections_by_room([room], frame)[room], frame)


@transaction.atomic
def settle(session_ids: Iterable[int], now: datetime) -> None:
    """Stores the minutes of ended sessions, and brings those of their judged meetings up to date."""
    sessions = list(
        Session.objects.select_for_update(of=("self",))
        .select_related("meeting__pairing__room")
        .filter(pk__in=list(session_ids), settled_at=None, decided_at__isnull=False)
        .order_by("pk")
    )
    found = totals_by_session(sessions)
    for session in sessions:
        session.take(found[session.pk])
        session.settled_at = now
    Session.objects.bulk_update(sessions, ["mentor_s", "child_s", "both_s", "settled_at"])
    for meeting in {row.meeting for row in sessions if row.meeting is not None}:
        if meeting.state in JUDGEMENTS:
            meeting.take(meeting_totals(meeting, now))
            meeting.save(update_fields=["mentor_s", "child_s", "both_s"])


@dataclass(frozen=True, slots=True)
class Differs:
    """Stored and recomputed seconds of mentor, child and both."""

    what: Session | Meeting
    stored: tuple[int | None, int | None, int | None]
    found: tuple[int, int, int]


def differences(now: datetime) -> Iterator[Differs]:
    """Everything stored whose minutes come out otherwise from the rows."""
    for session in Session.objects.filter(settled_at__isnull=False).iterator(500):
        found = seconds(session_totals(session))
        if found != session.stored():
            yield Differs(session, session.stored(), found)
    judged = Meeting.objects.filter(state__in=JUDGEMENTS).select_related("pairing__room")
    for meeting in judged.iterator(500):
        # While a session of it runs or settles, its minutes still move.
        if Session.objects.filter(meeting=meeting, settled_at=None).exists():
            continue
        found = seconds(meeting_totals(meeting, now))
        if found != meeting.stored():
            yield Differs(meeting, meeting.stored(), found)
