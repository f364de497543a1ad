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
from chat.protocol import LIMITS, Side
from chat.record import perform
from chat.summaries import add_version
from matching.models import Pairing, Role

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
    """As the mentor's `end` does. Without a running session only the summary is kept, for the last one."""
    room = access_room(actor, room_id, "end_session")
    _check_mood(room.pairing, mood)
    text = None if summary is None or not summary.strip() else _text(summary)
    end = EndSession(room.pk, Side.MENTOR, actor.pk, text, mood)
    done = perform([end], now=now or timezone.now())
    audit.record(actor, "session.ended", room)
    transaction.on_commit(lambda: bells.ring(done))
    return room


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
    about = _about(session_id, report_id)
    if about is None or not _may_write(actor, about):
        raise NotYours
    _check_mood(about.room.pairing, mood)
    summary = add_version(about, body=_text(body), written_by=actor.pk, now=now or timezone.now(), mood=mood)
    audit.record(actor, "summary.written", summary, version=summary.version)
    signals.summary_written.send(Summary, summary=summary, actor=actor)
    return summary


def access_session(actor: Any, session_id: int) -> Session:
    """A session for writing its summary, or NotYours."""
    found = Session.objects.select_related(*PEOPLE).filter(pk=session_id).first()
    if found is None or not _may_write(actor, found):
        raise NotYours
    return found


def _may_write(actor: Any, about: Session | Elsewhere) -> bool:
    return policy.allows("summary", "write", relations_to_pairing(actor, about.room.pairing))


def last_summary(room: Room) -> Summary | None:
    """What the mentor wrote last time, of whichever meeting; for those who passed the room's gate."""
    of_room = Summary.objects.filter(Q(session__room=room) | Q(elsewhere__room=room))
    return of_room.order_by("-written_at").first()


def _about(session_id: int | None, report_id: int | None) -> Session | Elsewhere | None:
    if session_id is not None:
        sessions = Session.objects.select_related(*PEOPLE).select_for_update(of=("self",))
        return sessions.filter(pk=session_id).first()
    reports = Elsewhere.objects.select_related(*PEOPLE).select_for_update(of=("self",))
    return reports.filter(pk=report_id).first()


def _check_mood(pairing: Pairing, mood: int | None) -> None:
    if mood is not None and (pairing.role != Role.WELLBEING or not 1 <= mood <= 5):
        raise Invalid(_("A mood from 1 to 5 goes with a wellbeing summary only."))


def _text(body: str) -> str:
    text = body.strip()
    if not 1 <= len(text) <= LIMITS.summary_chars:
        raise Invalid(_("A summary has 1 to %(most)d characters.") % {"most": LIMITS.summary_chars})
    return text
