"""What a child who asked for a person is told about it: the truth, and nothing that is not so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from backend.accounts.access import check_may
from backend.care import rota, waking
from backend.care.access import close_to
from backend.care.models import Alert, Case
from backend.rosters.models import Child


class State(StrEnum):
    NOTHING = "nothing"  # the child has not asked
    COMING = "coming"  # somebody has said that they look after it
    CALLED = "called"  # somebody looks at the duty screen, or was woken
    NOBODY = "nobody"  # nobody can be reached now


@dataclass(frozen=True, slots=True)
class Card:
    """who: the name of whoever comes, or looks at the screen; empty where it is not known."""

    state: State
    who: str = ""


def card_for(child: Child, now: datetime) -> Card:
    case = Case.objects.standing().filter(child=child, kind=Case.Kind.HELP).select_related("owner").last()
    alert = case and case.alerts.last()
    if case is None or alert is None:
        return Card(State.NOTHING)
    if case.owner is not None and alert.answered_at is not None:
        return Card(State.COMING, case.owner.name)
    if alert.exhausted_at is not None:
        return Card(State.NOBODY)
    called = list(alert.wakes.values_list("person", flat=True))
    here = rota.there(called, now)
    if here:
        return Card(State.CALLED, here[0].name)
    return Card(State.CALLED if _is_woken(alert) else State.NOBODY)


def _is_woken(alert: Alert) -> bool:
    """Somebody's telephone rang, or will within a moment."""
    with_phone = alert.wakes.filter(person__phone__isnull=False)
    return with_phone.filter(sent_at__isnull=False).exists() or (with_phone.exists() and waking.can_wake())


def standing_alerts(actor: Any) -> list[Case]:
    """For a coordinator: cases with an alert that stand, the oldest first; how many, how old, who has them.

    Without those close to the coordinator, who must not learn of them.
    """
    check_may(actor, "alert", "count")
    cases = Case.objects.standing().filter(alerts__isnull=False).exclude(named=actor.pk)
    cases = cases.exclude(child__in=close_to(actor)).select_related("owner").distinct()
    return list(cases.order_by("opened_at"))
