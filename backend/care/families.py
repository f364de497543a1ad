"""Cases that a family's own decisions open."""

from datetime import datetime, timedelta
from typing import Any

from backend.care.cases import open_case
from backend.care.models import Case
from backend.rosters.models import Child

WITHIN = timedelta(hours=24)


def guardian_withdrew(sender: Any, *, child: Child, actor: Any, now: datetime, **_facts: Any) -> None:
    """One wants to stop and another goes on: somebody talks with both within a day."""
    open_case(actor=actor, child_id=child.pk, kind=Case.Kind.CONSENT_WITHDRAWN, due_at=now + WITHIN)


def stop_asked(sender: Any, *, child: Child, actor: Any, now: datetime, **_facts: Any) -> None:
    """A young child wants to stop. It may say so as often as it likes; one case stands."""
    if not stop_is_asked(child):
        open_case(actor=actor, child_id=child.pk, kind=Case.Kind.STOP_ASKED, due_at=now + WITHIN)


def stop_is_asked(child: Child) -> bool:
    """By the child itself: it is told so on its own page."""
    own = Case.objects.standing().filter(child=child, opened_by=child.user_id)
    return own.filter(kind=Case.Kind.STOP_ASKED).exists()
