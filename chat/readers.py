"""Guardians reading along in an academic room: by themselves while the child is small; later they ask.

Whoever begins to read is shown by the room first, with a number, and reads only what is said from it on.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from backend import policy
from backend.ages import READ_ALONG_UNDER, ReadAlong, born_after, rules_at
from backend.audit import log as audit
from backend.days import local_day
from backend.errors import Conflict, NotYours
from backend.policy import Relation
from backend.rosters.access import ABSENT, child_relations
from backend.rosters.models import Child, Guardianship
from chat import bells
from chat.acts import ShowReaders
from chat.models import Event, Reader, Room
from chat.protocol import EventKind
from chat.reading_along import readers_now, standing
from chat.record import perform
from matching.models import Role

State, End, Why = Reader.State, Reader.End, Reader.Why
ASK_AGAIN = timedelta(days=30)  # a no is not asked about every day


class CantAsk(Conflict):
    code = "reader.cant_ask"


class AlreadyAnswered(Conflict):
    code = "reader.answered"


def access_readers(actor: Any, child_id: int, action: str) -> Child:
    """The child, for whoever may list who reads along, or ask to; else NotYours."""
    child = Child.objects.filter(pk=child_id).first()
    if not policy.allows("reader", action, child_relations(actor, child or ABSENT)) or child is None:
        raise NotYours
    return child


def readers_for(actor: Any, child: Child) -> list[Reader]:
    """Who reads along or asks to: for the child everybody, for a guardian their own. After `access_readers`."""
    rows = Reader.objects.exclude(state=State.OVER).filter(room__pairing__child=child)
    if child.user_id != actor.pk:
        rows = rows.filter(guardian_id=actor.pk)
    return standing(rows.select_related("guardian"), timezone.now())


def last_no(actor: Any, child: Child) -> tuple[date, date] | None:
    """On which day the child said no to this guardian in its live academic room, and from which day on one may ask again.

    None when it did not, or that day has come. After `access_readers`.
    """
    rows = Reader.objects.filter(
        guardian_id=actor.pk, room__pairing__child=child, room__pairing__ended_at=None
    )
    over = _noes(rows, timezone.now()).order_by("-over_at").values_list("over_at", flat=True).first()
    return None if over is None else (local_day(over), local_day(over + ASK_AGAIN))


def reads_since(reader: Reader) -> date | None:
    """The day of the number from which on it is read: for who asked, the day of the child's yes."""
    shown = Event.objects.filter(room=reader.room_id, s=reader.from_s).values_list("at", flat=True).first()
    return shown and local_day(shown)


def _noes(rows: QuerySet[Reader], now: datetime) -> QuerySet[Reader]:
    """Too fresh to ask again."""
    return rows.filter(end__in=[End.REFUSED, End.TAKEN_BACK], over_at__gt=now - ASK_AGAIN)


@transaction.atomic
def ask_to_read(*, actor: Any, child_id: int) -> Reader:
    """A guardian asks to read along in the child's academic room; the child answers. Raises CantAsk."""
    child, now = access_readers(actor, child_id, "ask"), timezone.now()
    if rules_at(child.birth_date, now).read_along is not ReadAlong.WHERE_AGREED:
        raise CantAsk(_("At this age it is not asked."))
    live = Room.objects.live().filter(pairing__child=child, pairing__role=Role.ACADEMIC)
    room = live.select_for_update(of=("self",)).first()
    if room is None:
        raise CantAsk(_("There is no academic mentor at the moment."))
    mine = Reader.objects.filter(room=room, guardian_id=actor.pk)
    if mine.exclude(state=State.OVER).exists():
        raise CantAsk(_("You have asked already."))
    if _noes(mine, now).exists():
        raise CantAsk(_("The answer was no. Please leave it at that for a month."))
    reader = Reader.objects.create(
        room=room, guardian_id=actor.pk, why=Why.AGREED, state=State.ASKED, began_at=now
    )
    audit.record(actor, "reader.asked", reader, room=room.pk)
    return reader


@transaction.atomic
def answer_reader(*, actor: Any, reader_id: int, agree: bool) -> Reader:
    """The child says yes or no to who asks; and no, at any time, to who reads because it said yes."""
    room, reader = _locked(actor, reader_id, "answer")
    now = timezone.now()
    asked, reads = reader.state == State.ASKED, reader.state == State.READING and reader.why == Why.AGREED
    if not (asked or (reads and not agree)) or not standing(Reader.objects.filter(pk=reader.pk), now):
        raise AlreadyAnswered(_("This is settled already."))
    if agree:
        reader.state, reader.from_s = State.READING, _show(room, len(readers_now(room, now)) + 1, now)
        reader.save(update_fields=["state", "from_s"])
        audit.record(actor, "reader.agreed", reader, room=room.pk, from_s=reader.from_s)
    else:
        _end(actor, reader, End.REFUSED if asked else End.TAKEN_BACK, now)
    return reader


@transaction.atomic
def give_up_reading(*, actor: Any, reader_id: int) -> None:
    """The guardian does not want it any more."""
    _room, reader = _locked(actor, reader_id, "give_up")
    if reader.state == State.OVER or reader.why != Why.AGREED:
        raise AlreadyAnswered(_("This is settled already."))
    _end(actor, reader, End.GIVEN_UP, timezone.now())


