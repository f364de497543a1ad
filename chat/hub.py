"""One per process: the rooms that have sockets here, and what keeps them up to date.

Whatever a socket is sent is read from what is committed. A commit of this process, a hint of another and a
poll every second all do the same: they move the head of a room, and its sockets send what lies between.
"""

import asyncio
import itertools
import logging
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.utils import timezone

from chat import checks, polling, reading
from chat.acts import Numbered, Performed, Tick
from chat.bells import GROUP, pass_on
from chat.connection import Socket
from chat.garbage import Sweeper
from chat.greeting import news
from chat.limiter import Bucket
from chat.protocol import LIMITS, Close, ServerFrame, Side, TypingBy
from chat.reading import Details, RoomNow
from chat.uptime import still_serving
from chat.writer import Writer

POLL = 1.0  # seconds
FRESH = 2.0  # who may be here was looked at so long ago, at most, when anything is delivered
BEAT = 15  # seconds
GRACE = 5.0
RECENT = 64  # rows of a room in memory: who is further behind reads them
RING = 0.05  # seconds between two hints: the hundreds of batches of a busy second are fewer
log = logging.getLogger(__name__)
T = TypeVar("T")
Now = tuple[RoomNow | None, Details]
Asked = dict[int, asyncio.Future[Now]]


