"""When a room is open for writing. Reading, drafts and Help are never closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backend.ages import age_on as age_on
from backend.ages import rules_for
from chat.rules.times import local_day, local_time


@dataclass(frozen=True, slots=True)
class Hours:
    """Whole hours of a day in Shanghai; a room is open from ``opens`` up to ``closes``.

    closes_grown: for those whom `backend.ages` gives late hours.
    always: around the clock, for the demonstration; slots are offered by the hours all the same.
    Raises ValueError unless 0 <= opens < closes <= closes_grown <= 24.
    """

    opens: int = 8
    closes: int = 21
    closes_grown: int = 22
    always: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= self.closes_grown <= 24:
            raise ValueError(
                f"expected 0 <= opens < closes <= closes_grown <= 24, "
                f"got {self.opens}, {self.closes}, {self.closes_grown}"
            )

    def closing(self, age: int) -> int:
        return self.closes_grown if rules_for(age).late_hours else self.closes


HOURS = Hours()
NAMES = ("opens", "closes", "closes_grown")


def named(numbers: Mapping[str, int]) -> Hours:
    """The usual hours with some of them otherwise. Raises ValueError for a name or an order that can't be."""
    if unknown := sorted(numbers.keys() - set(NAMES)):
        raise ValueError(f"{unknown[0]!r} is not one of {', '.join(NAMES)}")
    return Hours(
        opens=numbers.get("opens", HOURS.opens),
        closes=numbers.get("closes", HOURS.closes),
        closes_grown=numbers.get("closes_grown", HOURS.closes_grown),
    )


def is_open(now: datetime, birth: date, hours: Hours = HOURS) -> bool:
    if hours.always:
        return True
    day = local_day(now)
    closing = hours.closing(age_on(birth, day))
    return local_time(day, hours.opens) <= now < local_time(day, closing)


def next_opening(now: datetime, birth: date, hours: Hours = HOURS) -> datetime:
    """The first moment from now on at which the room is open: now itself when it is."""
    if is_open(now, birth, hours):
        return now
    today = local_day(now)
    opening = local_time(today, hours.opens)
    return opening if now < opening else local_time(today + timedelta(days=1), hours.opens)


def slot_fits(slot: int, day: date, birth: date, hours: Hours = HOURS) -> bool:
    """The hour of this slot lies within the room's hours on this day."""
    hour = slot % 24
    return hours.opens <= hour and hour + 1 <= hours.closing(age_on(birth, day))
