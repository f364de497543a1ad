"""One member of a room under load, in the words of each peer's protocol."""

import json
import random
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from bench.line import Line, upgrade

# What a message says, as long as most of what people say. Where a protocol has no name for a message, its number
# stands before the words.
WORDS = "老师好，我今天把分数的加减法做完了，可以看一下吗？"
SEEN_AFTER, SEEN_S, PING_S = 64, 2.0, 15.0


class Told(Protocol):
    """Whoever counts. Numbers are of messages, unique in a run."""

    def ready(self, member: "Member") -> None: ...
    def heard(self, member: "Member", number: int) -> None: ...
    def acknowledged(self, member: "Member", number: int) -> None: ...
    def gone(self, member: "Member") -> None: ...


class Member:
    """path: of the room.  own: the numbers said and not yet acknowledged, with their frames."""

    acks = False  # says when something of its own is committed

    def __init__(self, told: Told, path: str, headers: dict[str, str], clock: Callable[[], float]) -> None:
        self.told, self.path, self.headers, self.clock = told, path, headers, clock
        self.other: Member
        self.high = 0  # the highest number heard from the other
        self.own: OrderedDict[int, bytes] = OrderedDict()
        self.is_ready = self.is_gone = False
        self.line: Line

    def dial(self, host: str) -> Line:
        request = upgrade(host, self.path, self.headers)
        self.line = Line(request, opened=self.opened, take=self.take, gone=self.lost)
        return self.line

    def opened(self) -> None:
        self.set_ready()

    def set_ready(self) -> None:
        if not self.is_ready:
            self.is_ready = True
            self.told.ready(self)

    def lost(self) -> None:
        self.is_ready, self.is_gone = False, True
        self.told.gone(self)

    def say(self, number: int) -> None:
        self.line.send(json.dumps({"message": f"{number} {WORDS}"}, ensure_ascii=False).encode())

    def take(self, text: bytes) -> None:
        self.hear(int(json.loads(text)["message"].split(" ", 1)[0]))

    def hear(self, number: int) -> None:
        """A message that the peer sends to both of the room."""
        self.told.heard(self, number)

    def sweep(self) -> None:
        """Called every second."""


class Contract(Member):
    """Ours: docs/protocol.md, with credit, pings and the outbox."""

    acks = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.last = self._seen = 0
        self.epoch = self.side = ""
        self._seen_at = self._sent_at = self.clock()
        self._waits_until: float | None = None
        self.problems: list[str] = []

    def forget(self) -> None:
        """As if nothing had arrived since its first number, and the line were new."""
        self.last = self._seen = 0
        self.is_ready = self.is_gone = False

    def opened(self) -> None:
        self._seen = self.last
        self._send({"t": "hello", "epoch": self.epoch, "last": self.last})

    def say(self, number: int) -> None:
        # The number can be read from it, and it is as scattered as any random one.
        cid = f"{random.getrandbits(32):08x}-0000-4000-8000-{number:012x}"
        self.own[number] = json.dumps({"t": "msg", "cid": cid, "body": WORDS}, ensure_ascii=False).encode()
        if self._waits_until is None:
            self.line.send(self.own[number])

    def take(self, text: bytes) -> None:
        frame = json.loads(text)
        kind = frame["t"]
        if kind in ("msg", "event") or (kind == "ack" and "s" in frame):
            self._number(frame)
            if kind == "ack":
                self._acknowledged(frame["cid"])
            elif kind == "msg" and frame["from"] != self.side:
                self.told.heard(self, _of(frame["cid"]))
            elif kind == "msg":
                self._acknowledged(frame["cid"])
        elif kind == "welcome":
            if frame.get("reset"):
                self.problems.append("reset")
            self.side, self.epoch = frame["you"], frame["epoch"]
        elif kind == "ready":
            self.set_ready()
        elif kind == "err":
            self._refused(frame)

    def _number(self, frame: dict[str, Any]) -> None:
        s = frame["s"]
        if s == self.last + 1:
            self.last = s
        elif s > self.last:
            self.problems.append(f"number {s} after {self.last}")
            self.last = s
        due = self.last - self._seen
        if due >= SEEN_AFTER or (due and self.clock() - self._seen_at >= SEEN_S):
            self._confirm()

    def _acknowledged(self, cid: str) -> None:
        number = _of(cid)
        if self.own.pop(number, None) is not None:
            self.told.acknowledged(self, number)

    def _refused(self, frame: dict[str, Any]) -> None:
        if "retry_ms" not in frame:
            self.problems.append(frame["code"])
        elif self._waits_until is None:
            self._waits_until = self.clock() + frame["retry_ms"] / 1000

    def _confirm(self) -> None:
        self._seen, self._seen_at = self.last, self.clock()
        self._send({"t": "seen", "s": self.last})

    def _send(self, frame: dict[str, Any]) -> None:
        self._sent_at = self.clock()
        self.line.send(json.dumps(frame).encode())

    def sweep(self) -> None:
        if not self.is_ready:
            return
        now = self.clock()
        if self._waits_until is not None and now >= self._waits_until:
            self._waits_until = None
            for text in self.own.values():
                self.line.send(text)
        if self.last > self._seen and now - self._seen_at >= SEEN_S:
            self._confirm()
        elif now - self._sent_at >= PING_S:
            self._send({"t": "ping"})


class SocketIo(Member):
    """Engine.IO 4 over a WebSocket, with an acknowledgement for every message."""

    acks = True

    def opened(self) -> None:
        pass

    def say(self, number: int) -> None:
        event = json.dumps(["say", {"message": f"{number} {WORDS}"}], ensure_ascii=False)
        self.line.send(f"42{number}{event}".encode())

    def take(self, text: bytes) -> None:
        if text.startswith(b"42"):
            self.hear(int(json.loads(text[2:])[1]["message"].split(" ", 1)[0]))
        elif text.startswith(b"43"):
            self.told.acknowledged(self, int(text[2 : text.index(b"[")]))
        elif text.startswith(b"40"):
            self.set_ready()
        elif text.startswith(b"0"):
            self.line.send(b"40")
        elif text == b"2":
            self.line.send(b"3")


def _of(cid: str) -> int:
    return int(cid[-12:], 16)
