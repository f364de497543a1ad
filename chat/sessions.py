"""What a mentor does with a session from a page: end it, and write what was done."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend import policy
from backend.audit import log as audit
from backend.errors import Invalid, NotYours
from chat import bells, signals
from chat.access import access_room, relations_to_pairing
from chat.acts import EndSession
from chat.models import Elsewhere, Room, Session, Summary
from chat.protocol import Side
from chat.record import perform
from chat.rules.times import HOUR
from chat.summaries import add_version, check_mood, checked_words, last_session

PEOPLE = ("room__pairing__child", "room__pairing__mentor")


@transaction.atomic
def end_session(
    *,
    actor: Any,
    room_id: int,
    summary: str | None = None,
    mood: int | None = None,
    now: datetime | None = None,
) -> Room:
    """As the mentor's `end` does. Without a running session only the summary is kept, for the last one.

    Raises Invalid where there is none in the last day, or what was done in it was written already: who says it later
    means another meeting, which has not begun.
    """
    room = access_room(actor, room_id, "end_session")
    check_mood(mood, room.pairing.role)
    text, now = (
        None if summary is None or not summary.strip() else checked_words(summary),
        now or timezone.now(),
    )
    if text is not None:
        _check_has_subject(room, now)
    end = EndSession(room.pk, Side.MENTOR, actor.pk, text, mood)
    done = perform([end], now=now)
    audit.record(actor, "session.ended", room)
    transaction.on_commit(lambda: bells.ring(done))
    return room


def _check_has_subject(room: Room, now: datetime) -> None:
    last = last_session(room, now)
    if last is None:
        raise Invalid(_("You did not meet here in the last day, so there is nothing that this is about."))
    if last.ended_at is not None and last.ended_at < now - HOUR and last.summaries.exists():
        raise Invalid(
            _(
                "No meeting is going on here, and what was done in the last one is written already. This one has not begun: you both have to be in the room."
            )
        )


@transaction.atomic
def write_summary(
    *,
    actor: Any,
    body: str,
    session_id: int | None = None,
    report_id: int | None = None,
    mood: int | None = None,
    now: datetime | None = None,
) -> Summary:
    """A new version, about a session or a reported meeting. mood 1-5: wellbeing only."""
    about: Session | Elsewhere
    about = access_report(actor, report_id) if session_id is None else access_session(actor, session_id)
    check_mood(mood, about.room.pairing.role)
    # Versions are counted by who holds the row.
    type(about).objects.select_for_update().get(pk=about.pk)
    summary = add_version(
        about, body=checked_words(body), written_by=actor.pk, now=now or timezone.now(), mood=mood
    )
    audit.record(actor, "summary.written", summary, version=summary.version)
    signals.summary_written.send(Summary, summary=summary, actor=actor)
    return summary


def access_session(actor: Any, session_id: int) -> Session:
    """A session for writing its summary, or NotYours."""
    found = Session.objects.select_related(*PEOPLE).filter(pk=session_id).first()
    may_write = _may_write(actor, found)
    if found is None or not may_write:
        raise NotYours
    return found


def access_report(actor: Any, report_id: int | None) -> Elsewhere:
    """A meeting held elsewhere for writing its summary, or NotYours."""
    found = Elsewhere.objects.select_related(*PEOPLE).filter(pk=report_id).first()
    may_write = _may_write(actor, found)
    if found is None or not may_write:
        raise NotYours
    return found


def _may_write(actor: Any, about: Session | Elsewhere | None) -> bool:
    return policy.allows("summary", "write", relations_to_pairing(actor, about and about.room.pairing))


def last_summary(room: Room) -> Summary | None:
    """What the mentor wrote last time, of whichever meeting; for those who passed the room's gate."""
    of_room = Summary.objects.filter(Q(session__room=room) | Q(elsewhere__room=room))
    return of_room.order_by("-written_at").first()
