"""Which guardians read along in a room now: by the rules of today over what the room has shown.

Nothing here is remembered: a birthday, a suspended link or a child's no counts at the very next question.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from backend.ages import ReadAlong, rules_at
from backend.rosters.models import Guardianship
from chat.models import Reader, Room
from matching.models import Role

READS = {ReadAlong.ALWAYS: Reader.Why.AGE, ReadAlong.WHERE_AGREED: Reader.Why.AGREED, ReadAlong.NEVER: None}
ACTIVE_GUARDIAN = Exists(
    Guardianship.objects.filter(
        child=OuterRef("room__pairing__child"),
        guardian=OuterRef("guardian"),
        guardian__is_active=True,
        status=Guardianship.Status.ACTIVE,
    )
)


def holds(reader: Reader, now: datetime) -> bool:
    """The reason for which this guardian reads or asks is one at the child's age.

    What a child agreed to ends with the pairing.
    """
    room = reader.room
    if reader.why == Reader.Why.AGREED and room.ended:
        return False
    return reader.why == READS[rules_at(room.pairing.child.birth_date, now).read_along]


def standing(readers: QuerySet[Reader], now: datetime) -> list[Reader]:
    """Of these rows the ones whose guardian is an active one today and whose reason holds."""
    rows = readers.filter(ACTIVE_GUARDIAN, room__pairing__role=Role.ACADEMIC)
    return [each for each in rows.select_related("room__pairing__child") if holds(each, now)]


def readers_now(room: Room, now: datetime) -> list[Reader]:
    return standing(Reader.objects.filter(room=room, state=Reader.State.READING), now)


def numbers_now(rooms: Iterable[int], now: datetime) -> Counter[int]:
    """Of each of these rooms, how many guardians read along."""
    reading = Reader.objects.filter(room__in=list(rooms), state=Reader.State.READING)
    return Counter(each.room_id for each in standing(reading, now))


def reader_of(user: Any, room: Room, now: datetime) -> Reader | None:
    """This guardian's own right to read along, if it stands."""
    mine = Reader.objects.filter(room=room, state=Reader.State.READING, guardian_id=user.pk)
    return next(iter(standing(mine, now)), None)
