"""The demonstration while it runs, and when it is started again days later: the city goes on."""

from collections.abc import Iterator
from datetime import datetime

from backend.web.demonstration import people
from backend.web.demonstration.duty import keep_on_duty
from backend.web.demonstration.history import pause_long_ago, play_until
from backend.web.demonstration.present import keep_meeting_now, keep_next_near
from chat.planning import plan_meetings


def carry_on(now: datetime) -> int:
    """The worker's duty: what is over was attended, and a meeting of the family is always on."""
    if people.person("child") is None:
        return 0  # it is not made yet
    keep_meeting_now(now)
    keep_on_duty(now)
    return sum(play_until(now))


def start_again(now: datetime) -> Iterator[int]:
    """After any number of days: what lies between is played, counted hour by hour."""
    keep_meeting_now(now)
    pause_long_ago(now)
    plan_meetings(now=now)
    yield from play_until(now)
    keep_meeting_now(now)
    keep_next_near(now)
