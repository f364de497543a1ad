"""Danger in a child's words: a person is called, in the transaction that commits the words.

Nothing is blocked, edited or held up by it. It is incomplete: what it does not see, nobody is called for.
"""

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from backend.care import detection
from backend.care.alerts import raise_alert
from backend.care.cases import attach_words
from backend.care.detection import Sign
from backend.care.ladder import ROUTES
from backend.care.models import Alert, Case, HelpCard
from backend.errors import NotYours
from chat.checks import Memory, Words
from chat.models import Event, Room, Session
from chat.models.rooms import MSG
from chat.protocol import Side

log = logging.getLogger(__name__)

# Of these the first that is there decides who is called.
GRAVEST = (
    Sign.PLAN_OR_MEANS,
    Sign.WISH_TO_DIE,
    Sign.SEXUAL_HARM,
    Sign.VIOLENCE_AT_HOME,
    Sign.SELF_HARM,
    Sign.HOPELESS,
    Sign.BULLYING,
    Sign.FEAR_FOR_PARENT,
)
SAME_FOR = timedelta(minutes=30)  # the same sign again is the same alert
MOST_KEPT = 4000  # rooms
LOOKED_BACK = 40  # numbers of a room in which the child's last ten messages are looked for


def hear(words: list[Words], memory: Memory) -> None:
    """With every message as it is committed. A fault of ours must not silence a child: it is logged, and only
    a database that can't be written to stops the batch, which is then done again as a whole."""
    lately: Lately = memory.setdefault("what children said lately", Lately())
    lately.begin(words)
    for each in words:
        before = lately.before(each)
        if each.side is not Side.CHILD:
            continue
        _look(each, before)


def hear_in_vain(words: list[Words]) -> None:
    """Said where nobody may write: nobody reads it and it is kept nowhere, but a person is called all the same."""
    for each in words:
        _look(each, ())


def _look(words: Words, before: Sequence[str]) -> None:
    try:
        signs = detection.danger(words.body, before)
        if signs:
            with transaction.atomic():
                _route(words, signs)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.error("danger could not be routed: %s", type(error).__name__)


class Lately:
    """The child's last messages of each room, kept while no number of the room is missing; else read anew."""

    def __init__(self) -> None:
        self._rooms: dict[int, tuple[int, deque[str]]] = {}

    def begin(self, words: list[Words]) -> None:
        """A batch: in one question for all of its rooms of which something is not known."""
        if len(self._rooms) > MOST_KEPT:
            self._rooms.clear()
        first: dict[int, int] = {}
        for each in words:
            if each.s is not None:
                first.setdefault(each.room, each.s)
        gaps = {room: s for room, s in first.items() if self._rooms.get(room, (-1,))[0] != s - 1}
        for room in gaps:
            self._rooms.pop(room, None)
        missing = {
            each.room: gaps[each.room] for each in words if each.side is Side.CHILD and each.room in gaps
        }
        if not missing:
            return
        self._rooms |= {room: (s - 1, deque(maxlen=detection.EARLIER)) for room, s in missing.items()}
        said = Event.objects.filter(
            room__in=missing,
            kind=MSG,
            sender=Side.CHILD,
            body__isnull=False,
            s__gt=F("room__last_s") - LOOKED_BACK,
        )
        for room, s, body in said.order_by("room", "s").values_list("room", "s", "body"):
            if s < missing[room]:
                self._rooms[room][1].append(body)

    def before(self, words: Words) -> list[str]:
        """What the child said before these words of either, which are known from then on."""
        if words.room not in self._rooms:
            return []
        newest, said = self._rooms[words.room]
        before = list(said)
        if words.side is Side.CHILD:
            said.append(words.body)
        self._rooms[words.room] = (words.s or newest, said)
        return before


def _route(words: Words, signs: frozenset[Sign]) -> None:
    """Danger of two kinds goes both ways: what is a lead's alone does not keep the counsellor from coming."""
    room = Room.objects.with_people().get(pk=words.room)
    said = Event.objects.filter(room=room, sender=words.side, cid=words.cid).first()
    where: dict[str, Any] = {"room": room, "s": said.s} if said else {}
    now = timezone.now()
    for sealed in (False, True):
        kinds = [sign for sign in GRAVEST if sign in signs and ROUTES[sign].sealed is sealed]
        if not kinds:
            continue
        kind = kinds[0]
        of = Case.Kind.ABUSE if sealed else Case.Kind.DANGER
        standing = Case.objects.standing().filter(child=room.pairing.child_id, kind=of)
        # One that somebody reported names a person, and is another matter.
        case = standing.filter(opened_by=None).last()
        same = Alert.objects.filter(case=case, kind=kind, raised_at__gt=now - SAME_FOR)
        if case is None or not same.exists():
            case = raise_alert(
                actor=None, child=room.pairing.child, kind=kind, case=case, now=now, **where
            ).case
        if said is not None:
            attach_words(case=case, room=room, first=said.s, last=said.s)
    _offer_help(room, now)


def _offer_help(room: Room, now: datetime) -> None:
    """With each such sentence anew: who says it again was not helped yet."""
    session = Session.objects.filter(room=room, ended_at=None).last()
    # The batch holds the room's lock: two can't both find none.
    if not HelpCard.objects.filter(room=room, session=session).update(offered_at=now, shown_at=None):
        HelpCard.objects.create(room=room, session=session, offered_at=now)


@transaction.atomic
def take_help_card(*, actor: Any, room_id: int) -> bool:
    """Whether Help is to be offered in the child's own room for what it just said: once for each such sentence.

    NotYours for all others. What stands longer says `helping.told_in`.
    """
    if not Room.objects.filter(pk=room_id, pairing__child__user=actor.pk).exists():
        raise NotYours
    waiting = HelpCard.objects.filter(room=room_id, shown_at=None)
    return bool(waiting.update(shown_at=timezone.now()))
