"""From a server's frame to its text."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, assert_never

from chat.protocol.server_frames import (
    Ack,
    AckHeld,
    Bye,
    Err,
    Event,
    Held,
    Message,
    Pong,
    Presence,
    ReadBy,
    Ready,
    ServerFrame,
    TypingBy,
    Warn,
    Welcome,
)


def dump(frame: ServerFrame) -> str:
    """The text of a frame. Raises ValueError for a time without a zone."""
    # The two of which there are many, written out: the same members, at a third of the price.
    if type(frame) is Message and frame.said_at is None:
        return (
            f'{{"t":"msg","s":{frame.s},"from":"{frame.side}","cid":"{frame.cid}",'
            f'"body":{_ENCODER.encode(frame.body)},"at":"{wire_time(frame.at)}"}}'
        )
    if type(frame) is Ack and not frame.masked:
        return f'{{"t":"ack","cid":"{frame.cid}","s":{frame.s},"at":"{wire_time(frame.at)}"}}'
    return _ENCODER.encode(to_json(frame))


def to_json(frame: ServerFrame) -> dict[str, Any]:
    """The members of a frame, as over the socket; REST pages hold messages and events in this form."""
    match frame:
        case Message(s, side, cid, body, at, said_at):
            members = {"t": "msg", "s": s, "from": side, "cid": cid, "body": body, "at": wire_time(at)}
            return members if said_at is None else {**members, "said_at": wire_time(said_at)}
        case Ack(cid, s, at, masked):
            members = {"t": "ack", "cid": cid, "s": s, "at": wire_time(at)}
            return {**members, "masked": True} if masked else members
        case AckHeld(cid):
            return {"t": "ack", "cid": cid, "held": True}
        case Event(s, kind, at, facts):
            return {"t": "event", "s": s, "kind": kind, "at": wire_time(at), **facts}
        case Welcome():
            return _welcome(frame)
        case Ready(s):
            return {"t": "ready", "s": s}
        case Held(cid, state):
            return {"t": "held", "cid": cid, "state": state}
        case TypingBy(side, on):
            return {"t": "typing", "from": side, "on": on}
        case Presence(who, state):
            return {"t": "presence", "who": who, "state": state}
        case ReadBy(who, s):
            return {"t": "read", "who": who, "s": s}
        case Warn(at):
            return {"t": "warn", "at": wire_time(at)}
        case Pong(x):
            return {"t": "pong", "x": x}
        case Err(code, detail, cid, retry_ms):
            optional = {"cid": cid, "retry_ms": retry_ms}
            given = {name: value for name, value in optional.items() if value is not None}
            return {"t": "err", "code": code, "detail": detail, **given}
        case Bye(why, retry_ms):
            return {"t": "bye", "why": why, "retry_ms": retry_ms}
    assert_never(frame)


@lru_cache(1024)  # all messages of a batch have one time
def wire_time(moment: datetime) -> str:
    """UTC to the millisecond, cut off: 2020-02-17T11:00:00.000Z. Raises ValueError without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with a zone, got {moment}")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _welcome(frame: Welcome) -> dict[str, Any]:
    session = frame.session
    members = {
        "t": "welcome",
        "epoch": frame.epoch,
        "you": frame.you,
        "members": [{"who": m.who, "name": m.name, "state": m.state} for m in frame.members],
        "last": frame.last,
        "session": session and {"session": session.session, "opened_at": wire_time(session.opened_at)},
        "limits": frame.limits.as_json(),
        "readers": list(frame.readers),
    }
    return {**members, "reset": True} if frame.reset else members


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
