"""Who is called for an alert, and when: up its ladder, and whoever comes on duty while nobody has answered."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q

from backend.accounts.models import User
from backend.care import ladder
from backend.care.access import close_to
from backend.care.models import Alert, Alerts, Shift, Wake
from backend.care.rota import may_help, people_on
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, tell

log = logging.getLogger(__name__)


def climb_ladders(now: datetime) -> int:
    """A duty: every alert that nobody answered goes where it belongs by now. Returns how many moved."""
    due = Alert.objects.standing().filter(climbs_at__lte=now).values_list("pk", flat=True)
    moved = sum(_alone(_climb_one, pk, now) for pk in list(due))
    return moved + sum(_alone(_call_more, pk, now) for pk in list(_others_came(now)))


def _alone(step: Callable[[int, datetime], bool], pk: int, now: datetime) -> bool:
    """One that can't be moved holds up no other; it is tried again at the next tick."""
    try:
        return step(pk, now)
    except DatabaseError:
        raise
    except Exception as error:
        log.error("alert %s could not be moved: %s", pk, type(error).__name__)
        return False


@transaction.atomic
def _climb_one(pk: int, now: datetime) -> bool:
    alert = _locked(pk)
    if alert.climbs_at is None or alert.climbs_at > now:
        return False  # answered, or another worker was first
    climb(alert, now)
    return True


def climb(alert: Alert, now: datetime) -> None:
    """Inside a transaction that holds the alert, or has just made it."""
    route = alert.route
    people = [people_on(rung, alert.case, now) for rung in route.rungs]
    manned = [bool(each) for each in people]
    step = ladder.climb(route, rung=alert.rung, climbs_at=alert.climbs_at, manned=manned, now=now)
    alert.rung, alert.climbs_at, alert.exhausted_at = step.rung, step.climbs_at, step.exhausted_at
    alert.save(update_fields=["rung", "climbs_at", "exhausted_at"])
    _call(alert, [user for index in step.steps for user in people[index]], now)
    if alert.exhausted_at is not None and not alert.wakes.exists():
        _say_that_nobody_may(alert, now)


def _others_came(now: datetime) -> Alerts:
    """Alerts that nobody answered, while somebody is on duty who was not called; or nobody could be called at all."""
    called = Wake.objects.filter(alert=OuterRef("pk"))
    told = Wake.objects.filter(alert=OuterRef(OuterRef("pk")), person=OuterRef("person"))
    others = Shift.objects.at(now).filter(~Exists(told))
    waiting = Alert.objects.standing().filter(Q(rung__gte=0) | Q(exhausted_at__isnull=False))
    return waiting.filter(Q(Exists(others)) | ~Exists(called)).values_list("pk", flat=True)


@transaction.atomic
def _call_more(pk: int, now: datetime) -> bool:
    """Of the rungs that were told already: a shift that begins finds what still waits. An end is no end for them."""
    alert = _locked(pk)
    if alert.answered_at is not None or (alert.climbs_at is not None and alert.climbs_at <= now):
        return False
    rungs = alert.route.rungs
    told = rungs if alert.exhausted_at is not None else rungs[: alert.rung + 1]
    if not _call(alert, [user for rung in told for user in people_on(rung, alert.case, now)], now):
        return False
    if alert.exhausted_at is not None:
        alert.exhausted_at, alert.climbs_at, alert.rung = None, now + ladder.CLIMBS_EVERY, len(rungs) - 1
        alert.save(update_fields=["exhausted_at", "climbs_at", "rung"])
    return True


def _locked(pk: int) -> Alert:
    return Alert.objects.select_for_update().get(pk=pk)


def _call(alert: Alert, people: Iterable[User], now: datetime) -> bool:
    """Each once: whoever was called already has it on their screen. Whether anybody was new."""
    called = set(alert.wakes.values_list("person", flat=True))
    new = {user.pk: user for user in people if user.pk not in called}
    Wake.objects.bulk_create(Wake(alert=alert, person_id=pk, made_at=now, next_try_at=now) for pk in new)
    about = f"alert:{alert.pk}"
    tell((News(person=pk, audience=Audience.DUTY, kind=Kind.ALERT, about=about) for pk in new), now=now)
    return bool(new)


def _say_that_nobody_may(alert: Alert, now: datetime) -> None:
    """Every lead is close to the child, or there is none. Coordinators are told that, and nothing of the case."""
    desk = User.objects.filter(is_active=True, is_coordinator=True)
    people = [
        user
        for user in may_help(alert.case, desk)
        if not close_to(user).filter(pk=alert.case.child_id).exists()
    ]
    kind, about = Kind.CASE_WITHOUT_ANYBODY, f"alert:{alert.pk}"
    tell((News(person=user.pk, audience=Audience.DUTY, kind=kind, about=about) for user in people), now=now)
