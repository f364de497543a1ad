"""A conversation in which a child shows danger is never cut: not by the clock, not by the minutes of the day."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from backend.care.detection import Sign, danger
from chat.checks import Words
from chat.models import Event, Room
from chat.models.rooms import MSG
from chat.protocol import Side

CRISIS = frozenset(Sign) - {Sign.BULLYING, Sign.FEAR_FOR_PARENT}  # these wait for the next hour together
SILENCE = timedelta(minutes=30)  # after so long without a word the conversation is over
MOST = 60  # messages that are looked at, the newest


def is_crisis(body: str) -> bool:
    return not CRISIS.isdisjoint(danger(body))


def lasts_until(said: Iterable[tuple[datetime, str, str | None]]) -> datetime | None:
    """Until when the conversation goes on if nobody says anything more; None where no child showed danger in it.

    said: moment, sender and words of each message, the newest first.
    """
    newest = before = None
    for at, sender, body in said:
        if before is not None and before - at > SILENCE:
            return None
        newest, before = newest or at, at
        if sender == Side.CHILD and body and is_crisis(body):
            return newest + SILENCE
    return None


def goes_on(room: int, now: datetime, words: Words | None) -> bool:
    if words is not None and words.side is Side.CHILD and is_crisis(words.body):
        return True
    found = Room.objects.filter(pk=room).values_list("epoch", "last_s").first()
    until = None if found is None else _lasts_until(room, *found)
    return until is not None and now <= until


@lru_cache(maxsize=2048)
def _lasts_until(room: int, epoch: str, last_s: int) -> datetime | None:
    """Read once for each number of a room: who goes on knocking at a closed door costs nothing."""
    rows = Event.objects.filter(room=room, s__lte=last_s, kind=MSG).order_by("-s")
    return lasts_until(rows.values_list("at", "sender", "body")[:MOST])