def access_reader(actor: Any, reader_id: int, action: str) -> Reader:
    """For the child to answer, for the guardian whose question it is to give up; else NotYours."""
    reader = Reader.objects.select_related("room__pairing__child").filter(pk=reader_id).first()
    relations = child_relations(actor, reader.room.pairing.child if reader else ABSENT)
    if reader is not None and reader.guardian_id != actor.pk:
        relations = relations - {Relation.GUARDIAN}
    if reader is None or not policy.allows("reader", action, relations):
        raise NotYours
    return reader


def _locked(actor: Any, reader_id: int, action: str) -> tuple[Room, Reader]:
    """Under the room's lock, which everything that changes its readers holds."""
    found = access_reader(actor, reader_id, action)
    room = Room.objects.with_people().select_for_update(of=("self",)).get(pk=found.room_id)
    return room, Reader.objects.get(pk=reader_id)


def _end(actor: Any, reader: Reader, end: Reader.End, now: datetime) -> None:
    read, room = reader.state == State.READING, Room.objects.with_people().get(pk=reader.room_id)
    reader.state, reader.end, reader.over_at = State.OVER, end, now
    reader.save(update_fields=["state", "end", "over_at"])
    audit.record(actor, "reader.over", reader, room=room.pk, end=str(end))
    if read and not room.ended:
        _show(room, len(readers_now(room, now)), now)


def _show(room: Room, parents: int, now: datetime) -> int:
    """The room says how many of the family read along; returns the number under which it does."""
    done = perform([ShowReaders(room.pk, parents)], now=now)
    transaction.on_commit(lambda: bells.ring(done))
    frames = (row.frame for row in done.rows[room.pk])
    return next(each.s for each in frames if getattr(each, "kind", None) is EventKind.READERS_CHANGED)


def begin_with_rooms(pairings: Iterable[int], now: datetime) -> None:
    """Rooms that have just opened show the guardians of the smallest from their first number on."""
    rooms = dict(
        Room.objects.filter(pairing__in=list(pairings), pairing__role=Role.ACADEMIC)
        .filter(pairing__child__birth_date__gt=_too_old(now))
        .values_list("pairing__child", "pk")
    )
    Reader.objects.bulk_create(
        Reader(
            room_id=rooms[link.child_id],
            guardian_id=link.guardian_id,
            why=Why.AGE,
            state=State.READING,
            from_s=1,
            began_at=now,
        )
        for link in _active_links().filter(child__in=rooms)
    )


def follow(now: datetime, *, child: int | None = None) -> int:
    """Rooms show what has changed by itself: a birthday, a guardian's link, an account. Returns how many did.

    The right itself does not wait for this: `chat.reading_along` asks at every request.
    """
    rows = Reader.objects.exclude(state=State.OVER)
    links = _active_links().filter(
        child__birth_date__gt=_too_old(now),
        child__pairings__ended_at=None,
        child__pairings__role=Role.ACADEMIC,
    )
    if child is not None:
        rows, links = rows.filter(room__pairing__child=child), links.filter(child=child)
    held = {row.pk for row in standing(rows, now)}
    lost = {row.room_id for row in rows if row.pk not in held}
    reads = set(rows.values_list("room", "guardian"))
    found = links.values_list("child__pairings__room", "guardian")
    new = {room for room, guardian in found if room is not None and (room, guardian) not in reads}
    return sum(_settle(room, now) for room in sorted(lost | new))


def guardianship_changed(sender: Any, *, child: Child, now: datetime, **_facts: Any) -> None:
    follow(now, child=child.pk)


@transaction.atomic
def _settle(room_id: int, now: datetime) -> bool:
    room = Room.objects.with_people().select_for_update(of=("self",)).get(pk=room_id)
    rows = list(Reader.objects.filter(room=room).exclude(state=State.OVER))
    held = {row.pk for row in standing(Reader.objects.filter(pk__in=[row.pk for row in rows]), now)}
    lost = [row for row in rows if row.pk not in held]
    for row in lost:
        row.state, row.end, row.over_at = State.OVER, End.LOST, now
    Reader.objects.bulk_update(lost, ["state", "end", "over_at"])
    here = {row.guardian_id for row in rows if row.pk in held}
    child = room.pairing.child
    begin = []
    if not room.ended and room.pairing.role == Role.ACADEMIC and child.birth_date > _too_old(now):
        begin = [
            link.guardian_id for link in _active_links().filter(child=child) if link.guardian_id not in here
        ]
    if begin or (any(row.from_s for row in lost) and not room.ended):
        from_s = _show(room, len(readers_now(room, now)) + len(begin), now)
        Reader.objects.bulk_create(
            Reader(room=room, guardian_id=one, why=Why.AGE, state=State.READING, from_s=from_s, began_at=now)
            for one in begin
        )
    if lost or begin:
        audit.record(None, "readers.changed", room, lost=[row.pk for row in lost], began=len(begin))
    return bool(lost or begin)


def account_changed(sender: Any, *, instance: Any, created: bool, update_fields: Any, **_facts: Any) -> None:
    """Switched off and on again, a guardian reads no more until the room has shown it anew."""
    if created or (update_fields is not None and "is_active" not in update_fields):
        return
    now = timezone.now()
    for child in Guardianship.objects.filter(guardian=instance.pk).values_list("child", flat=True):
        follow(now, child=child)


def _active_links() -> Any:
    return Guardianship.objects.filter(status=Guardianship.Status.ACTIVE, guardian__is_active=True)


def _too_old(now: datetime) -> Any:
    """Born on this day or before it: eight already."""
    return born_after(READ_ALONG_UNDER, local_day(now))
