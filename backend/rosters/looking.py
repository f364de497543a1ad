"""Opening a child's row. The log keeps which of the staff did, so that the family can be told one day."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from backend.accounts.access import may
from backend.audit import log as audit
from backend.audit.models import Entry
from backend.rosters.access import access_child
from backend.rosters.models import Child

ONE_LOOK = timedelta(hours=1)  # pages turned back and forth in it are one look


@transaction.atomic
def open_child(*, actor: Any, child_id: int, now: datetime, action: str = "read") -> Child:
    """The child, or NotYours. A look by staff is recorded once in an hour; the family's own is not."""
    child = access_child(actor, child_id, action)
    if may(actor, "child", "list") and not _looked_since(now - ONE_LOOK, actor, child):
        audit.record(actor, "child.viewed", child)
    return child


def _looked_since(when: datetime, actor: Any, child: Child) -> bool:
    looks = Entry.objects.filter(object_type=child._meta.label_lower, object_id=str(child.pk))
    return looks.filter(actor_id=actor.pk, action="child.viewed", at__gt=when).exists()
