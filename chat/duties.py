"""What the worker's clock does for the rooms. Each duty may run twice, late, or on two machines."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from backend.duties import ticker
from chat import bells, gates, readers, reminders, telling
from chat.acts import Tick
from chat.measuring import connections_by_room, sessions_by_meeting, settle
from chat.models import Attendance, Meeting, Session
from chat.planning import plan_meetings
from chat.record import perform
from chat.rules.attendance import STALE
from chat.rules.meetings import TO_COME, MeetingState, judge
from chat.rules.times import HOUR
from chat.uptime import outages_in

BATCH = 200
# After this long every connection of the hour has a heartbeat later than it, or is closed as lost.
SETTLED = timedelta(seconds=90)


def register() -> None:
    ticker.register("rooms.tick", timedelta(seconds=15), tick_rooms)
    ticker.register("rooms.gates", timedelta(seconds=20), gates.enforce)
    ticker.register("rooms.readers", timedelta(seconds=20), readers.follow)
    ticker.register("rooms.settle", timedelta(seconds=30), settle_sessions)
    ticker.register("meetings.judge", timedelta(seconds=60), judge_meetings)
    ticker.register("summaries.remind", timedelta(minutes=10), reminders.remind_mentors)
    ticker.register("summaries.missing", timedelta(minutes=30), reminders.tell_coordinators)
    ticker.register("meetings.plan", timedelta(hours=1), lambda now: plan_meetings(now=now))


def tick_rooms(now: datetime) -> int:
    """Closes lost connections, ends and warns where a deadline has passed. Returns the rooms looked at."""
    lost = Attendance.objects.filter(until=None, last_seen_at__lt=now - STALE).values_list("room", flat=True)
    due = Session.objects.filter(ended_at=None).filter(Q(next_tick_at=None) | Q(next_tick_at__lte=now))
    rooms = sorted({*lost, *due.values_list("room", flat=True)})
    for start in range(0, len(rooms), BATCH):
        done = perform([Tick(room) for room in rooms[start : start + BATCH]], now=now)
        bells.ring(done)
    return len(rooms)


def settle_sessions(now: datetime) -> int:
    """Final minutes of sessions that are over, and with them those of their meetings."""
    due = Session.objects.filter(settled_at=None, decided_at__lte=now - SETTLED)
    found = list(due.values_list("pk", flat=True)[:2000])
    for start in range(0, len(found), BATCH):
        settle(found[start : start + BATCH], now)
    return len(found)


def judge_meetings(now: datetime) -> int:
    """Each meeting whose hour is over, once. Returns how many were judged."""
    due = Meeting.objects.filter(state__in=TO_COME, start__lte=now - HOUR - SETTLED)
    found = list(due.values_list("pk", flat=True)[:5000])
    return sum(_judge(found[start : start + BATCH], now) for start in range(0, len(found), BATCH))


@transaction.atomic
def _judge(meeting_ids: list[int], now: datetime) -> int:
    """Those that somebody else has judged in the meantime are left out."""
    meetings = list(
        Meeting.objects.select_for_update(of=("self",))
        .select_related("pairing__room", "pairing__child", "pairing__mentor")
        .filter(pk__in=meeting_ids, state__in=TO_COME, start__lte=now - HOUR)
        .order_by("pk")
    )
    sessions = sessions_by_meeting(meetings, now)
    spans = [each.value().hour for each in meetings] + [span for each in sessions.values() for span in each]
    connections = connections_by_room({each.pairing.room.pk for each in meetings}, spans)
    down = outages_in(each.value().hour for each in meetings)
    for meeting in meetings:
        verdict = judge(
            meeting.value(),
            connections[meeting.pairing.room.pk],
            now=now,
            sessions=sessions[meeting.pk],
            outages=down[meeting.value().hour],
            shut_since=meeting.pairing.room.frozen_since,
        )
        meeting.state, meeting.judged_at = verdict.state, now
        meeting.missed_by = verdict.missed_by or ""
        meeting.take(verdict.totals)
    columns = ["state", "judged_at", "missed_by", "mentor_s", "child_s", "both_s"]
    Meeting.objects.bulk_update(meetings, columns)
    for meeting in meetings:
        if meeting.state == MeetingState.MISSED:
            telling.meeting_missed(meeting, now)
    return len(meetings)
