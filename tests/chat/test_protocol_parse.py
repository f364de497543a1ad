"""What a client may send is read; everything else is refused, and by nothing but a refusal."""

import json
import random
import string
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.protocol import (
    MAX_S,
    BadFrame,
    End,
    Hello,
    Limits,
    Ping,
    Read,
    Say,
    Seen,
    TooBig,
    Typing,
    needs_reset,
    parse,
)

CID = "0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e21"
VALID: list[dict[str, Any]] = [
    {"t": "hello", "epoch": "k3Yt9w", "last": 41},
    {"t": "msg", "cid": CID, "body": "老师好"},
    {"t": "typing", "on": True},
    {"t": "read", "s": 41},
    {"t": "seen", "s": 64},
    {"t": "end", "summary": "分数"},
]
# What JavaScript's trim() removes, from the ECMAScript specification and not from the code.
ECMASCRIPT_SPACE = [0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0xA0, 0x1680, *range(0x2000, 0x200B)]
ECMASCRIPT_SPACE += [0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF]
# Any JSON value, without halves of surrogate pairs and without floats that a text can't hold.
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def text(frame: Any) -> str:
    return json.dumps(frame, ensure_ascii=False)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"t": "hello", "epoch": "", "last": 0}, Hello("", 0)),
        ({"t": "hello", "epoch": "k3Yt9w", "last": MAX_S}, Hello("k3Yt9w", MAX_S)),
        ({"t": "msg", "cid": CID, "body": " 老师好！\n "}, Say(CID, "老师好！")),
        ({"t": "msg", "cid": CID, "body": "a", "from": "mentor", "s": 3}, Say(CID, "a")),
        ({"t": "typing", "on": False}, Typing(on=False)),
        ({"t": "read", "s": 0}, Read(0)),
        ({"t": "seen", "s": 64}, Seen(64)),
        ({"t": "ping", "x": {"a": [1, None, "x"]}}, Ping({"a": [1, None, "x"]})),
        ({"t": "ping"}, Ping(None)),
        ({"t": "end"}, End(None)),
        ({"t": "end", "summary": "  \u3000 "}, End(None)),
        ({"t": "end", "summary": " 通分 "}, End("通分")),
    ],
)
def test_each_frame_is_read_as_its_type(frame: dict[str, Any], expected: object) -> None:
    assert parse(text(frame)) == expected
    assert parse(json.dumps(frame)) == expected  # escaped to ASCII


def test_a_body_is_trimmed_of_what_a_browser_trims_and_of_nothing_else() -> None:
    for point in range(0x1_0000):
        if 0xD800 <= point <= 0xDFFF or point == 0:
            continue
        said = parse(text({"t": "msg", "cid": CID, "body": f"{chr(point)}a{chr(point)}a{chr(point)}"}))
        inside = chr(point)
        kept = "" if point in ECMASCRIPT_SPACE else inside
        assert said == Say(CID, f"{kept}a{inside}a{kept}"), hex(point)


