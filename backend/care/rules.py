"""When a room may be read in an emergency, and for how long. Pure; days are of Asia/Shanghai."""

from datetime import date, timedelta
from enum import StrEnum

OPEN_FOR = timedelta(minutes=60)
WAITS_FOR = timedelta(hours=24)  # an asking that nobody decided by then is over
REFUSED_FOR = timedelta(hours=24)  # who was refused doesn't go ahead alone in the same room meanwhile
LEAST_REASON = 20  # characters
MOST_DAYS = 31
FARTHEST = timedelta(days=366)  # nothing older is anybody's emergency


class Fault(StrEnum):
    """What is wrong with an asking."""

    BACKWARDS = "backwards"
    TOO_LONG = "too_long"
    TO_COME = "to_come"
    TOO_OLD = "too_old"
    NO_REASON = "no_reason"


def fault_of(*, first_day: date, last_day: date, reason: str, today: date) -> Fault | None:
    """None when it may be asked like this."""
    if last_day < first_day:
        return Fault.BACKWARDS
    if (last_day - first_day).days + 1 > MOST_DAYS:
        return Fault.TOO_LONG
    if last_day > today:
        return Fault.TO_COME
    if first_day < today - FARTHEST:
        return Fault.TOO_OLD
    if len(reason.strip()) < LEAST_REASON:
        return Fault.NO_REASON
    return None


def review_by(asked_on: date) -> date:
    """By the end of which day another lead looks at what was done alone."""
    return asked_on + timedelta(days=1)
