"""How long a child talks in a day, when it is time to rest, and whether words may be said now. Pure.

Together is every time in which a session ran in one of the child's rooms; one that runs ends now. A grade's
numbers are those of the table below, whatever the stage of its school.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from chat.rules.attendance import length, merge
from chat.rules.hours import HOURS, Hours, is_open, next_opening
from chat.rules.meetings import NEAR, length_for
from chat.rules.times import HOUR, Interval, local_day, local_time

BREAK = timedelta(minutes=10)  # a shorter pause is no rest: the sitting goes on
LAST_SMALL_GRADE = 6
DAY_SMALL, DAY_BIG = timedelta(minutes=60), timedelta(minutes=120)


def day_for(grade: int) -> timedelta:
    """How long a child of this grade may talk in a day."""
    return DAY_SMALL if grade <= LAST_SMALL_GRADE else DAY_BIG


def spent(together: Iterable[Interval], now: datetime) -> timedelta:
    """Of the day in Shanghai that it is now; what lies in both rooms at once counts once."""
    midnight = local_time(local_day(now), 0)
    today = (
        Interval(max(each.start, midnight), min(each.end, now))
        for each in together
        if _in(each, midnight, now)
    )
    return length(merge(today))


def _in(span: Interval, first: datetime, last: datetime) -> bool:
    return span.end > first and span.start < last


def rest_at(together: Iterable[Interval], opened_at: datetime, grade: int) -> datetime:
    """When the session that opens now is told to rest: a sitting after its first minute, at once where that
    is over. Pauses shorter than BREAK belong to the sitting.
    """
    began = opened_at
    for each in sorted(together, reverse=True):
        if each.start < began and began - each.end < BREAK:
            began = each.start
    return max(opened_at, began + length_for(grade))


def window(meeting_start: datetime) -> Interval:
    """The time in which a meeting is never refused: that of the sessions that belong to it."""
    return Interval(meeting_start - NEAR, meeting_start + HOUR + NEAR)


def closed_until(
    now: datetime,
    *,
    birth: date,
    grade: int,
    together: Sequence[Interval],
    meetings: Sequence[datetime],
    hours: Hours = HOURS,
) -> datetime | None:
    """None while words may be said in the room; else the first moment at which they may again.

    together: of today, in all rooms of the child.  meetings: when those of this room begin that are not cancelled.
    """
    if hours.always:
        return None
    is_full = spent(together, now) >= day_for(grade)
    opening = next_opening(now, birth, hours)
    if not is_full or local_day(opening) > local_day(now):
        return None if opening == now else opening
    spans = [window(start) for start in meetings]
    if opening == now and any(each.start <= now < each.end for each in spans):
        return None
    tomorrow = next_opening(local_time(local_day(now) + timedelta(days=1), 0), birth, hours)
    later = [max(each.start, opening) for each in spans if each.end > opening and each.start < tomorrow]
    return min([each for each in later if is_open(each, birth, hours)] + [tomorrow])
