"""Who is on duty in the tests of alerts, whom an alert called, and what time it is later."""

from datetime import timedelta

from django.utils import timezone

from backend.care.models import Shift
from backend.duties.models import Duty

MINUTE = timedelta(minutes=1)


def put_on_duty(user, post="counsellor"):
    now = timezone.now()
    return Shift.objects.create(
        person=user, post=post, begins_at=now - 4 * 60 * MINUTE, ends_at=now + 300 * MINUTE
    )


def a_worker_lives(now) -> None:
    ticked = {"next_run_at": now, "last_run_at": now, "last_ok_at": now}
    Duty.objects.update_or_create(name="alerts.climb", defaults=ticked)


def called(alert) -> list[str]:
    return [wake.person.name for wake in alert.wakes.select_related("person").order_by("pk")]


def later(minutes: float):
    return timezone.now() + minutes * MINUTE
