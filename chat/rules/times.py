"""Moments, days and weekly slots. A day of the programme is a day in Shanghai."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from backend.days import SHANGHAI as SHANGHAI
from backend.days import check_aware as check_aware
from backend.days import local_day as local_day

HOUR = timedelta(hours=1)
SLOTS_A_WEEK = 7 * 24


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From start up to end. Raises ValueError for naive times, or an end before the start."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        check_aware(self.start)
        check_aware(self.end)
        if self.end < self.start:
            raise ValueError(f"expected an end at or after {self.start}, got {self.end}")

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def local_time(day: date, hour: int) -> datetime:
    """The moment in UTC when a clock in Shanghai shows this hour (0-24) of this day."""
    if hour == 24:
        return local_time(day + timedelta(days=1), 0)
    return datetime.combine(day, time(hour), SHANGHAI).astimezone(UTC)


def check_slot(slot: int) -> None:
    if not 0 <= slot < SLOTS_A_WEEK:
        raise ValueError(f"expected a weekly slot from 0 to {SLOTS_A_WEEK - 1}, got {slot}")


def slot_on(day: date, slot: int) -> Interval | None:
    """The hour of this weekly slot (weekday * 24 + hour, Monday 00:00 = 0) on this day, if it has one."""
    check_slot(slot)
    weekday, hour = divmod(slot, 24)
    if day.weekday() != weekday:
        return None
    start = local_time(day, hour)
    return Interval(start, start + HOUR)
