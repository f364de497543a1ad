"""What the rules need to know of this site: hours, patience, the days of the programme."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings

from backend.ages import age_at
from backend.rosters.models import Child
from chat.models import Holiday, ProgrammeDates
from chat.rules.hours import Hours
from chat.rules.meetings import Programme
from chat.rules.sessions import ACADEMIC, WELLBEING, Patience
from chat.rules.times import local_day
from matching.models import Role


def room_hours() -> Hours:
    return replace(settings.ROOM_HOURS, always=settings.ROOMS_ALWAYS_OPEN)


def hours_of(child: Child, now: datetime) -> tuple[int, int]:
    """From when to when this child's rooms are open today."""
    hours = room_hours()
    return hours.opens, hours.closing(age_at(child.birth_date, now))


def patience_for(role: str) -> Patience:
    return ACADEMIC if role == Role.ACADEMIC else WELLBEING


def programme(now: datetime) -> Programme:
    """Without dates the programme has begun and has no end."""
    dates = ProgrammeDates.objects.first()
    holidays = frozenset(Holiday.objects.values_list("day", flat=True))
    if dates is None:
        return Programme(local_day(now).replace(month=1, day=1), None, holidays)
    return Programme(dates.first_day, dates.last_day, holidays)
