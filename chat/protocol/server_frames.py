"""What the server may send. chat.protocol.dump makes the text of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chat.protocol.codes import ERR_BEFORE_CLOSE, ByeWhy, Close, ErrCode, Side
from chat.protocol.limits import LIMITS, Limits


class PresenceState(StrEnum):
    HERE = "here"
    AWAY = "away"


class HeldState(StrEnum):
    WAITING = "waiting"
    REFUSED = "refused"


class EventKind(StrEnum):
    SESSION_OPENED = "session_opened"
    SESSION_ENDED = "session_ended"
    SLOT_CHANGED = "slot_changed"
    REDACTED = "redacted"
    READERS_CHANGED = "readers_changed"
    REST = "rest"


# What an event says besides s, kind and at. Stored as it is sent, so that a replay says the same again.
EVENT_FACTS: Mapping[EventKind, Mapping[str, type]] = {
    EventKind.SESSION_OPENED: {"session": int},
    EventKind.SESSION_ENDED: {"session": int, "why": str, "ended_at": str},
    EventKind.SLOT_CHANGED: {"slot": int},
    EventKind.REDACTED: {"target": int},
    EventKind.READERS_CHANGED: {"parents": int},
    EventKind.REST: {"session": int},
}


@dataclass(frozen=True, slots=True)
class Member:
    """name: as the other one is to see it."""

    who: Side
    name: str
    state: PresenceState


@dataclass(frozen=True, slots=True)
class OpenSession:
    session: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Welcome:
    """readers: who can read this room, in the words the room shows.  reset: nothing follows; load anew."""

    epoch: str
    you: Side
    members: tuple[Member, ...]
    last: int
    session: OpenSession | None
    readers: tuple[str, ...]
    limits: Limits = LIMITS
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """body: None once it was redacted or its time to be kept is over.

    said_at: when it was said, if it was held first; ``at`` is then its release.
    """

    s: int
    side: Side
    cid: str
    body: str | None
    at: datetime
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Raises ValueError when the facts are not those of the kind (EVENT_FACTS)."""

    s: int
    kind: EventKind
    at: datetime
    facts: Mapping[str, int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        expected = EVENT_FACTS[self.kind]
        got = {name: type(fact) for name, fact in self.facts.items()}
        if got != expected:
            raise ValueError(f"facts of {self.kind}: expected {dict(expected)}, got {got}")


@dataclass(frozen=True, slots=True)
class Ack:
    """Committed as ``s``.  masked: not with the words that were sent; its `msg` goes before this frame."""

    cid: str
    s: int
    at: datetime
    masked: bool = False


@dataclass(frozen=True, slots=True)
class AckHeld:
    """Committed, and held for a person to look at."""

    cid: str


@dataclass(frozen=True, slots=True)
class Held:
    cid: str
    state: HeldState


@dataclass(frozen=True, slots=True)
class Ready:
    s: int


@dataclass(frozen=True, slots=True)
class TypingBy:
    side: Side
    on: bool


@dataclass(frozen=True, slots=True)
class Presence:
    who: Side
    state: PresenceState


@dataclass(frozen=True, slots=True)
class ReadBy:
    who: Side
    s: int


@dataclass(frozen=True, slots=True)
class Warn:
    """at: when the session will end if nobody does anything."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Pong:
    x: Any


@dataclass(frozen=True, slots=True)
class Err:
    code: ErrCode
    detail: str
    cid: str | None = None
    retry_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Bye:
    why: ByeWhy
    retry_ms: int


ServerFrame = (
    Welcome
    | Message
    | Event
    | Ack
    | AckHeld
    | Held
    | Ready
    | TypingBy
    | Presence
    | ReadBy
    | Warn
    | Pong
    | Err
    | Bye
)


def farewell(close: Close, detail: str, *, cid: str | None = None, retry_ms: int | None = None) -> Err | None:
    """The `err` that goes before this close code; None when a `bye` or nothing does."""
    code = ERR_BEFORE_CLOSE.get(close)
    return None if code is None else Err(code, detail, cid, retry_ms)