@pytest.mark.parametrize("letter", ["a", "老", "\U0001f600", "\U0001f1e8\U0001f1f3"])
def test_a_body_has_up_to_2000_code_points_after_trimming(letter: str) -> None:
    longest = letter * (2000 // len(letter))
    assert parse(text({"t": "msg", "cid": CID, "body": f" {longest} "})) == Say(CID, longest)
    with pytest.raises(TooBig) as refused:
        parse(text({"t": "msg", "cid": CID, "body": longest + "a"}))
    assert (refused.value.code, refused.value.cid, refused.value.closes) == ("too_big", CID, False)


def test_a_frame_has_up_to_16_kib_of_utf_8() -> None:
    def frame_of(size: int) -> str:
        start = text({"t": "ping", "x": "老"})[:-2]
        return start + "a" * (size - len(start.encode()) - 2) + '"}'

    assert isinstance(parse(frame_of(16 * 1024)), Ping)
    for too_long in (frame_of(16 * 1024 + 1), "老" * 6000, b"\xff" * 17_000, "\ud800" * 17_000):
        with pytest.raises(TooBig) as refused:
            parse(too_long)
        assert (refused.value.kind.close, refused.value.closes) == (4413, True)


@pytest.mark.parametrize("body", ["", "   ", "\u3000\n", "a\0b", "\0"])
def test_a_message_that_says_nothing_or_nul_is_refused_by_its_cid(body: str) -> None:
    with pytest.raises(BadFrame) as refused:
        parse(text({"t": "msg", "cid": CID, "body": body}))
    assert (refused.value.code, refused.value.cid, refused.value.kind.close) == ("bad_frame", CID, 4400)


def test_halves_of_surrogate_pairs_are_refused_wherever_they_stand_and_whole_pairs_are_read() -> None:
    whole = json.dumps({"t": "msg", "cid": CID, "body": "\U0001f600"})
    assert "\\ud83d\\ude00" in whole
    assert parse(whole) == Say(CID, "\U0001f600")
    for frame in (
        json.dumps({"t": "msg", "cid": CID, "body": "a\ud83d"}),
        json.dumps({"t": "msg", "cid": CID, "body": "\ude00 \ud83d"}),
        r'{"t":"msg","cid":"0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e21","body":"\ude00\ud83d"}',
        r'{"t":"ping","x":["\udfff"]}',
        r'{"t":"ping","x":{"\ud800":1}}',
        r'{"t":"end","summary":"\ud800"}',
        '{"t":"ping","x":"\ud800"}',
    ):
        with pytest.raises(BadFrame):
            parse(frame)


@pytest.mark.parametrize(
    "cid",
    [
        CID.upper(),
        CID.replace("-", ""),
        f"{{{CID}}}",
        f"urn:uuid:{CID}",
        CID + "\n",
        " " + CID,
        CID[:-1],
        CID[:-1] + "g",
        CID[:-1] + "\uff11",
        "",
        None,
        7,
    ],
)
def test_a_cid_is_a_canonical_uuid(cid: Any) -> None:
    with pytest.raises(BadFrame):
        parse(text({"t": "msg", "cid": cid, "body": "a"}))


@pytest.mark.parametrize("number", [True, False, 1.0, -1, MAX_S + 1, "1", None, [1], 10**400, 1e300])
@pytest.mark.parametrize(("t", "name"), [("hello", "last"), ("read", "s"), ("seen", "s")])
def test_a_number_is_a_whole_number_in_range(t: str, name: str, number: Any) -> None:
    with pytest.raises(BadFrame, match=name):
        parse(text({"t": t, "epoch": "", name: number}))


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        '"msg"',
        "{",
        "{}",
        '{"t":"shout"}',
        '{"t":["msg"]}',
        '{"T":"ping"}',
        "\ufeff{}",
        '{"t":"ping"} {"t":"ping"}',
        '{"t":"ping",}',
        "{'t':'ping'}",
        '{"t":"ping","x":NaN}',
        '{"t":"ping","x":-Infinity}',
        '{"t":"ping","x":1e999}',
        '{"t":"ping","x":' + "9" * 5000 + "}",
        '{"t":"ping","x":01}',
        '{"t":"ping","x":"a\nb"}',
        '{"t":"ping","t":"end"}',
        '{"t":"ping","x":[{"a":1,"a":1}]}',
        '{"t":"ping","x":' + "[" * 8000 + "]" * 8000 + "}",
        '{"t":"ping","x":' + '{"a":' * 3000,
        '{"t":"ping","x":' + "[" * 16_000,
        b'{"t":"ping"}',
        b"",
    ],
)
def test_what_is_not_one_strict_json_object_is_a_bad_frame(frame: str | bytes) -> None:
    with pytest.raises(BadFrame):
        parse(frame)


def nested(depth: int) -> str:
    return '{"t":"ping","x":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def test_a_frame_is_nested_up_to_32_deep_and_brackets_in_words_do_not_count() -> None:
    assert isinstance(parse(nested(32)), Ping)
    with pytest.raises(BadFrame, match="nested"):
        parse(nested(33))
    body = '[{"\\' * 400
    assert parse(text({"t": "msg", "cid": CID, "body": body})) == Say(CID, body)


@pytest.mark.parametrize(
    "unit", ['"[', '\\"[', '["', '[{"\\', '"\\u', '{"a":', "\\[", '"",[', "1e9[", '"[\\"']
)
def test_no_frame_takes_long_to_refuse(unit: str) -> None:
    for start in ("", '"', '{"x":"'):
        frame = (start + unit * 16_384)[:16_384]
        began = time.process_time()
        with pytest.raises(BadFrame):
            parse(frame)
        assert time.process_time() - began < 0.1


@given(ANY_JSON)
def test_a_ping_brings_any_json_value(x: Any) -> None:
    frame = text({"t": "ping", "x": x})
    if len(frame.encode()) <= 16 * 1024:
        assert parse(frame) == Ping(x)


@given(st.text() | st.binary())
@example("{}")
def test_no_text_raises_anything_but_a_refusal(frame: str | bytes) -> None:
    with pytest.raises((BadFrame, TooBig)):
        parse(frame)


@settings(max_examples=200)
@given(
    st.sampled_from(VALID), st.dictionaries(st.sampled_from(["t", "cid", "body", "s", "on", "x"]), ANY_JSON)
)
def test_no_object_raises_anything_but_a_refusal(frame: dict[str, Any], other: dict[str, Any]) -> None:
    with suppress(BadFrame, TooBig):
        parse(text({**frame, **other}))


# One function per kind of damage: a generator of frames that are wrong for sure.
Damage = Callable[[random.Random], str | bytes]


def _noise(rng: random.Random) -> str:
    return "".join(rng.choices(string.printable + "老师\u3000\ufeff", k=rng.randrange(1, 200)))


def _cut(rng: random.Random) -> str:
    whole = text(rng.choice(VALID))
    return whole[: rng.randrange(len(whole))]


