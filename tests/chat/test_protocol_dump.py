"""What the server says, letter by letter."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from backend import errors
from chat.protocol import (
    ERR_BEFORE_CLOSE,
    LIMITS,
    Ack,
    AckHeld,
    Bye,
    ByeWhy,
    Close,
    Err,
    ErrCode,
    Event,
    EventKind,
    Held,
    HeldState,
    Member,
    Message,
    OpenSession,
    Pong,
    Presence,
    PresenceState,
    ReadBy,
    Ready,
    ServerFrame,
    Side,
    TypingBy,
    Warn,
    Welcome,
    dump,
    farewell,
)

CID = "0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e21"
AT = datetime(2020, 2, 17, 11, 0, 5, 310_999, UTC)
TIME = "2020-02-17T11:00:05.310Z"
MEMBERS = (Member(Side.MENTOR, "李老师", PresenceState.HERE), Member(Side.CHILD, "沐阳", PresenceState.AWAY))
WELCOME: dict[str, Any] = {
    "t": "welcome",
    "epoch": "k3",
    "you": "child",
    "members": [
        {"who": "mentor", "name": "李老师", "state": "here"},
        {"who": "child", "name": "沐阳", "state": "away"},
    ],
    "last": 41,
    "session": None,
    "limits": LIMITS.as_json(),
    "readers": ["李老师", "沐阳"],
}
READERS = ("李老师", "沐阳")


@pytest.mark.parametrize(
    ("frame", "members"),
    [
        (Welcome("k3", Side.CHILD, MEMBERS, 41, None, READERS), WELCOME),
        (
            Welcome("k3", Side.CHILD, MEMBERS, 41, OpenSession(7, AT), READERS),
            {**WELCOME, "session": {"session": 7, "opened_at": TIME}},
        ),
        (Welcome("k3", Side.CHILD, MEMBERS, 41, None, READERS, reset=True), {**WELCOME, "reset": True}),
        (
            Message(42, Side.CHILD, CID, "老师好", AT),
            {"t": "msg", "s": 42, "from": "child", "cid": CID, "body": "老师好", "at": TIME},
        ),
        (
            Message(42, Side.MENTOR, CID, None, AT, said_at=AT - timedelta(seconds=5)),
            {
                "t": "msg",
                "s": 42,
                "from": "mentor",
                "cid": CID,
                "body": None,
                "at": TIME,
                "said_at": "2020-02-17T11:00:00.310Z",
            },
        ),
        (
            Event(43, EventKind.REDACTED, AT, {"target": 42}),
            {"t": "event", "s": 43, "kind": "redacted", "at": TIME, "target": 42},
        ),
        (Ack(CID, 42, AT), {"t": "ack", "cid": CID, "s": 42, "at": TIME}),
        (Ack(CID, 42, AT, masked=True), {"t": "ack", "cid": CID, "s": 42, "at": TIME, "masked": True}),
        (AckHeld(CID), {"t": "ack", "cid": CID, "held": True}),
        (Held(CID, HeldState.WAITING), {"t": "held", "cid": CID, "state": "waiting"}),
        (Ready(47), {"t": "ready", "s": 47}),
        (TypingBy(Side.MENTOR, on=True), {"t": "typing", "from": "mentor", "on": True}),
        (Presence(Side.CHILD, PresenceState.HERE), {"t": "presence", "who": "child", "state": "here"}),
        (ReadBy(Side.MENTOR, 42), {"t": "read", "who": "mentor", "s": 42}),
        (Warn(AT), {"t": "warn", "at": TIME}),
        (Pong({"a": [1]}), {"t": "pong", "x": {"a": [1]}}),
        (Pong(None), {"t": "pong", "x": None}),
        (Err(ErrCode.BUSY, "later"), {"t": "err", "code": "busy", "detail": "later"}),
        (
            Err(ErrCode.TOO_FAST, "later", CID, 200),
            {"t": "err", "code": "too_fast", "detail": "later", "cid": CID, "retry_ms": 200},
        ),
        (Bye(ByeWhy.RESTART, 1500), {"t": "bye", "why": "restart", "retry_ms": 1500}),
    ],
)
def test_each_frame_says_what_the_page_says(frame: ServerFrame, members: dict[str, Any]) -> None:
    assert json.loads(dump(frame)) == members


def test_words_go_out_as_they_are_and_without_blanks_between() -> None:
    spoken = dump(Message(1, Side.CHILD, CID, '老师"\u2028\U0001f600', AT))
    assert f'"body":"老师\\"\u2028\U0001f600","at":"{TIME}"' in spoken


def test_times_are_sent_in_utc_and_never_guessed() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert dump(Warn(datetime(2020, 2, 17, 19, 0, tzinfo=shanghai))) == (
        '{"t":"warn","at":"2020-02-17T11:00:00.000Z"}'
    )
    with pytest.raises(ValueError, match="zone"):
        dump(Warn(datetime(2020, 2, 17, 19, 0)))


@pytest.mark.parametrize(
    "facts", [{}, {"target": "42"}, {"target": True}, {"target": 42, "why": "x"}, {"slot": 1}]
)
def test_an_event_carries_the_facts_of_its_kind(facts: dict[str, int | str]) -> None:
    with pytest.raises(ValueError, match="redacted"):
        Event(43, EventKind.REDACTED, AT, facts)


def test_every_refusal_of_the_house_has_a_close_code_that_a_room_can_send() -> None:
    kinds = {value for value in vars(errors).values() if isinstance(value, errors.Kind)}
    assert len(kinds) > 5
    assert {kind.close for kind in kinds} <= set(Close)
    assert all(code == 1000 or 3000 <= code <= 4999 for code in Close)


def test_a_refusal_is_said_before_it_is_done() -> None:
    assert farewell(Close.NOT_YOURS, "no such room") == Err(ErrCode.NOT_ALLOWED, "no such room")
    byes = {Close.NORMAL, Close.GOING_AWAY, Close.RESTART, Close.OVERLOADED}
    assert set(Close) - set(ERR_BEFORE_CLOSE) == byes
    assert all(farewell(close, "x") is None for close in byes)
