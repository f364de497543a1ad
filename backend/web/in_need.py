"""Children who need somebody now, for the first page of whoever may help: what the duty screen holds, by its gate."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from backend.care.access import cases_for, in_order, may_watch
from backend.care.models import Case

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