def _wrong_type(rng: random.Random) -> str:
    frame = dict(rng.choice(VALID))
    name = rng.choice([name for name in frame if name != "t"])
    wrong: list[Any] = [None, [], {}, -1, 1.5, [frame[name]], {"x": frame[name]}, 2**60]
    return text({**frame, name: rng.choice(wrong)})


def _missing(rng: random.Random) -> str:
    frame = dict(rng.choice([f for f in VALID if f["t"] != "end"]))
    del frame[rng.choice(list(frame))]
    return text(frame)


def _twice(rng: random.Random) -> str:
    frame = rng.choice(VALID)
    name = rng.choice(list(frame))
    return text(frame)[:-1] + f", {json.dumps(name)}: {text(frame[name])}}}"


def _deep(rng: random.Random) -> str:
    opening = [rng.choice(["[", '{"a":']) for _ in range(rng.randrange(33, 2000))]
    closing = ["]" if bracket == "[" else "}" for bracket in reversed(opening)]
    whole = '{"t":"ping","x":' + "".join(opening) + "1" + "".join(closing) + "}"
    return whole[:16_000]


def _half_pair(rng: random.Random) -> str:
    half = f"\\u{rng.randrange(0xD800, 0xE000):04x}"
    return rng.choice(
        ['{"t":"ping","x":"%s"}', '{"t":"end","summary":"%s!"}', '{"t":"seen","s":1,"%s":0}']
    ) % (half,)


def _not_a_number(rng: random.Random) -> str:
    number = rng.choice(
        ["NaN", "Infinity", "-Infinity", f"{rng.randrange(1, 99)}e{rng.randrange(400, 9999)}"]
    )
    return (
        rng.choice(['{"t":"seen","s":%s}', '{"t":"ping","x":%s}', '{"t":"typing","on":true,"z":%s}']) % number
    )


def _unknown(rng: random.Random) -> str:
    t = "".join(rng.choices(string.ascii_lowercase, k=rng.randrange(7, 12)))
    return text({**rng.choice(VALID), "t": rng.choice([t, t.upper(), "", "MSG", None, 1])})


def _bad_cid(rng: random.Random) -> str:
    cid = str(uuid.UUID(int=rng.getrandbits(128) | 0xF << 124))
    i = rng.randrange(len(cid))
    broken = rng.choice([cid.upper(), cid[:i] + cid[i + 1 :], cid[:i] + "x" + cid[i + 1 :], cid + cid[:1]])
    return text({"t": "msg", "cid": broken, "body": "a"})


def _bytes(rng: random.Random) -> bytes:
    return rng.choice([text(rng.choice(VALID)).encode(), rng.randbytes(rng.randrange(100))])


def _huge(rng: random.Random) -> str:
    return text({"t": "msg", "cid": CID, "body": rng.choice("a老 ") * rng.randrange(16_400, 40_000)})


def _not_an_object(rng: random.Random) -> str:
    return text(rng.choice([rng.random(), [rng.choice(VALID)], _noise(rng), None, rng.random() < 0.5]))


def _flipped(rng: random.Random) -> str:
    """One character of the punctuation replaced by another."""
    whole = text(rng.choice(VALID))
    i = rng.choice([i for i, c in enumerate(whole) if c in '{}":,'])
    return whole[:i] + rng.choice(sorted(set("{}[]:,;") - {whole[i]})) + whole[i + 1 :]


DAMAGES: list[Damage] = [
    _noise,
    _cut,
    _wrong_type,
    _missing,
    _twice,
    _deep,
    _half_pair,
    _not_a_number,
    _unknown,
    _bad_cid,
    _bytes,
    _huge,
    _not_an_object,
    _flipped,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_200_malformed_frames_of_each_kind_are_refused(damage: Damage) -> None:
    rng = random.Random(damage.__name__)
    for _ in range(200):
        frame = damage(rng)
        with pytest.raises((BadFrame, TooBig)):
            pytest.fail(f"taken: {frame!r} as {parse(frame)!r}")


def test_limits_can_be_set_and_none_can_be_zero() -> None:
    tight = Limits(body_chars=3)
    assert parse(text({"t": "msg", "cid": CID, "body": "abc"}), tight) == Say(CID, "abc")
    with pytest.raises(TooBig):
        parse(text({"t": "msg", "cid": CID, "body": "abcd"}), tight)
    with pytest.raises(ValueError, match="sockets"):
        Limits(sockets=0)


@pytest.mark.parametrize(
    ("hello", "reset"),
    [
        (Hello("", 0), False),  # holds nothing: is sent everything
        (Hello("now", 0), False),
        (Hello("now", 41), False),
        (Hello("now", 42), True),  # a number that the room has not reached
        (Hello("before", 41), True),
        (Hello("before", 0), True),
        (Hello("", 5), True),
    ],
)
def test_a_client_of_another_past_is_reset(hello: Hello, reset: bool) -> None:
    assert needs_reset(hello, epoch="now", last=41) is reset
