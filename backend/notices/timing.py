"""When a letter may go. Pure; times are aware, days are of Asia/Shanghai, the time now is an argument.

What a family is told in the ordinary way is gathered into one letter of the day, in the evening, when the
day's meetings are over. It goes earlier only when one of its notices would come too late by then.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAKING, RESTING = time(7), time(21)  # a family's phone stays silent outside
GATHERED = time(20, 30)
WORTH_MAILING = timedelta(days=3)  # what could not be mailed by then is read on the page
LONGEST_PAUSE = timedelta(hours=1)


def day_of(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)


def waking(moment: datetime) -> datetime:
    """This moment, or the morning after when the family rests."""
    day, clock = day_of(moment), moment.astimezone(SHANGHAI).time()
    if clock < WAKING:
        return _at(day, WAKING)
    return moment if clock < RESTING else _at(day + timedelta(days=1), WAKING)


def letter_time(now: datetime, *, rationed: bool, needed_by: datetime | None) -> datetime:
    """When a notice should go. needed_by: it is of no use after that."""
    if not rationed:
        return now
    evening = _at(day_of(now), GATHERED)
    if evening <= now:
        evening = _at(day_of(now) + timedelta(days=1), GATHERED)
    too_late = needed_by is not None and needed_by <= evening
    return waking(now) if too_late else evening


def after_today(now: datetime, *, needed_by: datetime | None) -> datetime:
    """The same for somebody who has had the letter of today."""
    return letter_time(morning_after(now), rationed=True, needed_by=needed_by)


def morning_after(now: datetime) -> datetime:
    return _at(day_of(now) + timedelta(days=1), WAKING)


def next_try(now: datetime, attempts: int, *, rationed: bool) -> datetime:
    """After 1, 2, 4 … minutes, at most an hour; a family's in the morning rather than at night."""
    pause = min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)
    return waking(now + pause) if rationed else now + pause
