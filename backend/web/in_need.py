"""What can't wait, for everybody's first page: children who need somebody, for whoever may help (what the duty screen
holds, by its gate); rooms that are read in an emergency; whether anybody has taken a worry, for who told it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from backend.accounts.access import may
from backend.care.access import cases_for, in_order, may_watch, readings_for, waiting_readings
from backend.care.helping import standing_alerts
from backend.care.models import Case
from backend.care.worries import told_by

MOST = 10  # the duty screen shows the others


@dataclass(frozen=True, slots=True)
class InNeed:
    """name: of the child, "" for who may only count the cases.  way: to the case, or else to the duty screen."""

    case: Case
    name: str
    way: str


@dataclass(frozen=True, slots=True)
class OnCall:
    rows: list[InNeed]
    is_more: bool


def rows_of(actor: Any, cases: Iterable[Case]) -> list[InNeed]:
    """Of these cases, each with what this person may know of it."""
    names = dict(cases_for(actor).standing().values_list("pk", "child__name"))
    return [
        InNeed(
            case,
            names.get(case.pk, ""),
            reverse("case", args=[case.pk]) if case.pk in names else reverse("duty"),
        )
        for case in cases
    ]


def on_call(actor: Any) -> OnCall | None:
    """For who is on duty, or was called, and is no coordinator. None for everybody else."""
    if not may_watch(actor):
        return None
    cases = list(in_order(cases_for(actor))[: MOST + 1])
    return OnCall(rows_of(actor, cases[:MOST]), len(cases) > MOST)


def now_for(actor: Any) -> dict[str, Any]:
    """For duty/now.html. stands: whether the page has it at all, and so asks again."""
    now, at_desk = timezone.now(), may(actor, "alert", "count")
    told: dict[str, Any] = {
        "is_at_desk": at_desk,
        "rows": rows_of(actor, standing_alerts(actor)) if at_desk else [],
        "on_call": None if at_desk else on_call(actor),
        "opened": readings_for(actor).open(now).filter(asked_by=actor.pk),
        "to_decide": waiting_readings(actor).count(),
        "worries": told_by(actor, now),
    }
    told["stands"] = at_desk or told["on_call"] is not None or bool(told["worries"])
    return told
