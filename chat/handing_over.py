"""The hand-over note: what a mentor whose pairing has ended leaves for the child's next one."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Invalid
from chat import checks, telling
from chat.access import LEAVES_NOTE, access_outgoing, hand_over_for, lately_ended
from chat.models import HandOver
from matching.ending import end_pairing
from matching.models import Pairing

MOST = 1000  # characters


@transaction.atomic
def end_with_note(
    *,
    actor: Any,
    pairing_id: int,
    reason: str,
    note: str,
    now: datetime,
    never_again: bool = False,
    pauses: bool = False,
) -> None:
    """Ends the pairing, as `end_pairing`, and keeps the note if its mentor wrote one; both or neither."""
    end_pairing(
        actor=actor,
        pairing_id=pairing_id,
        reason=reason,
        never_again=never_again,
        pauses=pauses,
        now=now,
    )
    if note.strip():
        leave_note(actor=actor, pairing_id=pairing_id, body=note, now=now)


@transaction.atomic
def leave_note(*, actor: Any, pairing_id: int, body: str, now: datetime) -> HandOver:
    """By the mentor whose pairing has ended, up to LEAVES_NOTE after it; written again it takes the place of the first.

    Raises Invalid, also where details in it would lead somebody out of the rooms.
    """
    pairing = access_outgoing(actor, pairing_id, now)
    text = body.strip()
    if not 1 <= len(text) <= MOST:
        raise Invalid(_("The note has 1 to %(most)d characters.") % {"most": MOST})
    if found := checks.details_in(text):
        raise Invalid(
            _("Please take out what leads out of the rooms: %(what)s.") % {"what": _(", ").join(found)}
        )
    note, new = HandOver.objects.update_or_create(pairing=pairing, defaults={"body": text, "written_at": now})
    audit.record(actor, "hand_over.written", note)
    if new:
        _tell_the_next(note, now)
    return note


def _tell_the_next(note: HandOver, now: datetime) -> None:
    """Who is the child's mentor in this role already, if they may read it. Who comes later finds it with the child."""
    pairing = note.pairing
    following = Pairing.objects.live().filter(child=pairing.child_id, role=pairing.role)
    for each in following.select_related("mentor__user", "child"):
        if hand_over_for(each.mentor.user, each) == note:
            telling.hand_over_left(each, now)


def notes_left(actor: Any, now: datetime) -> list[HandOver]:
    """Own notes that can still be written anew, the newest first."""
    if not actor.is_authenticated or not actor.is_active:
        return []
    rows = HandOver.objects.filter(pairing__in=lately_ended(now).filter(mentor__user=actor))
    return list(rows.select_related("pairing__child").order_by("-written_at"))


def notes_to_leave(actor: Any, now: datetime) -> list[Pairing]:
    """Own pairings that ended lately, for whose next mentor nothing is written yet."""
    if not actor.is_authenticated or not actor.is_active:
        return []
    rows = lately_ended(now).filter(mentor__user=actor, hand_over=None)
    return list(rows.select_related("child").order_by("-ended_at"))


__all__ = ["LEAVES_NOTE", "MOST", "end_with_note", "leave_note", "notes_left", "notes_to_leave"]
