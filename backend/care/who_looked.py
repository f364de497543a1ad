"""Who of the staff looked at a child, for its family; and the log of acts, for leads and for oneself.

The family is told as what somebody looked, not who: names of staff are nobody's but the staff's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from backend import policy
from backend.accounts.access import check_may, may
from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care.access import close_to
from backend.care.models import Case, Reading
from backend.errors import NotYours
from backend.policy import Relation
from backend.rosters.access import ABSENT
from backend.rosters.models import Child
from chat.access import reading_relations
from chat.models import Event, Held, Room
from chat.sealing import sealed_words

FAMILY = frozenset({Relation.GUARDIAN, Relation.LIMITED_GUARDIAN, Relation.CARER})


WAY_IN, HELD = "child.way_in_made", "held.viewed"


@dataclass(frozen=True, slots=True)
class Look:
    """capacity: coordinator or lead.  first_day, last_day, role: of a room read in an emergency.

    alone: a lead read it without a second person.  way_in: no look, but a new way to sign in as the child.
    held: a message that waited for somebody to look at it.  who: only for those who may read the log.
    """

    at: datetime
    capacity: str
    role: str = ""
    first_day: date | None = None
    last_day: date | None = None
    alone: bool = False
    who: str = ""
    way_in: bool = False
    held: bool = False


def looks_at(actor: Any, child_id: int) -> "QuerySet[Entry]":
    """Entries of the log that say who looked at the child, the newest first. NotYours.

    For the family without anything that belongs to a sealed case.
    """
    child = Child.objects.filter(pk=child_id).first()
    relations = reading_relations(actor, child or ABSENT)
    if child is None or not policy.allows("log", "read_looks", relations):
        raise NotYours
    rooms = Room.objects.filter(pairing__child=child)
    row = Q(object_type="rosters.child", object_id=str(child.pk), action__in=["child.viewed", WAY_IN])
    read = Q(
        object_type="chat.room", object_id__in=_as_text(rooms), action="room.viewed", facts__has_key="reading"
    )
    held = Q(object_type="chat.held", object_id__in=_as_text(_held(child)), action=HELD)
    entries = Entry.objects.filter(row | read | held).order_by("-number")
    if relations.isdisjoint(FAMILY):
        return entries
    # By id: of what has no such fact the database knows neither that it is sealed nor that it isn't.
    return entries.exclude(pk__in=Entry.objects.filter(_sealed(child)).values("pk"))


def _held(child: Child) -> "QuerySet[Held]":
    return Held.objects.filter(room__pairing__child=child)


def _as_text(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Their ids, as an entry names them."""
    return rows.values_list(Cast("pk", CharField()), flat=True)


def _sealed(child: Child) -> Q:
    """Asked in as many queries whether anything is sealed or not.

    A held message belongs to the case when its number does; one that has none, when it was looked at since.
    """
    cases = Case.objects.sealed().filter(child=child)
    opened = {str(pk): at for pk, at in cases.values_list("pk", "opened_at")}
    readings = list(Reading.objects.filter(case__in=cases).values_list("pk", flat=True))
    found = Q(pk__in=[])
    if opened:
        found |= Q(facts__cases__has_any_keys=list(opened))
        said = _held(child).filter(event__in=Event.objects.filter(sealed_words()))
        found |= Q(object_type="chat.held", object_id__in=_as_text(said))
        unsaid = Q(object_type="chat.held", object_id__in=_as_text(_held(child).filter(event=None)))
        found |= unsaid & Q(at__gte=min(opened.values()))
    if readings:
        found |= Q(facts__reading__in=readings)
    return found


def in_words(actor: Any, entries: Iterable[Entry]) -> list[Look]:
    """With what a page of entries says, in two queries more; names only for who may read the whole log."""
    entries = list(entries)
    readings = Reading.objects.select_related("room__pairing").in_bulk(
        {entry.facts["reading"] for entry in entries if "reading" in entry.facts}
    )
    users = User.objects.in_bulk({entry.actor_id for entry in entries})
    named = may(actor, "log", "list_all")
    return [_look(entry, readings, users, named) for entry in entries]


def _look(entry: Entry, readings: dict[int, Reading], users: dict[int, User], named: bool) -> Look:
    who = users[entry.actor_id].name if named and entry.actor_id in users else ""
    reading = readings.get(entry.facts.get("reading", 0))
    capacity = entry.facts.get("capacity", "coordinator")
    if reading is None:
        return Look(entry.at, capacity, who=who, way_in=entry.action == WAY_IN, held=entry.action == HELD)
    return Look(
        entry.at,
        capacity,
        reading.room.pairing.role,
        reading.first_day,
        reading.last_day,
        reading.alone,
        who,
    )


def log_for(actor: Any) -> "QuerySet[Entry]":
    """All for a lead, one's own acts for a coordinator, the newest first. NotYours for everybody else.

    A lead reads nothing here of what they have no part in: cases, readings, rooms and looks of children close
    to them, and cases that name them. Their own acts stand there for them whatever they are about.
    """
    check_may(actor, "log", "list")
    entries = Entry.objects.order_by("-number")
    own = Q(actor_id=actor.pk)
    if not may(actor, "log", "list_all"):
        return entries.filter(own)
    return entries.filter(own | ~Q(pk__in=Entry.objects.filter(_close(actor)).values("pk")))


def _close(actor: Any) -> Q:
    children = list(close_to(actor).values_list("pk", flat=True).distinct())
    cases = _ids(Case.objects.filter(Q(child__in=children) | Q(named=actor.pk)))
    rooms = Room.objects.filter(pairing__child__in=children)
    readings = Reading.objects.filter(Q(room__in=rooms) | Q(case__in=cases))
    found = Q(pk__in=[])
    for kind, ids in (
        ("care.case", cases),
        ("care.reading", _ids(readings)),
        ("chat.room", _ids(rooms)),
        ("chat.held", _ids(Held.objects.filter(room__in=rooms))),
    ):
        found |= Q(object_type=kind, object_id__in=ids)
    if children:
        found |= Q(object_type="rosters.child", object_id__in=map(str, children), action="child.viewed")
    if cases:
        found |= Q(facts__cases__has_any_keys=cases)
    if readings:
        found |= Q(facts__reading__in=[reading.pk for reading in readings])
    return found


def _ids(rows: "QuerySet[Any]") -> list[str]:
    return [str(pk) for pk in rows.values_list("pk", flat=True)]
