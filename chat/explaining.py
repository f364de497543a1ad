"""What a child is told before its first message: who can read this room. From the gates themselves, so that what
is told can't differ from what is so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from backend import policy
from backend.ages import ReadAlong, rules_at
from backend.audit import log as audit
from backend.policy import Relation
from chat.access import access_room, relations_in_room
from chat.models import Room
from matching.models import Pairing, Role

STAFF = (Relation.COORDINATOR, Relation.LEAD)


class Around(StrEnum):
    """Who somebody is to the child."""

    SELF = "self"
    MENTOR = "mentor"
    OTHER_MENTOR = "other_mentor"
    FAMILY = "family"
    CARER = "carer"  # of the family too, and known by what they are to the child


@dataclass(frozen=True, slots=True)
class WhoReads:
    """Of one room, now.

    can, cannot: everybody around the child, once each, as (who, name); of a carer the relation instead of the name.
    may_ask:     a guardian can ask the child to let them read along.
    emergency:   staff who can ask for some days of it in an emergency.
    called:      who reads the lines around words that sound like danger.
    looks_first: staff who look at an adult's message that leads out of the room.
    log:         whether guardians read times and summaries, apart from what is said.
    """

    can: tuple[tuple[Around, str], ...]
    cannot: tuple[tuple[Around, str], ...]
    may_ask: bool
    emergency: frozenset[Relation]
    called: frozenset[Relation]
    looks_first: frozenset[Relation]
    log: bool


def who_reads(room: Room, now: datetime) -> WhoReads:
    """The room with its people. That it may be open to somebody in an emergency just now is left out: no room shows it."""
    can: list[tuple[Around, str]] = []
    cannot: list[tuple[Around, str]] = []
    carer = getattr(room.pairing.child, "carer", None)
    for user, around in _people_around(room).items():
        relations = relations_in_room(user, room) - {Relation.EMERGENCY_READER}
        reads = policy.allows("room", "read", relations)
        name = carer.relation if carer and around is Around.CARER else user.name
        (can if reads else cannot).append((around, name))
    role, along = room.pairing.role, rules_at(room.pairing.child.birth_date, now).read_along
    asks = role == Role.ACADEMIC and along is ReadAlong.WHERE_AGREED
    return WhoReads(
        can=tuple(can),
        cannot=tuple(cannot),
        may_ask=asks and policy.allows("reader", "ask", {Relation.GUARDIAN}),
        emergency=_allowed("reading", f"ask_{role}", STAFF),
        called=_allowed("case", "read_words", (Relation.LEAD, Relation.DUTY_COUNSELLOR)),
        looks_first=_allowed("held", f"decide_{role}", STAFF),
        log=policy.allows("summary", "read", {Relation.GUARDIAN}),
    )


def _allowed(resource: str, action: str, relations: tuple[Relation, ...]) -> frozenset[Relation]:
    return frozenset(each for each in relations if policy.allows(resource, action, {each}))


def _people_around(room: Room) -> dict[Any, Around]:
    """In the order in which a child would name them."""
    child = room.pairing.child
    people = {child.user: Around.SELF, room.pairing.mentor.user: Around.MENTOR}
    others = Pairing.objects.live().filter(child=child).exclude(pk=room.pairing_id)
    for pairing in others.select_related("mentor__user"):
        people.setdefault(pairing.mentor.user, Around.OTHER_MENTOR)
    for link in child.guardianships.select_related("guardian").order_by("order"):
        people.setdefault(link.guardian, Around.FAMILY)
    if carer := getattr(child, "carer", None):
        people[carer.user] = Around.CARER if carer.relation else Around.FAMILY
    return people


@transaction.atomic
def understand(*, actor: Any, room_id: int) -> None:
    """The child says that it has read who can read the room. Said twice, it changes nothing."""
    room = access_room(actor, room_id, "understand")
    if Room.objects.filter(pk=room.pk, understood_at=None).update(understood_at=timezone.now()):
        audit.record(actor, "room.understood", room)
