"""The clock of the programme: periodic duties, each idempotent, each run by one worker at a time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.duties.models import Duty

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """name: stable.  every: the pause between runs.  run: takes the time now (aware UTC); idempotent."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


_duties: dict[str, Periodic] = {}
_runners: list[Callable[[], bool]] = []


def register(name: str, every: timedelta, run: Callable[[datetime], object]) -> None:
    """Called from an app's ready(). A second registration under one name raises ValueError."""
    if name in _duties:
        raise ValueError(f"duty {name!r} is registered twice")
    _duties[name] = Periodic(name, every, run)


def register_runner(run: Callable[[], bool]) -> None:
    """Long work: called in a thread of its own again and again; says whether there was anything to do."""
    _runners.append(run)


def runners() -> list[Callable[[], bool]]:
    return list(_runners)


def registered() -> list[Periodic]:
    return list(_duties.values())


def tick(now: datetime | None = None) -> int:
    """Runs every duty that is due; returns how many ran. A duty that fails is logged and tried next time."""
    moment = now or timezone.now()
    return sum(_run(duty, moment) for duty in _duties.values())


def _run(duty: Periodic, now: datetime) -> bool:
    if not _claim(duty, now):
        return False
    try:
        duty.run(now)
    except Exception as error:
        # The type only: a message may carry a person's data into the log.
        log.exception("duty %s failed", duty.name)
        Duty.objects.filter(name=duty.name).update(last_run_at=now, last_error=type(error).__name__)
    else:
        Duty.objects.filter(name=duty.name).update(last_run_at=now, last_ok_at=now, last_error="")
    return True


def _claim(duty: Periodic, now: datetime) -> bool:
    due = Duty.objects.filter(name=duty.name, next_run_at__lte=now)
    if due.update(next_run_at=now + duty.every):
        return True
    if Duty.objects.filter(name=duty.name).exists():
        return False
    try:
        with transaction.atomic():
            Duty.objects.create(name=duty.name, next_run_at=now + duty.every)
    except IntegrityError:  # another worker made the row first, and so has the run
        return False
    return True
