"""A mentor's meetings as a calendar, saved once or asked for again and again by a calendar application.

It leaves the site, and lies on other people's servers: it says when, and never with whom. Not the name, nor
grade, subject or role of a child; whoever reads it learns that its owner has a meeting here at seven.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from backend.audit import log as audit
from backend.errors import NotYours
from backend.rosters.models import Mentor
from chat.access import meetings_for
from chat.models import CalendarFeed
from chat.rules.meetings import length_for

PAST = timedelta(days=7)
ASK_AGAIN = timedelta(hours=2)


@transaction.atomic
def make_feed(*, actor: Any, now: datetime) -> str:
    """A new secret for the address of the actor's calendar, shown this once. The old address is dead."""
    _check_mentor(actor)
    secret = secrets.token_urlsafe(32)
    feed, _made = CalendarFeed.objects.update_or_create(
        user=actor, defaults={"secret_hash": _hash(secret), "made_at": now}
    )
    audit.record(actor, "calendar.address_made", feed)
    return secret


@transaction.atomic
def end_feed(*, actor: Any) -> None:
    """The address is dead. Where there is none, nothing happens."""
    _check_mentor(actor)
    feed = feed_of(actor)
    if feed is not None:
        audit.record(actor, "calendar.address_ended", feed)
        feed.delete()


def feed_of(actor: Any) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(user=actor.pk).first()


def calendar_by_secret(secret: str, now: datetime) -> bytes:
    """For whoever holds the address. NotYours for one that is dead, or whose owner has no way in any more."""
    feed = CalendarFeed.objects.filter(secret_hash=_hash(secret)).select_related("user").first()
    if feed is None or not feed.user.is_active:
        raise NotYours
    with translation.override(feed.user.language):
        return calendar_of_mentor(actor=feed.user, now=now)


def _hash(secret: str) -> str:
    """The secret has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_mentor(actor: Any) -> None:
    if not Mentor.objects.filter(user=actor.pk, active=True).exists():
        raise NotYours


def calendar_of_mentor(*, actor: Any, now: datetime) -> bytes:
    """What lies ahead, and what was moved or cancelled lately, with stable ids: read in again it changes, and
    does not double."""
    _check_mentor(actor)
    calendar = Calendar()
    calendar.add("prodid", "-//Shuangdao//zh//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"value": "DURATION"})
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