class View:
    """A room as this process knows it. head: the newest number.  recent: the rows up to it, without gaps."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.sockets: set[Socket] = set()
        self.head = 0
        self.recent: list[Numbered] = []
        self.stamp = -1
        self.details = Details()

    def take(self, rows: list[Numbered]) -> None:
        for row in rows:
            if row.s == self.head + 1:
                self.recent.append(row)
                self.head = row.s
                if len(self.recent) > 2 * RECENT:
                    del self.recent[:RECENT]
            elif row.s > self.head:
                self.advance(row.s)
        self.wake()

    def advance(self, head: int) -> None:
        """Others wrote up to ``head``: it is read from the database."""
        if head > self.head:
            self.head = head
            self.recent.clear()

    def wake(self) -> None:
        for socket in self.sockets:
            socket.push()

    def after(self, s: int) -> list[Numbered] | None:
        """The rows after ``s`` if they are all in memory."""
        new = self.head - s
        if new > len(self.recent):
            return None
        return self.recent[len(self.recent) - max(0, new) :]

    def tell(self, frame: ServerFrame, *sides: Side) -> None:
        for socket in self.sockets:
            if socket.place.side in sides:
                socket.tell(frame)


class Hub:
    def __init__(self) -> None:
        self.views: dict[int, View] = {}
        self.sockets: set[Socket] = set()
        self.visits: set[asyncio.Future[None]] = set()
        self.closing = False
        self.gone = 0  # connections, also of whoever was not let in
        self._sweeper = Sweeper()
        self.writer = Writer(self._committed)
        self._process = uuid.uuid4()
        self._name = self._process.hex
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="room-reader")
        self._buckets: dict[int, Bucket] = {}
        self._dirty: set[int] = set()
        self._asked: Asked = {}
        self._replays: dict[tuple[int, int], asyncio.Future[list[Numbered]]] = {}
        self._wake = asyncio.Event()
        self._hint_rooms: set[int] = set()
        self._hint_typing: list[tuple[int, str, bool]] = []
        self._hint_wake = asyncio.Event()
        self._suspects: set[int] = set()
        self._ticking: set[int] = set()
        self._looked = self._timed = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        # The first look makes what it looks with, which takes a second: nobody's words are to wait for that.
        self.warming = self._readers.submit(checks.look_at, checks.Words(0, Side.CHILD, "", ""))
        jobs = (self.writer.run, self._watch, self._clock, self._listen, self._ring, self._beat)
        self._tasks = [asyncio.create_task(_for_ever(job)) for job in jobs]

    async def read(self, work: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, reading.in_thread, work, *arguments)

    async def look(self, room: int) -> Now:
        """The room as it is from now on; read together with the others that are asked for."""
        if room not in self._asked:
            self._asked[room] = asyncio.get_running_loop().create_future()
            self._wake.set()
        # Several wait for one answer: who goes must not take it from the others.
        return await asyncio.shield(self._asked[room])

    async def rows_after(self, room: int, s: int) -> list[Numbered]:
        """From the database; who asks for the same while it is read gets the same."""
        key = room, s
        if key not in self._replays:
            self._replays[key] = asyncio.ensure_future(self.read(reading.rows_after, room, s))
            self._replays[key].add_done_callback(lambda _: self._replays.pop(key))
        return await asyncio.shield(self._replays[key])

    def join(self, socket: Socket) -> View:
        """From now on the socket is woken by what happens; the oldest of too many is closed."""
        view = self.views.setdefault(socket.place.room, View(socket.place.room))
        view.sockets.add(socket)
        own = [each for each in view.sockets if each.place.user == socket.place.user]
        for oldest in sorted(own, key=lambda each: each.born)[: -LIMITS.sockets]:
            oldest.close(Close.REPLACED, "a newer connection took this one's place")
        return view

    def part(self, socket: Socket) -> None:
        view = self.views.get(socket.place.room)
        if view is not None:
            view.sockets.discard(socket)
            if not view.sockets:
                del self.views[view.room]

    async def say_goodbye(self) -> None:
        """The process stops: sockets are told when to come back, and what was said is written."""
        self.closing = True
        for socket in list(self.sockets):
            socket.close(Close.RESTART, "restart")
        # Who doesn't read their goodbye must not cost the others what they said.
        for ended in (asyncio.gather(*self.visits, return_exceptions=True), self.writer.idle.wait()):
            with suppress(TimeoutError):
                await asyncio.wait_for(ended, GRACE)
        # Tasks that the interpreter finds half-way through at its end can bring it down.
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def bucket(self, user: int) -> Bucket:
        if user not in self._buckets:
            rate, burst = LIMITS.messages_per_s, LIMITS.messages_burst
            self._buckets[user] = Bucket(rate, burst, time.monotonic())
        return self._buckets[user]

    def is_fresh(self) -> bool:
        """Not after the process stood still, or could not read for a while: first it is looked at again."""
        return time.monotonic() - self._looked < FRESH

    def typing(self, room: int, side: Side, on: bool) -> None:
        self._pass_on_typing(room, side, on)
        if len(self._hint_typing) < 1000:
            self._hint_typing.append((room, side.value, on))
            self._hint_wake.set()

    def observe(self, now: RoomNow, details: Details | None) -> None:
        """The room as it was just read: moves the head, closes whoever may not stay, says what changed."""
        view = self.views.get(now.room)
        if view is None:
            return
        for socket in list(view.sockets):
            if now.ended:
                socket.close(Close.ENDED, "the pairing has ended")
            elif now.frozen:
                socket.close(Close.NOT_NOW, "the room is frozen")
        if now.last > view.head:
            view.advance(now.last)
            view.wake()
        if details is not None and now.stamp > view.stamp:
            before, view.details, view.stamp = view.details, details, now.stamp
            for side in Side:
                for frame in news(side, before, details):
                    view.tell(frame, side)

    def _committed(self, done: Performed) -> None:
        for room, rows in done.rows.items():
            view = self.views.get(room)
            if view is not None:
                view.take(rows)
        self._dirty |= done.changed & self.views.keys()
        if self._dirty:
            self._wake.set()
        self._hint_rooms |= done.rows.keys() | done.changed
        self._hint_wake.set()

    async def _watch(self) -> None:
        """Rooms that changed, at once; all of them, every second."""
        polled = 0.0
        while True:
            left = max(0.0, polled + POLL - time.monotonic())
            try:
                async with asyncio.timeout(left):
                    await self._wake.wait()
            except TimeoutError:
                polled = time.monotonic()
                await self._poll()
                continue
            self._wake.clear()
            dirty, self._dirty = self._dirty, set()
            asked, self._asked = self._asked, {}
            suspects, self._suspects = self._suspects, set()
            await self._reread(dirty, asked)
            if suspects:
                await self._check_sign_ins(each for each in self.sockets if each.place.user in suspects)

    async def _reread(
        self, rooms: Iterable[int], asked: Asked | None = None, *, check_sign_ins: bool = False
    ) -> None:
        """asked: by sockets that wait for it, whose details are read even when nothing changed.

        check_sign_ins: of all that are here, after it was read what there is and before anybody is told: whose right
        ended before something was said is not sent it.
        """
        asked = {} if asked is None else asked
        rooms = {room for room in rooms if room in self.views} | asked.keys()
        if not rooms:
            return await self._check_sign_ins(self.sockets) if check_sign_ins else None
        try:
            found = await self.read(reading.rooms_now, rooms)
            changed = [room for room, now in found.items() if room in asked or self._is_news(now)]
            details = await self.read(reading.details_of, changed) if changed else {}
        except Exception as error:
            for waiting in asked.values():
                if not waiting.done():
                    waiting.set_exception(error)
            raise
        if check_sign_ins:
            await self._check_sign_ins(self.sockets)
        for room in rooms:
            if room in found:
                self.observe(found[room], details.get(room))
            if room in asked and not asked[room].done():
                asked[room].set_result((found.get(room), details.get(room, Details())))

    def _is_news(self, now: RoomNow) -> bool:
        return now.room in self.views and now.stamp > self.views[now.room].stamp

    async def _poll(self) -> None:
        started = time.monotonic()
        known = [(view.room, view.head, view.stamp) for view in self.views.values()]
        changed = await self.read(polling.changed_rooms, known) if known else []
        await self._reread(changed, check_sign_ins=True)
        stale, self._looked = not self.is_fresh(), started
        if stale:
            for view in self.views.values():
                view.wake()
        if not self.views:
            return
        for room in await self.read(polling.due_ticks, list(self.views)):
            if room not in self._ticking and self.writer.put(
                Tick(room), lambda _, r=room: self._ticking.discard(r)
            ):
                self._ticking.add(room)

    async def _clock(self) -> None:
        """Every second, apart from the poll: clocks go on while the database doesn't."""
        await asyncio.sleep(POLL / 2)
        while True:
            self._check_times()
            await asyncio.sleep(POLL)

    def _check_times(self) -> None:
        now = time.monotonic()
        stood_still, self._timed = now - self._timed - POLL, now
        for socket in list(self.sockets):
            if stood_still > POLL:
                socket.excuse(stood_still)
            socket.check_time()
        self._buckets = {user: each for user, each in self._buckets.items() if not each.is_full(now)}

    async def _check_sign_ins(self, sockets: Iterable[Socket]) -> None:
        places = {each: each.place for each in sockets}
        if not places:
            return
        held = [(place.session, place.user, place.proof) for place in places.values()]
        lapsed = await self.read(polling.lapsed, held)
        for socket, place in places.items():
            if place.session in lapsed:
                socket.close(Close.NOT_SIGNED_IN, "signed out, or the account is disabled")

    async def _beat(self) -> None:
        """Each connection every BEAT seconds; every second those whose turn it is, so that few are kept waiting."""
        for second in itertools.count():
            if second % BEAT == 0:
                await self.read(still_serving, self._process, timezone.now())
                self._sweeper.sweep(here=len(self.sockets), gone=self.gone)
            await asyncio.sleep(1)
            sockets = {
                each.token: each
                for view in self.views.values()
                for each in view.sockets
                if each.arrived and each.token.int % BEAT == second % BEAT
            }
            if not sockets:
                continue
            heard = {token: each.heard_at for token, each in sockets.items()}
            for token, why in (await self.read(reading.beat, heard)).items():
                replaced = why == "replaced"
                sockets[token].close(Close.REPLACED if replaced else Close.GOING_AWAY, why)

    async def _ring(self) -> None:
        while True:
            await self._hint_wake.wait()
            self._hint_wake.clear()
            rooms, self._hint_rooms = self._hint_rooms, set()
            typing, self._hint_typing = self._hint_typing, []
            hint = {"type": "rooms.changed", "rooms": list(rooms), "typing": typing, "of": self._name}
            await pass_on(hint)
            await asyncio.sleep(RING)

    async def _listen(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await layer.new_channel()
        try:
            await layer.group_add(GROUP, channel)
            while True:
                self._take_hint(await layer.receive(channel))
        finally:
            # Begun again after a fault: what nobody listens to any more must not pile up.
            with suppress(Exception):
                await layer.group_discard(GROUP, channel)

    def _take_hint(self, hint: dict[str, Any]) -> None:
        if hint.get("of") == self._name:
            return
        for room, side, on in hint.get("typing", ()):
            self._pass_on_typing(room, Side(side), on)
        if any(each.place.user == hint.get("user") for each in self.sockets):
            self._suspects.add(hint["user"])
        self._dirty |= set(hint["rooms"]) & self.views.keys()
        if self._dirty or self._suspects:
            self._wake.set()

    def _pass_on_typing(self, room: int, side: Side, on: bool) -> None:
        view = self.views.get(room)
        if view is not None and self.is_fresh():
            view.tell(TypingBy(side, on), side.other)


async def _for_ever(job: Callable[[], Any]) -> None:
    """A hub's task that fails starts again: a database that is away for a while must not end it."""
    while True:
        try:
            await job()
            return
        except Exception as error:
            log.warning("%s starts again: %s", job.__name__, type(error).__name__)
            await asyncio.sleep(POLL / 2)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def the_hub() -> Hub:
    """The hub of this process: of the loop that runs, started when it is first asked for."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = hub = Hub()
        hub.start()
    return _hubs[loop]
