"""Everything that is written into rooms goes through `perform`: one transaction for a batch of acts.

The rooms of a batch are locked in the order of their numbers, so whoever writes knows the next number, the
session and who is present; UNIQUE(room, s) stands behind it. Doing a batch again after an unknown outcome
changes nothing that was done.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from chat import checks
from chat.acts import (
    Act,
    Arrive,
    ChangeSlot,
    Decide,
    Done,
    EndSession,
    Gone,
    HeldBack,
    Leave,
    MarkRead,
    Numbered,
    Outcome,
    Performed,
    Redact,
    Refused,
    Said,
    ShowReaders,
    Speak,
    Stir,
    Tick,
)
from chat.conditions import room_hours
from chat.models import Event, Held, Original, ReadMark, Room
from chat.models.rooms import MSG
from chat.protocol import ErrCode, EventKind, Message, Side
from chat.protocol import Event as EventFrame
from chat.rules.hours import is_open, next_opening
from chat.rules.moves import IllegalMove
from chat.sitting import Sitting, load_sittings
from chat.summaries import keep_summary

Step = Callable[[Sitting], None]


@transaction.atomic
def perform(acts: Sequence[Act], *, now: datetime) -> Performed:
    """Does the acts in order. Raises nothing for what a person did wrong: that is an outcome."""
    rooms = {
        room.pk: room
        for room in Room.objects.with_people()
        .select_for_update(of=("self",))
        .filter(pk__in={act.room for act in acts})
        .order_by("pk")
    }
    batch = _Batch(rooms, acts, now)
    outcomes = [batch.do(act) for act in acts]
    batch.save()
    return Performed(outcomes, dict(batch.rows), batch.changed)


class _Batch:
    """The rooms of one transaction, with what is known of them and what is to be written."""

    def __init__(self, rooms: dict[int, Room], acts: Sequence[Act], now: datetime) -> None:
        self.rooms, self.now = rooms, now
        self.rows: dict[int, list[Numbered]] = defaultdict(list)
        self.changed: set[int] = set()
        self.new_events: list[Event] = []
        self.originals: list[tuple[Event, str]] = []
        self.released: list[tuple[Held, Event]] = []
        self.heard: list[checks.Words] = []
        self.sittings: dict[int, Sitting] = load_sittings(rooms, now)
        self.known = _known_cids(acts)
        for sitting in self.sittings.values():
            self._note(sitting)

    def do(self, act: Act) -> Outcome:
        room = self.rooms.get(act.room)
        if room is None:
            return Gone()
        match act:
            case Arrive():
                return self._arrive(room, act)
            case Leave():
                return self._leave(room, act)
            case Speak():
                return self._speak(room, act)
            case Stir():
                return self._sit(room, lambda sitting: sitting.stir(act.side, self.now))
            case MarkRead():
                return self._read(room, act)
            case EndSession():
                return self._end(room, act)
            case Tick():
                return self._sit(room, lambda sitting: sitting.tick(self.now))
            case ChangeSlot():
                self._event(room, EventKind.SLOT_CHANGED, slot=act.slot)
                return Done()
            case ShowReaders():
                self._event(room, EventKind.READERS_CHANGED, parents=act.parents)
                return Done()
            case Decide():
                return self._decide(room, act)
            case Redact():
                return self._redact(room, act)

    def _arrive(self, room: Room, act: Arrive) -> Outcome:
        if room.ended:
            return Gone()
        sitting = self.sittings[room.pk]
        sitting.arrive(act.side, act.token, self.now, most=act.most)
        self._note(sitting)
        self.changed.add(room.pk)
        return Done()

    def _leave(self, room: Room, act: Leave) -> Outcome:
        sitting = self.sittings[room.pk]
        if not sitting.leave(act.token, min(act.at, self.now), act.why):
            return Gone()
        self._note(sitting)
        self.changed.add(room.pk)
        return Done()

    def _speak(self, room: Room, act: Speak) -> Outcome:
        before = self.known.get((room.pk, act.side, act.cid))
        if before is not None:
            return self._again(room, act, before)
        refusal = self._may_not_speak(room)
        if refusal is not None:
            return refusal
        if act.held_for is not None:
            held = Held.objects.create(
                room=room, sender=act.side, cid=act.cid, body=act.body, reason=act.held_for, said_at=self.now
            )
            self.known[room.pk, act.side, act.cid] = held
            self.changed.add(room.pk)
            self.heard.append(checks.Words(room.pk, act.side, act.cid, act.body))
            self._sit(room, lambda sitting: sitting.stir(act.side, self.now))
            return HeldBack(act.cid, held.state)
        # The session opens before the words that opened it.
        self._sit(room, lambda sitting: sitting.speak(act.side, self.now))
        event = self._message(room, act)
        self.heard.append(checks.Words(room.pk, act.side, act.cid, act.body))
        return Said(act.cid, event.s, event.at, event.masked)

    def _may_not_speak(self, room: Room) -> Outcome | None:
        if room.ended:
            return Gone()
        if room.frozen:
            return Refused(ErrCode.FROZEN, "nobody may write in this room now")
        birth, hours = room.pairing.child.birth_date, room_hours()
        if not is_open(self.now, birth, hours):
            wait = next_opening(self.now, birth, hours) - self.now
            return Refused(ErrCode.CLOSED, "outside the room's hours", int(wait / timedelta(milliseconds=1)))
        return None

    def _again(self, room: Room, act: Speak, before: Event | Held) -> Outcome:
        # A body that was erased for good can't be compared any more.
        said = before.body
        if isinstance(before, Event) and (before.masked or said is None):
            original = Original.objects.filter(event=before).first()
            said = original.body if original else None
        if said is not None and said != act.body:
            return Refused(ErrCode.CID_REUSED, "this cid was used for other words")
        if isinstance(before, Held):
            if before.event is None:
                return HeldBack(act.cid, before.state)
            before = before.event
        self.rows[room.pk].append(as_numbered(before))
        return Said(act.cid, before.s, before.at, before.masked)

    def _decide(self, room: Room, act: Decide) -> Outcome:
        held = Held.objects.filter(pk=act.held, room=room, state=Held.State.WAITING).first()
        if held is None or (act.release and room.ended):
            return Gone()
        held.state = Held.State.RELEASED if act.release else Held.State.REFUSED
        held.decided_at = self.now
        if act.release:
            event = Event(room=room, kind=MSG, sender=held.sender, cid=held.cid, body=held.body, at=self.now)
            event.said_at = held.said_at
            self._append(room, event)
            self.released.append((held, event))
        else:
            held.save(update_fields=["state", "decided_at"])
        self.changed.add(room.pk)
        return Done()

    def _redact(self, room: Room, act: Redact) -> Outcome:
        event = Event.objects.filter(room=room, s=act.target, kind=MSG).first()
        if event is None or event.body is None:
            return Gone()
        # Of a masked message the words as they were said are kept apart already.
        Original.objects.get_or_create(event=event, defaults={"body": event.body})
        Event.objects.filter(pk=event.pk).update(body=None)
        self._event(room, EventKind.REDACTED, target=act.target)
        return Done()

    def _read(self, room: Room, act: MarkRead) -> Outcome:
        mark, _ = ReadMark.objects.get_or_create(room=room, side=act.side)
        s = min(act.s, room.last_s)
        if s <= mark.s:
            return Done()
        mark.s = s
        mark.save(update_fields=["s"])
        if act.side is Side.MENTOR:
            self.changed.add(room.pk)
        return self._sit(room, lambda sitting: sitting.stir(act.side, self.now))

    def _end(self, room: Room, act: EndSession) -> Outcome:
        if act.side is not Side.MENTOR or room.ended:
            return Refused(ErrCode.NOT_ALLOWED, "only the mentor ends a session")
        sitting = self.sittings[room.pk]
        session = sitting.row
        if sitting.running:
            sitting.end(act.side, self.now)
            self._note(sitting)
        if act.summary is not None:
            words = {"body": act.summary, "mood": act.mood, "written_by": act.by}
            keep_summary(room=room, session=session, now=self.now, **words)
        return Done()

    def _sit(self, room: Room, step: Step) -> Outcome:
        sitting = self.sittings[room.pk]
        try:
            step(sitting)
        except IllegalMove:
            return Gone()  # said from a connection that is lost: the words count, not the presence
        finally:
            self._note(sitting)
        return Done()

    def _note(self, sitting: Sitting) -> None:
        """What happened to the session gets its numbers."""
        room = self.rooms[sitting.room_id]
        for kind, facts in sitting.take_events():
            self._event(room, kind, **facts)
        if sitting.take_changed():
            self.changed.add(room.pk)

    def _event(self, room: Room, kind: EventKind, **facts: int | str) -> None:
        self._append(room, Event(room=room, kind=kind, at=self.now, facts=facts))

    def _message(self, room: Room, act: Speak) -> Event:
        masked = act.masked_body is not None
        body = act.masked_body if act.masked_body is not None else act.body
        event = Event(
            room=room, kind=MSG, sender=act.side, cid=UUID(act.cid), body=body, masked=masked, at=self.now
        )
        self.known[room.pk, act.side, act.cid] = event
        if masked:
            self.originals.append((event, act.body))
        return self._append(room, event)

    def _append(self, room: Room, event: Event) -> Event:
        room.last_s += 1
        event.s = room.last_s
        self.new_events.append(event)
        self.rows[room.pk].append(as_numbered(event))
        return event

    def save(self) -> None:
        Event.objects.bulk_create(self.new_events)
        Original.objects.bulk_create(Original(event=event, body=body) for event, body in self.originals)
        for held, event in self.released:
            held.event = event
            held.save(update_fields=["state", "decided_at", "event"])
        dirty = []
        for sitting in self.sittings.values():
            room = self.rooms[sitting.room_id]
            closed = sitting.save(room)
            if sitting.take_changed():
                self.changed.add(room.pk)
            if closed or room.pk in self.changed or room.pk in self.rows:
                dirty.append(room)
        for room in dirty:
            room.stamp += room.pk in self.changed
        Room.objects.bulk_update(dirty, ["last_s", "stamp", "closed_at"])
        if self.heard:
            checks.tell_heard(self.heard)


def _known_cids(acts: Iterable[Act]) -> dict[tuple[int, Side, str], Event | Held]:
    spoken = [act for act in acts if isinstance(act, Speak)]
    if not spoken:
        return {}
    where = Q(room__in={act.room for act in spoken}, cid__in={act.cid for act in spoken})
    rows: list[Event | Held] = [
        *Held.objects.filter(where).select_related("event"),
        *Event.objects.filter(where),
    ]
    return {(row.room_id, Side(row.sender), str(row.cid)): row for row in rows}


def as_numbered(event: Event) -> Numbered:
    if event.kind == MSG:
        frame: Message | EventFrame = Message(
            event.s, Side(event.sender), str(event.cid), event.body, event.at, event.said_at
        )
    else:
        frame = EventFrame(event.s, EventKind(event.kind), event.at, event.facts)
    return Numbered(frame, event.masked)
