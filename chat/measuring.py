"""Minutes, computed from rows of attendance: once stored, and at any time again to compare."""

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


def connections_for(room_id: int, spans: Iterable[Interval]) -> list[Connection]:
    """The room's connections that matter to these spans, with those a bridged gap away."""
    spans = list(spans)
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    rows = Attendance.objects.filter(room=room_id, since__lte=last + BRIDGE).filter(
        Q(until=None) | Q(until__gte=first - BRIDGE)
    )
    return [as_connection(row) for row in rows]


def session_totals(session: Session) -> Totals:
    """Of an ended session."""
    assert session.ended_at is not None
    span = Interval(session.opened_at, session.ended_at)
    return totals(connections_for(session.room_id, [span]), [span])


def spans_of(meeting: Meeting, now: datetime) -> list[Interval]:
    """The sessions of a meeting; one that still runs in its hour ends now."""
    hour = meeting.value().hour
    rows = Session.objects.filter(
        Q(meeting=meeting) | Q(room__pairing=meeting.pairing_id, ended_at=None, opened_at__lte=hour.end)
    )
    return [Interval(row.opened_at, row.ended_at or max(now, row.opened_at)) for row in rows]


def meeting_totals(meeting: Meeting, now: datetime) -> Totals:
    spans = spans_of(meeting, now)
    frame = windows(meeting.value(), spans)
    return totals(connections_for(meeting.pairing.room.pk, frame), frame)


@transaction.atomic
def settle_session(session_id: int, now: datetime) -> None:
    """Stores the minutes of an ended session, and brings those of its judged meeting up to date."""
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("meeting__pairing__room")
        .filter(pk=session_id, settled_at=None, decided_at__isnull=False)
        .first()
    )
    if session is None:
        return
    session.take(session_totals(session))
    session.settled_at = now
    session.save(update_fields=["mentor_s", "child_s", "both_s", "settled_at"])
    meeting = session.meeting
    if meeting is not None and meeting.state in JUDGEMENTS:
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
