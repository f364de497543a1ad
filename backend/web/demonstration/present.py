"""What makes it convince at any hour: one meeting of the family is going on now, another within two days.

No weekly hour is now at every hour of the week, so a meeting to come is put where it is needed: as data, not
by a use-case, because at three in the morning no rule offers an hour.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from backend.audit import log as audit
from backend.web.demonstration.people import family_pair
from chat.models import Attendance, Meeting
from chat.protocol import Side
from chat.rules.meetings import MeetingState
from chat.rules.times import HOUR, local_day, local_time
from matching.models import Pairing, Role

STEP = timedelta(minutes=5)
WORTH_ENTERING = timedelta(minutes=20)
SOON = timedelta(hours=46)


def keep_meeting_now(now: datetime) -> None:
    """The family's lesson is on. One that nobody enters slides along with the time instead of being missed."""
    pairing = family_pair(Role.ACADEMIC)
    if pairing is None or _is_called_off(pairing, now - 2 * HOUR):
        return
    coming = Meeting.objects.to_come().filter(pairing=pairing, start__gt=now - 2 * HOUR).order_by("start")
    meeting = coming.first()
    if meeting is None or _is_used(pairing, meeting) or _is_on(meeting, now):
        return
    start = now - (now - local_time(local_day(now), 0)) % STEP
    # A little earlier where the mentor or the child begins another hour at that very time.
    # As if it had been so by the weekly hour: nobody shall read that it was moved a moment ago.
    any(
        _put(meeting, at, planned_start=at, state=MeetingState.PLANNED)
        for at in (start - back * STEP for back in range(3))
    )


def keep_next_near(now: datetime) -> None:
    """The counsellor's next hour comes within two days, and not while the lesson is on."""
    pairing = family_pair(Role.WELLBEING)
    if pairing is None or _is_called_off(pairing, now - HOUR):
        return
    coming = Meeting.objects.to_come().filter(pairing=pairing, start__gt=now - HOUR).order_by("start")
    if coming.filter(start__gt=now + HOUR, start__lt=now + SOON).exists():
        return
    meeting = coming.first()
    if meeting is None:
        return
    # As if the counsellor had moved it, so that it can be called off and taken back like any other.
    moved = {"state": MeetingState.MOVED, "changed_by": meeting.mentor.user, "changed_at": now}
    hours = (local_time(local_day(now) + timedelta(days=1), hour) for hour in (18, 17, 19, 16, 20, 15))
    any(_put(meeting, start, **moved) for start in hours)


def _is_called_off(pairing: Pairing, since: datetime) -> bool:
    """A visitor cancelled the one that was put here, or its mentor is ill: no other takes its place."""
    return Meeting.objects.filter(pairing=pairing, state=MeetingState.CANCELLED, start__gt=since).exists()


def _is_on(meeting: Meeting, now: datetime) -> bool:
    return meeting.start <= now < meeting.start + HOUR - WORTH_ENTERING


def _is_used(pairing: Pairing, meeting: Meeting) -> bool:
    """Both came, or somebody is there: then it is judged like any other. Whoever only looked in missed nothing."""
    since = Attendance.objects.filter(room=pairing.room, since__gte=meeting.start - STEP)
    met = since.values("side").distinct().count() == len(Side)
    return met or Attendance.objects.filter(room=pairing.room, until=None).exists()


@transaction.atomic
def _put(meeting: Meeting, start: datetime, **how: Any) -> bool:
    try:
        with transaction.atomic():
            Meeting.objects.filter(pk=meeting.pk).update(start=start, **how)
    except IntegrityError:  # one of the two has another meeting then
        return False
    audit.record(None, "meeting.put_by_demonstration", meeting, start=start.isoformat())
    return True
