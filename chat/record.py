"""Everything that is written into rooms goes through `perform`: one transaction for a batch of acts.

The rooms of a batch are locked in the order of their numbers, so whoever writes knows the next number, the
session and who is present; UNIQUE(room, s) stands behind it. Doing a batch again after an unknown outcome
changes nothing that was done. What most batches do takes a few statements whatever their size
(`chat.statements`); what is rare goes row by row.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from chat import checks, holds, statements
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
from chat.day import Days
from chat.models import Event, Held, Original, ReadMark, Room
from chat.models.rooms import MSG
from chat.protocol import ErrCode, EventKind, Message, Side
from chat.protocol import Event as EventFrame
from chat.rules.hours import is_open
from chat.rules.moves import IllegalMove
from chat.sitting import Kept, Sitting, load_sittings
from chat.statements import Known, LockedRoom
from chat.summaries import keep_summary

Step = Callable[[Sitting], None]


def perform(acts: Sequence[Act], *, now: datetime, kept: Kept | None = None) -> Performed:
    """Does the acts in order. Raises nothing for what a person did wrong: that is an outcome.

    kept: what this process knows of rooms from its last batches; only for who commits here and at once.
    """
    with transaction.atomic():
        spoken = ((act.room, act.side, act.cid) for act in acts if isinstance(act, Speak))
        rooms, known = statements.lock_rooms((act.room for act in acts), spoken)
        batch = _Batch(rooms, known, acts, now, kept)
        outcomes = [batch.do(act) for act in acts]
        batch.save()
    if kept is not None:
        talking = {act.room for act in acts if isinstance(act, Speak)}
        sittings = {pk: each for pk, each in batch.sittings.items() if pk in talking}
        kept.keep(batch.rooms, sittings, now)
    return Performed(outcomes, dict(batch.rows), batch.changed)


class _Batch:
    """The rooms of one transaction, with what is known of them and what is to be written."""

    def __init__(
        self,
        rooms: dict[int, LockedRoom],
        known: Known,
        acts: Sequence[Act],
        now: datetime,
        kept: Kept | None,
    ) -> None:
        self.rooms, self.known, self.now = rooms, known, now
        self.rows: dict[int, list[Numbered]] = defaultdict(list)
        self.changed: set[int] = set()
        self.new: list[tuple[int, Numbered]] = []
        self.originals: dict[tuple[int, int], str] = {}  # by room and number
        self.released: list[tuple[Held, int]] = []
        self.decided: set[int] = set()
        self.heard: list[checks.Words] = []
        self.unheard: list[checks.Words] = []
        self.memory: checks.Memory = {} if kept is None else kept.of_listeners
        self.sittings: dict[int, Sitting] = {}
        if kept is not None:
            # Coming, going and the clock read everything anew.
            moving = {act.room for act in acts if not isinstance(act, Speak)}
            self.sittings = kept.take((room for pk, room in rooms.items() if pk not in moving), now)
        unread = {pk: room for pk, room in rooms.items() if pk not in self.sittings}
        self.sittings |= load_sittings(unread, now)
        self.days = Days() if kept is None else kept.days
        self.days.know((rooms[act.room] for act in acts if isinstance(act, Speak) and act.room in rooms), now)
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

    def _arrive(self, room: LockedRoom, act: Arrive) -> Outcome:
        if room.ended:
            return Gone()
        sitting = self.sittings[room.pk]
        sitting.arrive(act.side, act.token, self.now, most=act.most)
        self._note(sitting)
        self.changed.add(room.pk)
        return Done()

    def _leave(self, room: LockedRoom, act: Leave) -> Outcome:
        sitting = self.sittings[room.pk]
        if not sitting.leave(act.token, min(act.at, self.now), act.why):
            return Gone()
        self._note(sitting)
        self.changed.add(room.pk)
        return Done()

    def _speak(self, room: LockedRoom, act: Speak) -> Outcome:
        before = self.known.get((room.pk, act.side, act.cid))
        if before is not None:
            return self._again(room, act, before)
        refusal = self._may_not_speak(room, act)
        if refusal is not None:
            if act.side is Side.CHILD:
                self.unheard.append(_as_words(act))
            return refusal
        if act.held_for is not None:
            held = Held.objects.create(
                room_id=room.pk,
                sender=act.side,
                cid=act.cid,
                body=act.body,
                reason=act.held_for,
                said_at=self.now,
            )
            self.known[room.pk, act.side, act.cid] = held
            self.changed.add(room.pk)
            room.frozen |= holds.stop_if_second(held, self.now, lambda: self._goes_on(room))
            self.heard.append(_as_words(act))
            self._sit(room, lambda sitting: sitting.stir(act.side, self.now))
            return HeldBack(act.cid, held.state)
        # The session opens before the words that opened it.
        self._sit(room, lambda sitting: sitting.speak(act.side, self.now))
        said = self._message(room, act)
        self.heard.append(_as_words(act, said.s))
        return Said(act.cid, said.s, said.frame.at, said.masked)

    def _may_not_speak(self, room: LockedRoom, act: Speak) -> Outcome | None:
        if room.ended:
            return Gone()
        if room.frozen:
            return Refused(ErrCode.FROZEN, "nobody may write in this room now")
        running = self.sittings[room.pk].value.running
        until = self.days.closed_until(room, running and running.opened_at, self.now)
        if until is None or self._goes_on(room, _as_words(act)):
            return None
        wait = int((until - self.now) / timedelta(milliseconds=1))
        in_hours = is_open(self.now, room.birth_date, room_hours())
        why = "the child has talked for as long as it may today" if in_hours else "outside the room's hours"
        return Refused(ErrCode.CLOSED, why, wait)

    def _goes_on(self, room: LockedRoom, words: checks.Words | None = None) -> bool:
        """Also for what was said before in this batch, which nobody can read yet."""
        said = (each for each in self.heard if each.room == room.pk)
        return any(checks.goes_on(room.pk, self.now, each) for each in (words, *said))

    def _again(self, room: LockedRoom, act: Speak, before: Numbered | Held) -> Outcome:
        # A body that was erased for good can't be compared any more.
        said = self._words_of(room, before)
        if said is not None and said != act.body:
            return Refused(ErrCode.CID_REUSED, "this cid was used for other words")
        if isinstance(before, Held):
            if before.event is None:
                return HeldBack(act.cid, before.state)
            before = statements.as_numbered(before.event)
        self.rows[room.pk].append(before)
        return Said(act.cid, before.s, before.frame.at, before.masked)

    def _words_of(self, room: LockedRoom, before: Numbered | Held) -> str | None:
        """As they were said, if they are kept."""
        if isinstance(before, Held):
            return before.body
        assert isinstance(before.frame, Message)
        if not before.masked and before.frame.body is not None:
            return before.frame.body
        kept = self.originals.get((room.pk, before.s))
        if kept is not None:
            return kept
        original = Original.objects.filter(event__room=room.pk, event__s=before.s).first()
        return original.body if original else None

    def _decide(self, room: LockedRoom, act: Decide) -> Outcome:
        held = Held.objects.filter(pk=act.held, room=room.pk, state=Held.State.WAITING).first()
        if held is None or (act.release and room.ended):
            return Gone()
        held.state = Held.State.RELEASED if act.release else Held.State.REFUSED
        held.decided_at = self.now
        if act.release:
            side, cid = Side(held.sender), str(held.cid)
            frame = Message(room.last_s + 1, side, cid, held.body, self.now, held.said_at)
            self.released.append((held, self._append(room, frame).s))
        else:
            held.save(update_fields=["state", "decided_at"])
        self.decided.add(room.pk)
        self.changed.add(room.pk)
        return Done()

    def _redact(self, room: LockedRoom, act: Redact) -> Outcome:
        event = Event.objects.filter(room=room.pk, s=act.target, kind=MSG).first()
        if event is None or event.body is None:
            return Gone()
        # Of a masked message the words as they were said are kept apart already.
        Original.objects.get_or_create(event=event, defaults={"body": event.body})
        Event.objects.filter(pk=event.pk).update(body=None)
        self._event(room, EventKind.REDACTED, target=act.target)
        return Done()

    def _read(self, room: LockedRoom, act: MarkRead) -> Outcome:
        mark, _ = ReadMark.objects.get_or_create(room_id=room.pk, side=act.side)
        s = min(act.s, room.last_s)
        if s <= mark.s:
            return Done()
        mark.s = s
        mark.save(update_fields=["s"])
        if act.side is Side.MENTOR:
            self.changed.add(room.pk)
        return self._sit(room, lambda sitting: sitting.stir(act.side, self.now))

    def _end(self, room: LockedRoom, act: EndSession) -> Outcome:
        if act.side is not Side.MENTOR or room.ended:
            return Refused(ErrCode.NOT_ALLOWED, "only the mentor ends a session")
        sitting = self.sittings[room.pk]
        session = sitting.row
        if sitting.running:
            sitting.end(act.side, self.now)
            self._note(sitting)
        if act.summary is not None:
            words = {"body": act.summary, "mood": act.mood, "written_by": act.by}
            keep_summary(room=Room.objects.get(pk=room.pk), session=session, now=self.now, **words)
        if act.unkept:
            return Refused(
                ErrCode.NOT_ALLOWED, "the summary is not kept: contact details, and the child reads it"
            )
        return Done()

    def _sit(self, room: LockedRoom, step: Step) -> Outcome:
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

    def _event(self, room: LockedRoom, kind: EventKind, **facts: int | str) -> None:
        self._append(room, EventFrame(room.last_s + 1, kind, self.now, facts))

    def _message(self, room: LockedRoom, act: Speak) -> Numbered:
        masked = act.masked_body is not None
        body = act.masked_body if act.masked_body is not None else act.body
        said = self._append(room, Message(room.last_s + 1, act.side, act.cid, body, self.now), masked=masked)
        self.known[room.pk, act.side, act.cid] = said
        if masked:
            self.originals[room.pk, said.s] = act.body
        return said

    def _append(self, room: LockedRoom, frame: Message | EventFrame, *, masked: bool = False) -> Numbered:
        room.last_s = frame.s
        numbered = Numbered(frame, masked)
        self.new.append((room.pk, numbered))
        self.rows[room.pk].append(numbered)
        return numbered

    def save(self) -> None:
        stirred, dirty = [], []
        for sitting in self.sittings.values():
            room = self.rooms[sitting.room_id]
            if (row := sitting.settle(self.now)) is not None:
                stirred.append(row)
            if sitting.take_changed():
                self.changed.add(room.pk)
            if room.closed_at != sitting.value.closed_at or room.pk in self.changed or room.pk in self.rows:
                room.closed_at = sitting.value.closed_at
                room.stamp += room.pk in self.changed
                dirty.append(room)
        statements.save(self.new, stirred, dirty)
        for (room_id, s), body in self.originals.items():
            Original.objects.create(event=Event.objects.get(room=room_id, s=s), body=body)
        for held, s in self.released:
            held.event = Event.objects.get(room=held.room_id, s=s)
            held.save(update_fields=["state", "decided_at", "event"])
        if self.decided:
            holds.go_on_if_looked_at(self.decided)
        if self.heard:
            checks.tell_heard(self.heard, self.memory)
        if self.unheard:
            checks.tell_unheard(self.unheard)


def _as_words(act: Speak, s: int | None = None) -> checks.Words:
    return checks.Words(act.room, act.side, act.cid, act.body, s)
