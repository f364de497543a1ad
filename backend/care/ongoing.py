"""A conversation in which a child shows danger, or somebody was called for it, is never cut: not by the clock, not
by the minutes of the day.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Q

from backend.care.detection import Sign, danger
from backend.care.models import Alert, Case
from chat.checks import Words
from chat.models import Event, Room
from chat.models.rooms import MSG
from chat.protocol import Side

WAITS = (Sign.BULLYING, Sign.FEAR_FOR_PARENT)  # these wait for the next hour together
CRISIS = frozenset(Sign) - set(WAITS)
SILENCE = timedelta(minutes=30)  # after so long without a word the conversation is over
MOST = 60  # messages that are looked at, the newest
Span = tuple[datetime, datetime]


def is_crisis(body: str) -> bool:
    return not CRISIS.isdisjoint(danger(body))


def conversation(said: Iterable[tuple[datetime, str, str | None]]) -> tuple[Span | None, bool]:
    """From when to when the last words hang together, and whether a child showed danger in them.

    said: moment, sender and words of each message, the newest first. Where danger is found nothing older is read.
    """
    newest = oldest = None
    for at, sender, body in said:
        if oldest is not None and oldest - at > SILENCE:
            break
        newest, oldest = newest or at, at
        if sender == Side.CHILD and body and is_crisis(body):
            return (oldest, newest), True
    return (None if newest is None or oldest is None else (oldest, newest)), False


def lasts_until(span: Span, *, is_danger: bool, called: Iterable[datetime] = ()) -> datetime | None:
    """Until when it goes on if nobody says anything more; None where it is like any other.

    called: when somebody was called for the child. Whoever asks for Help and waits has not left.
    """
    within = [at for at in called if span[0] - SILENCE <= at <= span[1] + SILENCE]
    if not is_danger and not within:
        return None
    return max([span[1], *within]) + SILENCE


def goes_on(room: int, now: datetime, words: Words | None) -> bool:
    if words is not None and words.side is Side.CHILD and is_crisis(words.body):
        return True
    of = ("epoch", "last_s", "pairing__child", "pairing__mentor__user")
    found = Room.objects.filter(pk=room).values_list(*of).first()
    if found is None:
        return False
    epoch, last_s, child, mentor = found
    span, is_danger = _conversation(room, epoch, last_s)
    if span is None or now > span[1] + 2 * SILENCE:
        return False
    until = lasts_until(span, is_danger=is_danger, called=_called(room, child, mentor, now))
    return until is not None and now <= until


@lru_cache(maxsize=2048)
def _conversation(room: int, epoch: str, last_s: int) -> tuple[Span | None, bool]:
    """Read once for each number of a room: who goes on knocking at a closed door costs next to nothing."""
    rows = Event.objects.filter(room=room, s__lte=last_s, kind=MSG).order_by("-s")
    return conversation(rows.values_list("at", "sender", "body")[:MOST])


def _called(room: int, child: int, mentor: int, now: datetime) -> list[datetime]:
    """When somebody was called for this child, by Help, a worry or words in this room; now, while nobody answered.

    Not what is sealed, nor what names the mentor: a room that goes on would tell them of it.
    """
    hidden = Case.objects.sealed().values("pk")
    alerts = Alert.objects.filter(Q(room=None) | Q(room=room), case__child=child).exclude(
        Q(case__in=hidden) | Q(case__named=mentor) | Q(kind__in=WAITS)
    )
    rows = alerts.filter(Q(answered_at=None, case__closed_at=None) | Q(raised_at__gt=now - 4 * SILENCE))
    found = rows.values_list("raised_at", "answered_at", "case__closed_at")
    return [now if answered is None and closed is None else raised for raised, answered, closed in found]
