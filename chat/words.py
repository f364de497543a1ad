"""The messages of one connection: said in order, answered, and never overtaken by a later one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chat.acts import Gone, HeldBack, Outcome, Refused, Said, Speak
from chat.protocol import LIMITS, Ack, AckHeld, Close, Err, ErrCode, Held, HeldState
from chat.writer import BUSY

if TYPE_CHECKING:
    from chat.connection import Socket

MOST_REFUSED = 1000  # messages refused in a row, until 4429


class Words:
    """After one that was refused for now, all are refused until that one comes again.

    Every message has a ticket, in the order in which they came. waiting: those the writer has, and whether one
    before them was refused since: then they are not written.
    """

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._mine: set[str] = set()
        self._blocked: str | None = None
        self._block = BUSY
        self._ticket = self._refused = 0
        self._waiting: dict[int, bool] = {}

    def say(self, cid: str, body: str) -> None:
        socket = self._socket
        if self._blocked not in (None, cid):
            return self._refuse(cid, self._block)
        self._ticket += 1
        ticket = self._ticket
        bucket, now = socket.hub.bucket(socket.place.user), time.monotonic()
        if not bucket.take(now):
            wait = int(bucket.wait(now) * 1000) + 1
            detail = f"at most {LIMITS.messages_per_s} messages a second"
            return self._stop_at(cid, ticket, Refused(ErrCode.TOO_FAST, detail, wait))
        self._blocked, self._refused = None, 0
        self._mine.add(cid)
        self._waiting[ticket] = False
        queued = socket.hub.writer.put(
            Speak(socket.place.room, socket.place.side, cid, body),
            lambda outcome: self._on_said(cid, ticket, outcome),
            stale=lambda: self._waiting[ticket],
        )
        if not queued:
            del self._waiting[ticket]
            self._stop_at(cid, ticket, BUSY)

    def begin_again(self) -> None:
        """A hello: the client sends its outbox from the beginning."""
        self._blocked = None

    def settle(self, cid: str) -> bool:
        """Whether its ack is still due; not any more after this."""
        due = cid in self._mine
        self._mine.discard(cid)
        return due

    def _stop_at(self, cid: str, ticket: int, refusal: Refused) -> None:
        """Also when a later one was refused before: the writer is slower than the door."""
        self._blocked, self._block = cid, refusal
        for later in self._waiting:
            if later > ticket:
                self._waiting[later] = True
        self._refuse(cid, refusal)

    def _refuse(self, cid: str, refusal: Refused) -> None:
        self._mine.discard(cid)
        self._refused += 1
        if self._refused > MOST_REFUSED:
            return self._socket.close(Close.TOO_FAST, "went on sending too fast")
        self._tell_refusal(cid, refusal)

    def _tell_refusal(self, cid: str, refusal: Refused) -> None:
        self._socket.tell(Err(refusal.code, refusal.detail, cid, refusal.retry_ms), always=True)

    def _on_said(self, cid: str, ticket: int, outcome: Outcome) -> None:
        socket, overtaken = self._socket, self._waiting.pop(ticket)
        match outcome:
            case Said(_, s, at, masked):
                # Otherwise the ack goes out in its turn, between the other numbers.
                if s <= socket.sent and self.settle(cid):
                    socket.tell(Ack(cid, s, at, masked), always=True)
            case HeldBack(_, state):
                self._mine.discard(cid)
                socket.tell(AckHeld(cid), always=True)
                if state == HeldState.REFUSED:
                    socket.tell(Held(cid, HeldState.REFUSED), always=True)
            case Refused(ErrCode.BUSY) as refusal if not overtaken:
                self._stop_at(cid, ticket, refusal)
            case Refused(ErrCode.BUSY):
                # Once the one before it came again, so did this: the answer to that one counts.
                if self._blocked is not None:
                    self._refuse(cid, self._block)
            case Refused() as refusal:
                self._mine.discard(cid)
                self._tell_refusal(cid, refusal)
            case Gone():
                socket.close(Close.ENDED, "the pairing has ended")
