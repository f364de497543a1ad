"""What a client may send, and the only way to read it: `parse` returns one of these types or refuses."""

import re
from dataclasses import dataclass
from typing import Any

from chat.protocol.codes import BadFrame, TooBig
from chat.protocol.limits import LIMITS, MAX_S, Limits
from chat.protocol.strict_json import NotJson, read_object

# What JavaScript's String.prototype.trim removes, so that a browser counts as the server does.
TRIMMED = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_CID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EPOCH = re.compile(r"[0-9A-Za-z_-]{0,64}")


@dataclass(frozen=True, slots=True)
class Hello:
    """epoch: empty when the client holds nothing.  last: the last number held, 0 if none."""

    epoch: str
    last: int


@dataclass(frozen=True, slots=True)
class Say:
    """cid: lower-case UUID with hyphens.  body: trimmed, never empty."""

    cid: str
    body: str


@dataclass(frozen=True, slots=True)
class Typing:
    on: bool


@dataclass(frozen=True, slots=True)
class Read:
    s: int


@dataclass(frozen=True, slots=True)
class Seen:
    s: int


@dataclass(frozen=True, slots=True)
class Ping:
    """x: any JSON value; null when the frame has none."""

    x: Any


@dataclass(frozen=True, slots=True)
class End:
    """summary: trimmed; None when there is none or nothing is left of it."""

    summary: str | None


ClientFrame = Hello | Say | Typing | Read | Seen | Ping | End


def parse(frame: str | bytes, limits: Limits = LIMITS) -> ClientFrame:
    """One frame from its text. Raises BadFrame or TooBig, and nothing else, whatever comes in.

    Members that a frame does not know are ignored, so that a newer page can talk to an older server.
    """
    # A character is at least a byte: what is too long in characters need not be encoded to be refused.
    if len(frame) > limits.frame_bytes:
        raise TooBig(f"a frame has at most {limits.frame_bytes} bytes", closes=True)
    if isinstance(frame, bytes):
        raise BadFrame("expected a text frame, got a binary one")
    try:
        size = len(frame.encode())
    except UnicodeEncodeError:
        raise BadFrame("the frame is not valid Unicode") from None
    if size > limits.frame_bytes:
        raise TooBig(f"a frame has at most {limits.frame_bytes} bytes, got {size}", closes=True)
    try:
        members = read_object(frame)
    except NotJson as error:
        raise BadFrame(str(error)) from None
    return _frame(members, limits)


def _frame(members: dict[str, Any], limits: Limits) -> ClientFrame:
    match members.get("t"):
        case "msg":
            cid = _cid(members)
            return Say(cid, _said(members, cid, limits))
        case "hello":
            return Hello(_epoch(members), _number(members, "last"))
        case "seen":
            return Seen(_number(members, "s"))
        case "read":
            return Read(_number(members, "s"))
        case "typing":
            return Typing(_flag(members, "on"))
        case "ping":
            return Ping(members.get("x"))
        case "end":
            return End(_summary(members, limits))
    raise BadFrame("t is not one of hello, msg, typing, read, seen, ping, end")


def needs_reset(hello: Hello, *, epoch: str, last: int) -> bool:
    """The client's copy is of another past than the room's (epoch, last): it must drop it and load anew.

    A client that holds nothing has nothing to drop, and is simply sent everything.
    """
    if hello.epoch == "" and hello.last == 0:
        return False
    return hello.epoch != epoch or hello.last > last


def _cid(members: dict[str, Any]) -> str:
    cid = members.get("cid")
    if isinstance(cid, str) and _CID.fullmatch(cid):
        return cid
    raise BadFrame("cid: expected a UUID in lower case with hyphens")


def _epoch(members: dict[str, Any]) -> str:
    epoch = members.get("epoch")
    if isinstance(epoch, str) and _EPOCH.fullmatch(epoch):
        return epoch
    raise BadFrame("epoch: expected the room's epoch, or an empty string")


def _number(members: dict[str, Any], name: str) -> int:
    number = members.get(name)
    # `type`, not isinstance: true and false are ints in Python.
    if type(number) is int and 0 <= number <= MAX_S:
        return number
    raise BadFrame(f"{name}: expected a whole number from 0 to {MAX_S}")


def _flag(members: dict[str, Any], name: str) -> bool:
    flag = members.get(name)
    if isinstance(flag, bool):
        return flag
    raise BadFrame(f"{name}: expected true or false")


def _said(members: dict[str, Any], cid: str, limits: Limits) -> str:
    body = _text(members.get("body"), "body", limits.body_chars, cid)
    if not body:
        raise BadFrame("body: nothing is left of it after trimming", cid=cid)
    return body


def _summary(members: dict[str, Any], limits: Limits) -> str | None:
    if "summary" not in members:
        return None
    return _text(members["summary"], "summary", limits.summary_chars, None) or None


def _text(value: Any, name: str, most: int, cid: str | None) -> str:
    if not isinstance(value, str):
        raise BadFrame(f"{name}: expected text", cid=cid)
    text = value.strip(TRIMMED)
    if "\0" in text:  # PostgreSQL can't store it
        raise BadFrame(f"{name}: may not hold the character U+0000", cid=cid)
    if len(text) > most:
        raise TooBig(f"{name}: at most {most} characters, got {len(text)}", cid=cid)
    return text
