"""One connection: what a client's frame does, and what it is sent, in order and within its credit."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from chat import reading
from chat.acts import Act, Arrive, EndSession, Gone, Leave, Numbered, Outcome, Refused, Stir
from chat.credit import Credit
from chat.greeting import last_words, news, welcome
from chat.limiter import Bucket
from chat.marks import Marks
from chat.protocol import (
    LIMITS,
    Ack,
    BadFrame,
    Close,
    End,
    Err,
    ErrCode,
    FrameRefused,
    Hello,
    Message,
    Ping,
    Pong,
    Read,
    Ready,
    Say,
    Seen,
    ServerFrame,
    Side,
    Typing,
    dump,
    needs_reset,
    parse,
)
from chat.wire import Wire, framed
from chat.words import Words
from chat.writer import BUSY

if TYPE_CHECKING:
    from chat.hub import Hub, View

STIR_EVERY = 5.0  # seconds
WRITTEN_AT_ONCE = 8 * 1024  # bytes
AGAIN = 0.5  # seconds, after a database that could not be read
FRAMES_A_SECOND, FRAMES_BURST = 50, 1000
HELLOS_A_SECOND, HELLOS_BURST = 1, 20  # each costs a look at the database and a replay
PUNISHED = {Close.BAD_FRAME, Close.TOO_BIG, Close.TOO_FAST, Close.LAGGING}
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Phase(Enum):
    NEW = "no hello yet"
    RESET = "told to load anew"
    REPLAYING = "being sent what it missed"
    LIVE = "ready"


class Socket:
    """place: room and person.  sent: the last number that went out on it."""

    def __init__(self, hub: Hub, place: reading.Place, send: Send, wire: Wire) -> None:
        self.hub, self.place, self._send, self._wire = hub, place, send, wire
        self.token = uuid.uuid4()
        self.born = self._heard = time.monotonic()
        self.wake = asyncio.Event()
        self._arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.arrived = self.closed = self._lost = self._left = self._pumping = False
        self.sent = 0
        self._phase = Phase.NEW
        self._hello: Hello | None = None
        self._view: View | None = None
        self._here: frozenset[Side] = frozenset()  # as the welcome said
        self._credit = Credit()
        self._lagging_since: float | None = None
        self._out: list[ServerFrame] = []
        self._close: tuple[Close, str] | None = None
        self._bad = 0
        self._words = Words(self)
        self._frames = Bucket(FRAMES_A_SECOND, FRAMES_BURST, self.born)
        self._typing = Bucket(LIMITS.typing_per_s, 1, self.born)
        self._hellos = Bucket(HELLOS_A_SECOND, HELLOS_BURST, self.born)
        self._stirred = 0.0
        self._marks = Marks(self)

    @property
    def heard_at(self) -> datetime:
        return timezone.now() - timedelta(seconds=time.monotonic() - self._heard)

    # Frames in: nothing here waits, so that what is queued is queued in the order of arrival.

    def receive(self, frame: str | bytes) -> None:
        if self.closed:
            return
        self._heard = time.monotonic()
        if not self._frames.take(self._heard):
            return self.close(Close.TOO_FAST, "too many frames")
        try:
            self._take(frame)
        except FrameRefused as refused:
            self._refuse_frame(refused)

    def _take(self, frame: str | bytes) -> None:
        parsed = parse(frame)
        if self._phase is Phase.NEW and self._hello is None and not isinstance(parsed, Hello):
            raise BadFrame("the first frame is hello")
        self._bad = 0
        match parsed:
            case Hello():
                self._say_hello(parsed)
            case Say(cid, body):
                self._words.say(cid, body)
            case Typing(on):
                self._type(on)
            case Read(s):
                self._marks.read(s)
            case Seen(s):
                if self._credit.seen(s):
                    self._lagging_since = None
                    self.wake.set()
            case Ping(x):
                self.tell(Pong(x), always=True)
            case End(summary):
                self._end(summary)

    def _refuse_frame(self, refused: FrameRefused) -> None:
        if refused.closes:
            return self.close(Close(refused.kind.close), str(refused))
        self._bad += 1
        if self._bad >= LIMITS.bad_frames and isinstance(refused, BadFrame):
            return self.close(Close.BAD_FRAME, str(refused))
        self.tell(Err(ErrCode(refused.code), str(refused), refused.cid), always=True)

    def _say_hello(self, hello: Hello) -> None:
        if not self._hellos.take(self._heard):
            return self.close(Close.TOO_FAST, "too many hellos")
        if not self.arrived:
            self.arrived = True
            act = Arrive(self.place.room, self.place.side, self.token, LIMITS.sockets)
            if not self.hub.writer.put(act, self._on_arrival):
                return self._on_arrival(BUSY)
        self._words.begin_again()
        self._hello = hello
        self.wake.set()

    def _on_arrival(self, outcome: Outcome) -> None:
        if not self._arrival.done():
            self._arrival.set_result(None)
        if isinstance(outcome, Gone):
            self.close(Close.ENDED, "the pairing has ended")
        elif isinstance(outcome, Refused):
            self.close(Close.OVERLOADED, "the server can't take you now")

    def _type(self, on: bool) -> None:
        now = time.monotonic()
        if not self._typing.take(now):
            return
        self.hub.typing(self.place.room, self.place.side, on)
        if on and now - self._stirred >= STIR_EVERY:
            self._stirred = now
            self._put(Stir(self.place.room, self.place.side))

    def _end(self, summary: str | None) -> None:
        if self.place.side is not Side.MENTOR:
            return self.tell(Err(ErrCode.NOT_ALLOWED, "only the mentor ends a session"), always=True)
        act = EndSession(self.place.room, self.place.side, self.place.user, summary)
        if not self.hub.writer.put(act, self._on_end):
            self._on_end(BUSY)

    def _on_end(self, outcome: Outcome) -> None:
        if isinstance(outcome, Refused):
            self.tell(Err(outcome.code, outcome.detail, retry_ms=outcome.retry_ms), always=True)

    def _put(self, act: Act) -> None:
        self.hub.writer.put(act)

    # Frames out.

    def tell(self, frame: ServerFrame, *, always: bool = False) -> None:
        """An unnumbered frame. What isn't an answer goes only to who is up to date."""
        if self.closed or not (always or self._phase is Phase.LIVE):
            return
        self._out.append(frame)
        self.push()

    def close(self, code: Close, detail: str) -> None:
        if self.closed:
            return
        self.closed, self._close = True, (code, detail)
        if Close.NOT_SIGNED_IN <= code <= Close.ENDED:
            self._out.clear()  # nothing more is delivered to who may not
        if code in PUNISHED:
            self._wire.stop_reading()
        self._wire.release()
        self.leave("replaced" if code is Close.REPLACED else "revoked" if 4401 <= code <= 4410 else "left")
        self.wake.set()

    def lose(self) -> None:
        """The client is gone: there is nobody to say goodbye to."""
        self.closed = self._lost = True
        self._wire.release()
        self.leave()
        self.wake.set()

    def leave(self, why: str = "left", at: datetime | None = None) -> None:
        """Once, however the connection went."""
        if self._left:
            return
        self._left = True
        self.hub.part(self)
        if self.arrived:
            self._put(Leave(self.place.room, self.token, at or timezone.now(), why))

    def excuse(self, seconds: float) -> None:
        """The process itself stood still for so long: that is nobody's silence."""
        self.born += seconds
        self._heard += seconds
        if self._lagging_since is not None:
            self._lagging_since += seconds
        if self._wire.full_since is not None:
            self._wire.full_since += seconds

    def check_time(self) -> None:
        """Called every second."""
        now = time.monotonic()
        self._marks.go_on()
        behind = min((t for t in (self._lagging_since, self._wire.full_since) if t is not None), default=now)
        if self._phase is Phase.NEW and self._hello is None and now - self.born > LIMITS.hello_s:
            self.close(Close.BAD_FRAME, "no hello")
        elif now - self._heard > LIMITS.silent_s:
            self.leave("lost", self.heard_at)
            self.close(Close.GOING_AWAY, "silent")
        elif now - behind > LIMITS.lag_s:
            self.close(Close.LAGGING, "too far behind")

    def push(self) -> None:
        """Sends what is due: at once where nothing stands in the way, else by the pump in its turn."""
        if self._pumping or self.wake.is_set() or not self._push():
            self.wake.set()

    def _push(self) -> bool:
        """False when more has to be done than to write what is in memory."""
        if self._phase is not Phase.LIVE or self._hello is not None or self.closed:
            return False
        assert self._view is not None
        rows = self._view.after(self.sent) if self.hub.is_fresh() else None
        if rows is None or not self._wire.is_free:
            return False
        out, self._out = self._out, []
        for frame in out:
            self._wire.say(dump(frame))
        return self._write(rows)

    def _write(self, rows: list[Numbered]) -> bool:
        """As far as they can be written at once; False when something stood in the way."""
        data, free = b"", True
        for row in rows:
            free = self._wire.is_free and self._credit.has_room()
            if not free:
                break
            bodies = [dump(frame).encode() for frame in self._frames_of(row)]
            self.sent = row.s
            self._credit.sent(row.s, sum(map(len, bodies)))
            data += b"".join(map(framed, bodies))
            # A replay's rows go together: a call of the system for each would cost more than all else.
            if len(data) >= WRITTEN_AT_ONCE:
                self._wire.write(data)
                data = b""
        if data:
            self._wire.write(data)
        return free

    async def pump(self) -> None:
        """Sends until the connection is closed, from this side or the other."""
        while True:
            self._pumping = False
            await self.wake.wait()
            self.wake.clear()
            self._pumping = True
            if self._lost:
                return
            await self._flush()
            if self._close is not None:
                return await self._say_goodbye(*self._close)
            try:
                if self._hello is not None:
                    await self._welcome()
                await self._send_rows()
            except (DatabaseError, InterfaceError):
                # What was sent is known, so the same again is harmless; the clocks of check_time go on.
                await asyncio.sleep(AGAIN)
                self.wake.set()
            await self._flush()

    async def _flush(self) -> None:
        out, self._out = self._out, []
        for frame in out:
            await self._frame(frame)

    async def _frame(self, frame: ServerFrame) -> int:
        if self._wire.full_since is not None:
            await self._wire.drained()
            if self.closed:
                return 0
        text = dump(frame)
        if self._wire.is_free:
            return self._wire.say(text)
        await self._send({"type": "websocket.send", "text": text})
        return len(text)

    async def _say_goodbye(self, code: Close, detail: str) -> None:
        last = last_words(code, detail)
        if last is not None:
            await self._send({"type": "websocket.send", "text": dump(last)})
        await self._send({"type": "websocket.close", "code": int(code)})
        if code in PUNISHED:
            self._wire.hang_up()

    async def _welcome(self) -> None:
        hello = self._hello
        assert hello is not None
        # Joined first, then read: what happens in between wakes this socket again.
        if self._view is None:
            self._view = self.hub.join(self)
        room = self.place.room
        await self._arrival
        now, details = await self.hub.look(room)
        if self.closed:
            return self.wake.set()
        if now is None:
            return self.close(Close.NOT_YOURS, "Not found.")
        self._hello = None if self._hello is hello else self._hello
        reset = needs_reset(hello, epoch=now.epoch, last=now.last)
        self._view.advance(now.last)
        if self.closed:
            return self.wake.set()
        await self._frame(welcome(self.place, now, details, reset=reset))
        self._credit.restart()
        self._lagging_since = None
        self._here = details.here
        self._phase = Phase.RESET if reset else Phase.REPLAYING
        self.sent = 0 if reset else hello.last

    async def _send_rows(self) -> None:
        view = self._view
        if view is None or self._phase not in (Phase.REPLAYING, Phase.LIVE) or not self.hub.is_fresh():
            return
        while self.sent < view.head:
            rows = view.after(self.sent)
            if rows is None:
                rows = await self.hub.rows_after(self.place.room, self.sent)
            if self._hello is None and not self.closed and self._write(rows):
                continue
            for row in rows:
                if row.s <= self.sent:
                    continue
                if self._hello is not None or self.closed:
                    return self.wake.set()
                if not self._credit.has_room():
                    self._lagging_since = self._lagging_since or time.monotonic()
                    return
                await self._row(row)
        if self._phase is Phase.REPLAYING:
            await self._ready(view)

    async def _row(self, row: Numbered) -> None:
        self.sent, size = row.s, 0
        for frame in self._frames_of(row):
            size += await self._frame(frame)
        self._credit.sent(row.s, size)

    def _frames_of(self, row: Numbered) -> Iterator[ServerFrame]:
        """Whoever said it gets the ack, in the place of its number."""
        frame = row.frame
        mine = isinstance(frame, Message) and frame.side is self.place.side and self._words.settle(frame.cid)
        if not mine or row.masked or self._phase is Phase.REPLAYING:
            yield frame
        if mine and isinstance(frame, Message) and self._phase is Phase.LIVE:
            yield Ack(frame.cid, row.s, frame.at, row.masked)

    async def _ready(self, view: View) -> None:
        await self._frame(Ready(self.sent))
        self._phase = Phase.LIVE
        # Nothing of this was told meanwhile, and of it the welcome said only who was here.
        for frame in news(self.place.side, reading.Details(here=self._here), view.details):
            await self._frame(frame)
