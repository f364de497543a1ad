"""Opening a case, sealing and releasing it, closing it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.care.access import access_case
from backend.care.models import Case
from backend.errors import Conflict, Invalid


class CaseClosed(Conflict):
    code = "case.closed"


class NotSealed(Conflict):
    code = "case.not_sealed"


@transaction.atomic
def open_case(
    *, actor: Any, child_id: int, kind: str, due_at: datetime | None = None, sealed: bool = False
) -> Case:
    """For code that knows why there is a case: whether the actor may do what leads to it was asked there.

    actor: None for the system.  A case of abuse is sealed whatever ``sealed`` says.
    """
    now = timezone.now()
    sealed = sealed or kind == Case.Kind.ABUSE
    case = Case.objects.create(
        child_id=child_id,
        kind=kind,
        opened_by=actor,
        opened_at=now,
        due_at=due_at,
        sealed_at=now if sealed else None,
    )
    audit.record(actor, "case.opened", case, kind=case.kind, sealed=sealed)
    return case


@transaction.atomic
def seal_case(*, actor: Any, case_id: int) -> Case:
    """From now on nothing of it shows to a parent, what lies behind included."""
    case = _locked(actor, case_id, "seal")
    if not case.is_sealed:
        case.sealed_at, case.released_at = timezone.now(), None
        case.save(update_fields=["sealed_at", "released_at"])
        audit.record(actor, "case.sealed", case)
    return case


@transaction.atomic
def release_case(*, actor: Any, case_id: int) -> Case:
    """What belongs to it shows again where it belongs. Raises NotSealed."""
    case = _locked(actor, case_id, "release")
    if not case.is_sealed:
        raise NotSealed(_("This case is not sealed."))
    case.released_at = timezone.now()
    case.save(update_fields=["released_at"])
    audit.record(actor, "case.released", case)
    return case


@transaction.atomic
def close_case(*, actor: Any, case_id: int, outcome: str) -> Case:
    """Raises CaseClosed for the second of two. What is sealed stays sealed."""
    case = _locked(actor, case_id, "close")
    if case.closed_at is not None:
        raise CaseClosed(_("This case is closed already."))
    if outcome not in Case.Outcome.values:
        raise Invalid(_("Say with what outcome."))
    case.closed_at, case.outcome = timezone.now(), outcome
    case.save(update_fields=["closed_at", "outcome"])
    audit.record(actor, "case.closed", case, outcome=outcome)
    return case


def _locked(actor: Any, case_id: int, action: str) -> Case:
    access_case(actor, case_id, action)
    return Case.objects.select_for_update().get(pk=case_id)
