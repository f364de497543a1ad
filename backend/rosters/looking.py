"""Opening a child's row. The log keeps which of the staff did, and as what, for the family to read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from backend.accounts.access import may, programme_relations
from backend.audit import log as audit
from backend.audit.models import Entry
from backend.policy import Relation
from backend.rosters.access import access_child
from backend.rosters.models import Child

ONE_LOOK = timedelta(hours=1)  # pages turned back and forth in it are one look

Cases = Callable[[Any, Child], list[int]]
_cases: list[Cases] = []


def belongs_with(cases: Cases) -> None:
    """cases: which cases a look of this person at this child belongs to. Told by the layer that knows them."""
    _cases.append(cases)


@transaction.atomic
def open_child(*, actor: Any, child_id: int, now: datetime, action: str = "read") -> Child:
    """The child, or NotYours. A look by staff is recorded once in an hour; the family's own is not.

    A look that belongs to a case and one that does not are two, however near: the one must not show, and
    must not swallow the other.
    """
    child = access_child(actor, child_id, action)
    if may(actor, "child", "list"):
        facts = as_what(actor, child)
        if facts not in _looks_since(now - ONE_LOOK, actor, child):
            audit.record(actor, "child.viewed", child, **facts)
    return child


def note_look(*, actor: Any, child_id: int, now: datetime) -> None:
    """For what shows more of a child than its row, behind a gate of its own: staff who pass it looked."""
    if may(actor, "child", "list"):
        open_child(actor=actor, child_id=child_id, now=now)


def as_what(actor: Any, child: Child) -> dict[str, Any]:
    """For the record of a look. A lead's everyday look is a coordinator's: only one that belongs to a case says that a lead looked."""
    cases = {str(case): True for belonging in _cases for case in belonging(actor, child)}
    is_lead = Relation.LEAD in programme_relations(actor)
    facts: dict[str, Any] = {"capacity": "lead" if cases and is_lead else "coordinator"}
    return facts | ({"cases": cases} if cases else {})  # keys: every database can look for any of them


def _looks_since(when: datetime, actor: Any, child: Child) -> list[dict[str, Any]]:
    looks = Entry.objects.filter(object_type=child._meta.label_lower, object_id=str(child.pk))
    mine = looks.filter(actor_id=actor.pk, action="child.viewed", at__gt=when)
    return list(mine.values_list("facts", flat=True))
