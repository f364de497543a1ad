"""Versions of what a mentor wrote about time together."""

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from backend.errors import Invalid
from chat import checks, telling
from chat.models import Elsewhere, Room, Session, Summary
from chat.protocol import LIMITS
from matching.models import Role

LATELY = timedelta(hours=24)


def keep_summary(
    *, room: Room, session: Session | None, body: str, written_by: int, now: datetime, mood: int | None = None
) -> Summary | None:
    """The next version for this session, or for the room's last one. None when there was none lately.

    The same words again are no version: they come a second time when nobody knew whether the first came through.
    """
    session = session or last_session(room, now)
    if session is None:
        return None
    newest = session.summaries.order_by("version").last()
    if newest is not None and (newest.body, newest.mood, newest.written_by_id) == (body, mood, written_by):
        return newest
    return add_version(session, body=body, written_by=written_by, now=now, mood=mood)


def last_session(room: Room, now: datetime) -> Session | None:
    """The one that words said after its end are about: of the last day."""
    lately = Session.objects.filter(room=room, opened_at__gte=now - LATELY)
    return lately.order_by("-opened_at").first()


def add_version(
    about: Session | Elsewhere, *, body: str, written_by: int, now: datetime, mood: int | None
) -> Summary:
    target = {"session": about} if isinstance(about, Session) else {"elsewhere": about}
    newest = Summary.objects.filter(**target).aggregate(newest=Max("version"))["newest"]
    summary = Summary.objects.create(
        **target, version=(newest or 0) + 1, body=body, mood=mood, written_by_id=written_by, written_at=now
    )
    telling.summary_written(summary, now)
    return summary


def checked_words(body: str) -> str:
    """``body`` as it may be kept. Raises Invalid: also where details in it would lead the child who reads it away."""
    text = body.strip()
    if not 1 <= len(text) <= LIMITS.summary_chars:
        raise Invalid(_("A summary has 1 to %(most)d characters.") % {"most": LIMITS.summary_chars})
    if found := checks.details_in(text):
        what = _(", ").join(found)
        raise Invalid(
            _("The child reads the summary too. Please take out what is in it: %(what)s.") % {"what": what}
        )
    return text


def check_mood(mood: int | None, role: str) -> None:
    """Raises Invalid."""
    if mood is not None and (role != Role.WELLBEING or not 1 <= mood <= 5):
        raise Invalid(_("A mood from 1 to 5 goes with a wellbeing summary only."))
