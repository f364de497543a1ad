"""Summaries that are still to be written: the mentor is reminded once, then the coordinators hear a number."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from backend.accounts.models import User
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, tell
from chat.models import Meeting, Summary
from chat.rules.meetings import MeetingState
from chat.rules.summaries import DUE, FORGOTTEN, REMINDED
from chat.rules.times import HOUR, local_day, local_time

MORNING = 9


def without_summary(since: datetime, until: datetime) -> Any:
    """Held meetings of live pairings whose hour ended in this time."""
    # Two questions, not one with "or": each finds its index.
    written = Summary.objects.filter(session__meeting=OuterRef("pk"))
    told = Summary.objects.filter(elsewhere__meeting=OuterRef("pk"))
    held = Meeting.objects.filter(
        state=MeetingState.HELD,
        start__gt=since - HOUR,
        start__lte=until - HOUR,
        pairing__ended_at=None,
    )
    return held.exclude(Exists(written)).exclude(Exists(told))


@transaction.atomic
def remind_mentors(now: datetime) -> int:
    """Each mentor once about each meeting. Returns how many meetings have none in time."""
    due = without_summary(now - DUE, now - REMINDED).select_related("pairing__child", "pairing__mentor")
    news = [
        News(
            person=meeting.pairing.mentor.user_id,
            audience=Audience.MENTOR,
            kind=Kind.SUMMARY_DUE,
            about=f"meeting:{meeting.pk}",
            child=meeting.child_id,
            facts={"start": meeting.start.isoformat(), "child": meeting.pairing.child.call_name},
            once=f"meeting:{meeting.pk}",
        )
        for meeting in due
    ]
    tell(news, now=now)
    return len(news)


@transaction.atomic
def tell_coordinators(now: datetime) -> int:
    """Once a day, from nine, one number for all of them; nothing when nothing is missing."""
    today = local_day(now)
    if now < local_time(today, MORNING):
        return 0
    missing = without_summary(now - FORGOTTEN, now - DUE).count()
    if missing:
        coordinators = User.objects.filter(is_coordinator=True, is_active=True)
        news = [
            News(
                person=person,
                audience=Audience.COORDINATOR,
                kind=Kind.SUMMARIES_MISSING,
                about=f"summaries:{today}",
                facts={"count": missing},
                once=str(today),
            )
            for person in coordinators.values_list("pk", flat=True)
        ]
        tell(news, now=now)
    return missing
