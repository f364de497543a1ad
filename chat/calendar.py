"""A mentor's meetings as a calendar file. It leaves the site, so it names nobody."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from backend.errors import NotYours
from backend.rosters.models import Mentor
from chat.access import meetings_for
from chat.rules.meetings import length_for

PAST = timedelta(days=7)


def calendar_of_mentor(*, actor: Any, now: datetime) -> bytes:
    """What lies ahead, and what was moved or cancelled lately, with stable ids: read in again it changes, and
    does not double."""
    if not Mentor.objects.filter(user=actor.pk, active=True).exists():
        raise NotYours
    calendar = Calendar()
    calendar.add("prodid", "-//Shuangdao//zh//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    own = meetings_for(actor).filter(mentor__user=actor.pk, start__gt=now - PAST)
    for meeting in own:
        event = Event()
        event.add("uid", f"meeting-{meeting.pk}@shuangdao")
        event.add("dtstamp", meeting.changed_at or meeting.pairing.started_at)
        event.add("dtstart", meeting.start)
        event.add("dtend", meeting.start + length_for(meeting.pairing.child.grade))
        event.add("summary", _("Shuangdao: a meeting"))
        event.add("url", f"{settings.SITE_ORIGIN}/")
        event.add("status", "CANCELLED" if meeting.state == "cancelled" else "CONFIRMED")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
