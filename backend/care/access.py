"""The gate for cases."""

from typing import Any

from backend.accounts.access import may
from backend.care.models import Case, Cases
from backend.errors import NotYours


def access_case(actor: Any, case_id: int, action: str = "read") -> Case:
    """The case with its child, or NotYours whether it is missing or forbidden."""
    case = Case.objects.select_related("child", "owner").filter(pk=case_id).first()
    if case is None or not may(actor, "case", action):
        raise NotYours
    return case


def cases_for(actor: Any) -> Cases:
    """Cases that this person may read."""
    cases = Case.objects.select_related("child", "owner")
    return cases if may(actor, "case", "list") else cases.none()
