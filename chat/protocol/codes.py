"""Every code a room can answer with, and the two ways in which a client's frame is refused."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType

from backend.errors import INVALID, TOO_BIG, Refusal


class Side(StrEnum):
    """The two who talk. A room never has others on its socket, so no account number goes over the wire."""

    MENTOR = "mentor"
    CHILD = "child"

    @property
    def other(self) -> "Side":
        return Side.CHILD if self is Side.MENTOR else Side.MENTOR


class ErrCode(StrEnum):
    BAD_FRAME = "bad_frame"
    TOO_BIG = "too_big"
    TOO_FAST = "too_fast"
    BUSY = "busy"
    CLOSED = "closed"  # outside the room's hours, or the child's day is full
    FROZEN = "frozen"
    CID_REUSED = "cid_reused"  # this cid was used for other words
    NOT_ALLOWED = "not_allowed"


class Close(IntEnum):
    """Close codes. daphne sends only 1000 and 3000-4999."""

    NORMAL = 1000
    GOING_AWAY = 4001
    RESTART = 4012
    OVERLOADED = 4013
    BAD_FRAME = 4400
    NOT_SIGNED_IN = 4401
    NOT_NOW = 4403  # belongs to this room, but may not now: frozen
    NOT_YOURS = 4404
    REPLACED = 4409
    ENDED = 4410
    TOO_BIG = 4413
    TOO_FAST = 4429
    LAGGING = 4508


class ByeWhy(StrEnum):
    """Why the server lets go of a socket that did nothing wrong."""

    GOING_AWAY = "going_away"
    RESTART = "restart"
    OVERLOADED = "overloaded"


# A refusal is a frame first and a close after it, because close reasons don't arrive. The closes that are
# not here come after a `bye`, or after nothing (1000).
ERR_BEFORE_CLOSE: Mapping[Close, ErrCode] = MappingProxyType(
    {
        Close.BAD_FRAME: ErrCode.BAD_FRAME,
        Close.NOT_SIGNED_IN: ErrCode.NOT_ALLOWED,
        Close.NOT_NOW: ErrCode.FROZEN,
        Close.NOT_YOURS: ErrCode.NOT_ALLOWED,
        Close.REPLACED: ErrCode.NOT_ALLOWED,
        Close.ENDED: ErrCode.NOT_ALLOWED,
        Close.TOO_BIG: ErrCode.TOO_BIG,
        Close.TOO_FAST: ErrCode.TOO_FAST,
        Close.LAGGING: ErrCode.BUSY,
    }
)


class FrameRefused(Refusal):
    """A client's frame can't be taken. The message is for the client's author, in English.

    cid:     of the message it belonged to, when that much could be read.
    closes:  the socket is closed with ``kind.close`` at once; otherwise it stays open (three bad frames in
             a row close it, which is for the endpoint to count).
    """

    def __init__(self, message: str, *, cid: str | None = None, closes: bool = False) -> None:
        super().__init__(message)
        self.cid = cid
        self.closes = closes


class BadFrame(FrameRefused):
    kind, code = INVALID, ErrCode.BAD_FRAME


class TooBig(FrameRefused):
    """The frame is over its bytes (closes), or a text in it over its characters (does not)."""

    kind, code = TOO_BIG, ErrCode.TOO_BIG
