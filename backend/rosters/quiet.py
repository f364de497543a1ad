"""A family that is to be left in peace: one switch by a coordinator, with a reason, for all of its children.

While it is on, nobody of the family is told anything that is not an answer to themselves or about safety
(`backend.notices.kinds`), and mentors ask the coordinator before they turn to the family.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Invalid
from backend.notices import outbox
from backend.rosters.access import access_child
from backend.rosters.models import Child, Children, Guardianship


@transaction.atomic
def set_quiet(
    *, actor: Any, child_id: int, quiet: bool, reason: str = "", now: datetime | None = None
) -> list[Child]:
    """Holds for the child and for all who share a guardian with it; returns them. Twice is once."""
    now = now or timezone.now()
    child = access_child(actor, child_id, "quiet")
    if quiet and reason not in Child.QuietReason.values:
        raise Invalid(_("Say why this family is to be left in peace."))
    family = list(siblings_of(child).select_for_update().order_by("pk"))
    for each in family:
        if bool(each.quiet_since) == quiet and each.quiet_reason == (reason if quiet else ""):
            continue
        each.quiet_since = (each.quiet_since or now) if quiet else None
        each.quiet_reason = reason if quiet else ""
        each.save(update_fields=["quiet_since", "quiet_reason"])
        audit.record(actor, "family.quiet" if quiet else "family.told_again", each, reason=reason)
    if quiet:
        outbox.take_back([each.pk for each in family], now=now)
    return family


def siblings_of(child: Child) -> Children:
    """The child itself, and those who have a guardian in common with it."""
    linked = Guardianship.objects.exclude(status=Guardianship.Status.SUSPENDED)
    guardians = linked.filter(child=child).values("guardian")
    others = linked.filter(guardian__in=guardians).values("child")
    return Child.objects.filter(Q(pk=child.pk) | Q(pk__in=others))
