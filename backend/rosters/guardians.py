"""What a guardian may know of a child: all, the schedule, nothing. Changed by a coordinator, with a reason."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Invalid
from backend.rosters import signals
from backend.rosters.access import access_guardianship
from backend.rosters.carers import end_ways_in
from backend.rosters.consent import end_if_nobody_goes_on
from backend.rosters.looking import note_look
from backend.rosters.models import Child, Guardianship

Status, Reason = Guardianship.Status, Guardianship.Reason


def open_guardianship(*, actor: Any, link_id: int, now: datetime) -> Guardianship:
    """A guardian's link, for whoever may change it, or NotYours; who sees it has looked at the child."""
    link = access_guardianship(actor, link_id)
    note_look(actor=actor, child_id=link.child_id, now=now)
    return link


@transaction.atomic
def set_guardian_status(*, actor: Any, link_id: int, status: str, reason: str) -> Guardianship:
    """Holds from the next request on. Nobody is told, least of all the guardian.

    A guardian who withdrew their consent can't come back by themselves after this. When the last one leaves
    with whom the sharing went on after another withdrew, the withdrawal ends the child's taking part.
    """
    child_id = access_guardianship(actor, link_id).child_id
    # The child's lock first, as giving and withdrawing do: what a link is, only its holder knows.
    child = Child.objects.select_for_update().get(pk=child_id)
    link = child.guardianships.select_for_update().get(pk=link_id)
    if status not in Status.values or reason not in Reason.values:
        raise Invalid(_("Say what it is to be, and why."))
    before = link.status
    link.status, link.status_reason = status, reason
    link.withdrew_at = None
    link.save(update_fields=["status", "status_reason", "withdrew_at"])
    if status != Status.ACTIVE:
        end_ways_in(link.guardian_id, child)
    audit.record(
        actor,
        "guardian.status_changed",
        link,
        child=child.pk,
        before=before,
        status=status,
        reason=reason,
    )
    now = timezone.now()
    signals.guardianship_changed.send(Child, child=child, actor=actor, now=now)
    end_if_nobody_goes_on(actor=actor, child=child, now=now)
    return link
