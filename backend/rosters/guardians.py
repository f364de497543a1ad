"""What a guardian may know of a child: all, the schedule, nothing. Changed by a coordinator, with a reason."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Invalid
from backend.rosters import signals
from backend.rosters.access import access_guardianship
from backend.rosters.models import Child, Guardianship

Status, Reason = Guardianship.Status, Guardianship.Reason


@transaction.atomic
def set_guardian_status(*, actor: Any, link_id: int, status: str, reason: str) -> Guardianship:
    """Holds from the next request on. Nobody is told, least of all the guardian.

    A guardian who withdrew their consent can't come back by themselves after this.
    """
    access_guardianship(actor, link_id)
    link = Guardianship.objects.select_for_update(of=("self",)).select_related("child").get(pk=link_id)
    if status not in Status.values or reason not in Reason.values:
        raise Invalid(_("Say what it is to be, and why."))
    before = link.status
    link.status, link.status_reason = status, reason
    link.withdrew_at = None
    link.save(update_fields=["status", "status_reason", "withdrew_at"])
    audit.record(
        actor,
        "guardian.status_changed",
        link,
        child=link.child_id,
        before=before,
        status=status,
        reason=reason,
    )
    signals.guardianship_changed.send(Child, child=link.child, actor=actor, now=timezone.now())
    return link
