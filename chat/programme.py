"""The days of the programme: its first and last, and those without meetings."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Invalid, NotYours
from chat.models import Holiday, ProgrammeDates
from chat.planning import drop_planned_outside_programme, plan_meetings


@transaction.atomic
def set_programme(*, actor: Any, first_day: date, last_day: date | None) -> ProgrammeDates:
    check_may(actor, "programme", "write")
    if last_day is not None and last_day < first_day:
        raise Invalid(_("The last day can't be before the first."))
    dates, _made = ProgrammeDates.objects.update_or_create(
        id=1, defaults={"first_day": first_day, "last_day": last_day}
    )
    audit.record(actor, "programme.dates_set", dates, first_day=str(first_day), last_day=str(last_day))
    _plan_again()
    return dates


@transaction.atomic
def add_holiday(*, actor: Any, day: date, name: str = "") -> Holiday:
    """Planned meetings of that day go; one that people moved there stays."""
    check_may(actor, "programme", "write")
    holiday, _made = Holiday.objects.update_or_create(day=day, defaults={"name": name.strip()})
    audit.record(actor, "programme.holiday_added", holiday)
    _plan_again()
    return holiday


@transaction.atomic
def remove_holiday(*, actor: Any, day: date) -> None:
    check_may(actor, "programme", "write")
    holiday = Holiday.objects.filter(day=day).first()
    if holiday is None:
        raise NotYours
    audit.record(actor, "programme.holiday_removed", holiday)
    holiday.delete()
    _plan_again()


def _plan_again() -> None:
    drop_planned_outside_programme()
    plan_meetings(now=timezone.now())
