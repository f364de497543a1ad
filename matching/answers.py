"""Mentors say whether the weekly hour that a round gave them suits."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Conflict
from backend.rosters.models import MentorSlot
from matching.access import access_pairing
from matching.models import Pairing, Pairings

WITHIN = timedelta(hours=48)


class NotAsked(Conflict):
    """Nobody asked about this hour: the pairing is from before the mentors were asked."""

    code = "pairing.not_asked"


@transaction.atomic
def answer_hours(
    *,
    actor: Any,
    suits: Collection[int] = (),
    does_not: Collection[int] = (),
    shown: Mapping[int, int] = MappingProxyType({}),
    now: datetime | None = None,
) -> list[Pairing]:
    """The mentor's answers about their own live pairings, by id: all of them, or none. They may change later.

    An hour that does not suit leaves the mentor's free hours, so no later round gives it out again; the pairing
    stays until a coordinator finds another hour. One that suits after all comes back.

    shown: the hour of a pairing that the mentor saw, by its id: an answer about another one is refused.
    """
    now = now or timezone.now()
    answered = []
    for answer, ids in ((Pairing.Answer.SUITS, suits), (Pairing.Answer.DOES_NOT, does_not)):
        for pairing_id in ids:
            pairing = access_pairing(actor, pairing_id, "answer")
            if pairing.asked_at is None:
                raise NotAsked(_("Nobody asked about this hour."))
            if shown.get(pairing_id, pairing.slot) != pairing.slot:
                raise _changed()
            _answer(pairing, answer, now)
            audit.record(actor, "pairing.answered", pairing, answer=str(answer))
            answered.append(pairing)
    return answered


def _answer(pairing: Pairing, answer: Pairing.Answer, now: datetime) -> None:
    as_asked = Pairing.objects.live().filter(pk=pairing.pk, asked_at=pairing.asked_at, slot=pairing.slot)
    if not as_asked.update(answer=answer, answered_at=now):
        raise _changed()
    pairing.answer, pairing.answered_at = answer, now
    hour = MentorSlot.objects.filter(mentor=pairing.mentor, slot=pairing.slot)
    if answer == Pairing.Answer.DOES_NOT:
        hour.delete()
    elif not hour.exists():
        MentorSlot.objects.create(mentor=pairing.mentor, slot=pairing.slot)


def _changed() -> Conflict:
    return Conflict(_("This hour was changed a moment ago. Please look at it again."))


def questions_to(actor: Any) -> Pairings:
    """The live pairings of this mentor about whose hour nothing was said yet."""
    own = Pairing.objects.unanswered().filter(mentor__user=actor.pk)
    return own.select_related("child").order_by("slot", "pk")


def hours_in_doubt(now: datetime) -> Pairings:
    """Hours that do not suit, and those about which nothing was said in time."""
    refused = Pairing.objects.live().filter(answer=Pairing.Answer.DOES_NOT)
    return refused | Pairing.objects.unanswered().filter(asked_at__lte=now - WITHIN)
