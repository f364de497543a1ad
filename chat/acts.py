"""What can be done to a room, and what came of it. Pure values between the sockets and the record."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chat.protocol import ErrCode, Event, Message, Side


@dataclass(frozen=True, slots=True)
class Arrive:
    """A connection says hello. most: sockets of one person; the oldest beyond it are replaced."""

    room: int
    side: Side
    token: UUID
    most: int = 5


@dataclass(frozen=True, slots=True)
class Leave:
    """A connection is gone since ``at``, or is found to be."""

    room: int
    token: UUID
    at: datetime
    why: str = "left"


@dataclass(frozen=True, slots=True)
class Speak:
    """mask, hold: what the check of the body decided; a held one has the reason."""

    room: int
    side: Side
    cid: str
    body: str
    masked_body: str | None = None
    held_for: str | None = None


@dataclass(frozen=True, slots=True)
class Stir:
    """Typing: keeps a session alive."""

    room: int
    side: Side


@dataclass(frozen=True, slots=True)
class MarkRead:
    room: int
    side: Side
    s: int


@dataclass(frozen=True, slots=True)
class EndSession:
    """by: the mentor's user id.  summary, mood: kept for the last session when none is running.

    unkept: there was a summary that the child may not read as it is.
    """

    room: int
    side: Side
    by: int
    summary: str | None = None
    mood: int | None = None
    unkept: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    room: int


@dataclass(frozen=True, slots=True)
class ChangeSlot:
    room: int
    slot: int


@dataclass(frozen=True, slots=True)
class Decide:
    """A person looked at a held message. release: it becomes a message of the room; else it is refused."""

    room: int
    held: int
    release: bool


@dataclass(frozen=True, slots=True)
class Redact:
    """The words of message ``target`` are taken out of the room, and kept apart for a case."""

    room: int
    target: int


@dataclass(frozen=True, slots=True)
class ShowReaders:
    """The room says that so many of the child's guardians read along from here on."""

    room: int
    parents: int


Act = (
    Arrive | Leave | Speak | Stir | MarkRead | EndSession | Tick | ChangeSlot | Decide | Redact | ShowReaders
)


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to answer; what happened has a number or is read from the room."""


@dataclass(frozen=True, slots=True)
class Said:
    """In the room as ``s``: now, or before (a repeated cid)."""

    cid: str
    s: int
    at: datetime
    masked: bool


@dataclass(frozen=True, slots=True)
class HeldBack:
    cid: str
    state: str


@dataclass(frozen=True, slots=True)
class Refused:
    code: ErrCode
    detail: str
    retry_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The room has ended, or this act's connection is not of it any more."""


Outcome = Done | Said | HeldBack | Refused | Gone


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row of the room, as a frame. masked: its sender gets the frame besides the ack."""

    frame: Message | Event
    masked: bool = False

    @property
    def s(self) -> int:
        return self.frame.s


@dataclass(frozen=True, slots=True)
class Performed:
    """outcomes: one for each act, in order.  rows: new numbers by room, in order.

    changed: rooms in which something without a number changed.
    """

    outcomes: list[Outcome]
    rows: dict[int, list[Numbered]]
    changed: set[int]
