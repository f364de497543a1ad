"""A small client of a room, written from docs/protocol.md alone: it imports nothing of the server.

It drives load and faults, and keeps a transcript that can be compared with the database.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

STAYS_AWAY = {4400, 4401, 4403, 4404, 4409, 4410}
GIVES_UP = {"bad_frame", "too_big", "cid_reused", "not_allowed", "closed", "frozen"}
LONGEST_WAIT = 30.0  # seconds between tries
DEAD_AFTER = 30.0  # seconds without a frame

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One number of the room as this client holds it. kind: msg, or the kind of the event."""

    s: int
    kind: str
    side: str | None = None
    cid: str | None = None
    body: str | None = None


@dataclass(slots=True)
class Faults:
    """Hooks for breaking things on purpose.

    copies: how often this frame is sent; 0 cuts the connection instead.
    cut:    True cuts the connection when this frame has arrived, before it is looked at.
    """

    copies: Callable[[Frame], int] = lambda frame: 1
    cut: Callable[[Frame], bool] = lambda frame: False


@dataclass(slots=True)
class RoomClient:
    """One tab. `run` until it returns (a close for good) or is cancelled; `say` at any time.

    load_page: the newest page of the room over REST, as JSON; needed only after a reset.
    first_wait: seconds, the first of the doubling waits between tries.
    outbox:    cid → body, in the order of saying, until settled.
    rows:      the transcript; refused: cid → code; held: cid → state.
    """

    url: str
    origin: str
    cookie: str
    load_page: Callable[[], Awaitable[Frame]]
    faults: Faults = field(default_factory=Faults)
    rng: random.Random = field(default_factory=random.Random)
    first_wait: float = 1.0
    epoch: str = ""
    last: int = 0
    you: str | None = None
    outbox: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    closed_with: int | None = None
    on_frame: Callable[[Frame], None] = lambda frame: None
    _live: bool = False
    _asked: bool = False  # a hello is on its way: frames that don't fit need no second one
    _sent: set[str] = field(default_factory=set)
    _kick: asyncio.Event = field(default_factory=asyncio.Event)
    _retry_due: asyncio.Event = field(default_factory=asyncio.Event)
    _wait: float = 0.0
    _seen: int = 0
    _seen_at: float = 0.0
    _sent_at: float = 0.0
    _heard_at: float = 0.0
    _bye_wait: float | None = None
    _limits: Frame = field(default_factory=dict)
    _retry: asyncio.TimerHandle | None = None
    _stopped: str | None = None  # the earliest message that is to be sent again after _retry

    def say(self, body: str, cid: str | None = None) -> str:
        cid = cid or str(uuid.uuid4())
        self.outbox[cid] = body
        self._kick.set()
        return cid

    async def run(self) -> int:
        """Returns the close code after which there is no coming back."""
        self._wait = self.first_wait
        while True:
            with suppress(OSError, InvalidHandshake, TimeoutError):
                self.closed_with = await self._connected()
                if self.closed_with in STAYS_AWAY:
                    return self.closed_with
            if self._bye_wait is not None:
                delay = self._bye_wait * (1 + self.rng.random())
                self._bye_wait = None
            else:
                delay = self.rng.uniform(0, self._wait)
                self._wait = min(LONGEST_WAIT, self._wait * 2)
            await asyncio.sleep(delay)

    async def _connected(self) -> int:
        """One connection, to its end; its close code (1006 when it had none)."""
        headers = {"Cookie": self.cookie}
        async with connect(
            self.url, origin=Origin(self.origin), additional_headers=headers, proxy=None, max_size=None
        ) as ws:
            self._seen, self._heard_at = self.last, time.monotonic()
            helpers = [asyncio.create_task(job(ws)) for job in (self._pump, self._pulse, self._resend)]
            try:
                await self._hello(ws)
                async for text in ws:
                    self._heard_at = time.monotonic()
                    frame = json.loads(text)
                    if self.faults.cut(frame):
                        ws.transport.abort()
                        break
                    await self._take(ws, frame)
                    self.on_frame(frame)
            except ConnectionClosed:
                pass
            finally:
                self._pause()
                for helper in helpers:
                    helper.cancel()
                await asyncio.gather(*helpers, return_exceptions=True)
        return ws.close_code or 1006

    async def _send(self, ws: ClientConnection, frame: Frame) -> None:
        copies = self.faults.copies(frame)
        if copies == 0:
            ws.transport.abort()
        for _ in range(copies):
            await ws.send(json.dumps(frame, ensure_ascii=False))
        self._sent_at = time.monotonic()

    async def _hello(self, ws: ClientConnection) -> None:
        self._pause()
        self._asked = True
        self._sent.clear()
        await self._send(ws, {"t": "hello", "epoch": self.epoch, "last": self.last})

    async def _pump(self, ws: ClientConnection) -> None:
        """The only sender of messages, so they leave in the order of the outbox."""
        while True:
            await self._kick.wait()
            self._kick.clear()
            for cid, body in list(self.outbox.items()):
                if not self._live:
                    break
                if cid in self.outbox and cid not in self._sent:
                    self._sent.add(cid)
                    await self._send(ws, {"t": "msg", "cid": cid, "body": body})

    async def _pulse(self, ws: ClientConnection) -> None:
        """Credit and signs of life, by the clock."""
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            if self.last > self._seen and now - self._seen_at >= self._limits.get("seen_s", 2):
                await self._confirm(ws)
            if now - self._sent_at >= self._limits.get("ping_s", 15):
                await self._send(ws, {"t": "ping", "x": None})
            if now - self._heard_at >= DEAD_AFTER:
                ws.transport.abort()

    async def _confirm(self, ws: ClientConnection) -> None:
        self._seen, self._seen_at = self.last, time.monotonic()
        await self._send(ws, {"t": "seen", "s": self.last})

    async def _take(self, ws: ClientConnection, frame: Frame) -> None:
        match frame["t"]:
            case "welcome":
                await self._welcomed(ws, frame)
            case "ready":
                if frame["s"] > self.last:
                    await self._hello(ws)
                else:
                    self._live, self._wait = True, self.first_wait
                    self._kick.set()
            case "err":
                self._refuse(frame)
            case "held":
                self.held[frame["cid"]] = frame["state"]
            case "bye":
                self._bye_wait = frame["retry_ms"] / 1000
            case "ack" if frame.get("held"):
                self.outbox.pop(frame["cid"], None)
                self.held.setdefault(frame["cid"], "waiting")
            case _ if "s" in frame and frame["t"] != "read":
                await self._number(ws, frame)

    async def _welcomed(self, ws: ClientConnection, frame: Frame) -> None:
        self._asked = False
        self.you, self._limits = frame["you"], frame["limits"]
        if not frame.get("reset"):
            self.epoch = frame["epoch"]
            return
        page = await self.load_page()
        self.rows = []
        for row in page["results"]:
            self._apply(row)
        self.epoch, self.last = page["epoch"], page["last"]
        self._seen = self.last
        await self._hello(ws)

    async def _number(self, ws: ClientConnection, frame: Frame) -> None:
        mine = frame.get("cid") if frame["t"] == "ack" or frame.get("from") == self.you else None
        settles = mine is not None and mine in self.outbox
        fits = frame["s"] == self.last + 1 and (frame["t"] != "ack" or settles)
        if frame["s"] > self.last and not fits:
            if not self._asked:
                await self._hello(ws)
            return
        if fits:
            self._apply(frame)
            if self.last - self._seen >= self._limits.get("seen_messages", 64):
                await self._confirm(ws)
        if mine is not None:
            self.outbox.pop(mine, None)
            self.held.pop(mine, None)

    def _apply(self, frame: Frame) -> None:
        s = self.last = frame["s"]
        match frame["t"]:
            case "ack":
                cid = frame["cid"]
                self.rows.append(Row(s, "msg", self.you, cid, self.outbox[cid].strip()))
            case "msg":
                self.rows.append(Row(s, "msg", frame["from"], frame["cid"], frame["body"]))
            case _:
                self.rows.append(Row(s, str(frame.get("kind", frame["t"]))))
        if frame.get("kind") == "redacted":
            self.rows = [replace(r, body=None) if r.s == frame["target"] else r for r in self.rows]

    def _refuse(self, frame: Frame) -> None:
        cid, code = frame.get("cid"), frame["code"]
        if cid is None:
            return
        if code in GIVES_UP:
            if self.outbox.pop(cid, None) is not None:
                self.refused[cid] = code
        elif self._asked:
            pass  # the hello on its way lifts it
        elif cid not in self.outbox:
            self._live, self._stopped = False, cid
            self._retry_due.set()
        elif self._stopped is None or self._is_before(cid, self._stopped):
            # Those behind it are refused too, and change nothing; an earlier one may be refused later.
            if self._retry is not None:
                self._retry.cancel()
            self._live, self._stopped = False, cid
            wait = frame.get("retry_ms", 1000) / 1000
            self._retry = asyncio.get_running_loop().call_later(wait, self._retry_due.set)

    def _is_before(self, cid: str, other: str) -> bool:
        cids = list(self.outbox)
        return other not in self.outbox or cids.index(cid) < cids.index(other)

    async def _resend(self, ws: ClientConnection) -> None:
        while True:
            await self._retry_due.wait()
            self._retry_due.clear()
            cid, self._stopped, self._retry = self._stopped, None, None
            if cid not in self.outbox:
                await self._hello(ws)  # another tab settled it, and here the server still waits for it
                continue
            cids = list(self.outbox)
            self._sent -= set(cids[cids.index(cid) :])
            self._live = True
            self._kick.set()

    def _pause(self) -> None:
        """No messages until the next `ready`: a retry that was due has no say in it any more."""
        self._live, self._stopped = False, None
        self._retry_due.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
