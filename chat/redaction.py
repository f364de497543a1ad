"""Taking the words of one message out of a room: everybody's copy is told, its number stays."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from chat import bells
from chat.access import own_rooms
from chat.acts import Gone, Redact
from chat.models import Event
from chat.models.rooms import MSG
from chat.record import perform


class Reason(models.TextChoices):
    CONTACT = "contact", gettext_lazy("contact details")
    HARM = "harm", gettext_lazy("harmful words")
    MISTAKE = "mistake", gettext_lazy("not meant for this room")
    LAW = "law", gettext_lazy("asked for by law")


class AlreadyRedacted(Conflict):
    code = "message.redacted"


@transaction.atomic
def redact_message(*, actor: Any, room_id: int, s: int, reason: str) -> None:
    """Message ``s`` has no words any more, on no page and in no replay. Raises AlreadyRedacted.

    Also in a room that is frozen or has ended. What was said is kept apart for a case.
    """
    check_may(actor, "message", "redact")
    if reason not in Reason.values:
        raise Invalid(_("Please say why."))
    event = Event.objects.exclude(room__in=own_rooms(actor)).filter(room=room_id, s=s, kind=MSG).first()
    if event is None:
        raise NotYours
    done = perform([Redact(room_id, s)], now=timezone.now())
    if isinstance(done.outcomes[0], Gone):
        raise AlreadyRedacted(_("The words of this message are gone already."))
    audit.record(actor, "message.redacted", event.room, s=s, reason=reason)
    transaction.on_commit(lambda: bells.ring(done))
