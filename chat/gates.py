"""A room is open only while its pairing could be published today: an expiry shuts it within a minute.

Rows and dates run out without anybody doing anything, so a duty compares; nothing has to remember to call it.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Value, When

from backend.audit import log as audit
from backend.rosters.models import Certificate, Child
from chat.models import Gate, Room
from chat.rooms import revoke
from chat.rules.times import local_day
from matching.models import Role


def enforce(now: datetime) -> int:
    """Shuts rooms whose gate is missing and opens those whose is there again. Returns how many changed."""
    rooms = Room.objects.filter(ended_at=None, pairing__ended_at=None).annotate(gate=_missing(local_day(now)))
    changed = list(rooms.exclude(gate=F("shut_by")).order_by("pk").values_list("pk", "gate"))
    for room_id, gate in changed:
        _set(room_id, gate, now)
    return len(changed)


def standing_changed(sender: Any, *, now: datetime, **_facts: Any) -> None:
    """What a coordinator changes holds at once; only what runs out by itself waits for the duty."""
    enforce(now)


def open_rooms_of(mentors: Collection[str]) -> dict[str, int]:
    """By roster id of these mentors, of how many pairs the room is open now; who has none is absent."""
    rooms = Room.objects.filter(ended_at=None, pairing__ended_at=None, shut_by="")
    counted = rooms.filter(pairing__mentor__roster_id__in=mentors).order_by()
    rows = counted.values("pairing__mentor__roster_id").annotate(n=Count("pk"))
    return {row["pairing__mentor__roster_id"]: row["n"] for row in rows}


def _missing(today: date) -> Case:
    """The first gate that is missing, empty for none. The same conditions as for publishing a pairing."""
    consent = Child.objects.with_consent().filter(pk=OuterRef("pairing__child"))
    valid = Certificate.objects.filter(mentor=OuterRef("pairing__mentor")).filter(
        Q(valid_until=None) | Q(valid_until__gte=today)
    )
    vetted = Q(pairing__mentor__vetted_until__gte=today)
    there = Q(pairing__child__active=True, pairing__mentor__active=True)
    cases: list[tuple[Any, Gate]] = [
        (~Exists(consent), Gate.CONSENT),
        (~there, Gate.TAKING_PART),
        (~vetted, Gate.VETTING),
        (Q(pairing__role=Role.WELLBEING) & ~Exists(valid), Gate.CERTIFICATE),
    ]
    whens = [When(condition, then=Value(gate.value)) for condition, gate in cases]
    return Case(*whens, default=Value(""), output_field=CharField())


@transaction.atomic
def _set(room_id: int, gate: str, now: datetime) -> None:
    room = Room.objects.select_for_update().get(pk=room_id)
    if room.shut_by == gate:
        return  # another worker was first
    room.shut_by, room.shut_at = gate, now if gate else None
    room.stamp += 1
    room.save(update_fields=["shut_by", "shut_at", "stamp"])
    audit.record(None, "room.shut" if gate else "room.opened", room, gate=gate)
    revoke(room=room.pk)
