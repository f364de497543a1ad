"""What becomes of a worry, for the grown-up who told it: whether anybody has taken it, and nothing else of its case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.care import rota
from backend.care.alerts import access_child_to_tell
from backend.care.helping import Card, who_comes
from backend.care.models import Alert, Case
from backend.care.waking import can_wake
from backend.errors import NotYours
from backend.rosters.models import Child


@dataclass(frozen=True, slots=True)
class Worry:
    child: Child
    told_at: datetime
    card: Card


def told_by(actor: Any, now: datetime) -> list[Worry]:
    """Worries of this person that stand. Never a report, nor what a lead sealed since: these leave no trace with
    whoever may be of the family.
    """
    own = Alert.objects.filter(raised_by=actor.pk, kind=Alert.Kind.CONCERN, case__in=Case.objects.standing())
    newest = {
        alert.case_id: alert
        for alert in own.exclude(case__in=Case.objects.sealed()).select_related("case__owner", "case__child")
    }
    return [
        Worry(alert.case.child, alert.raised_at, who_comes(alert.case, alert, now))
        for alert in newest.values()
        if may_follow(actor, alert.case.child_id)
    ]


def may_follow(actor: Any, child_id: int) -> bool:
    """Whether this person's first page says what becomes of a worry about the child."""
    try:
        access_child_to_tell(actor, child_id, "follow")
    except NotYours:
        return False
    return True


def is_anybody_online(actor: Any, now: datetime) -> bool:
    """Whether somebody else looks at the duty screen, or can be woken. The same whichever child it is about: what is
    kept from whom must not show here.
    """
    people = set(rota.on_duty(now).values_list("pk", flat=True)) | {lead.pk for lead in rota.leads()}
    return bool(rota.there(people - {actor.pk}, now)) or can_wake(now)
