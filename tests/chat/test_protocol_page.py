"""docs/protocol.md and the code say the same: every frame, member, code and limit, in both directions."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from chat import protocol
from chat.protocol import (
    ERR_BEFORE_CLOSE,
    EVENT_FACTS,
    LIMITS,
    Ack,
    AckHeld,
    ByeWhy,
    ClientFrame,
    Close,
    ErrCode,
    EventKind,
    HeldState,
    PresenceState,
    ServerFrame,
    Side,
    parse,
)
from chat.rules.sessions import EndWhy

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
# Where a type's name is not its t with a capital, or a field is not named as its member.
T_OF = {"Say": "msg", "Message": "msg", "AckHeld": "ack", "TypingBy": "typing", "ReadBy": "read"}
MEMBER_OF = {"side": "from"}


def section(title: str) -> str:
    """From a heading of the second level to the next."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def frames(title: str) -> dict[str, str]:
    """t → what the page says of it."""
    parts = re.split(r"^### `(\w+)`\n", section(title), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def examples(text: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def first_column(text: str) -> list[str]:
    return re.findall(r"^\| `?(\w+)`? \|", text, re.MULTILINE)


def t_of(kind: type) -> str:
    return T_OF.get(kind.__name__, kind.__name__.lower())


def members_of(kinds: list[type]) -> set[str]:
    members = {"t"}
    for kind in kinds:
        members |= {MEMBER_OF.get(field.name, field.name) for field in fields(kind)}
    return members | {"held"} if AckHeld in kinds else members


FROM_CLIENT = frames("Frames from a client")
FROM_SERVER = frames("Frames from the server")


@pytest.mark.parametrize(("page", "union"), [(FROM_CLIENT, ClientFrame), (FROM_SERVER, ServerFrame)])
def test_the_page_names_the_frames_of_the_code_and_no_others(page: dict[str, str], union: Any) -> None:
    kinds = get_args(union)
    assert set(page) == {t_of(kind) for kind in kinds}
    assert {kind.__name__ for kind in kinds} <= set(protocol.__all__)


@pytest.mark.parametrize("t", FROM_CLIENT)
def test_each_example_of_a_client_is_read_as_that_frame_with_all_its_members(t: str) -> None:
    (kind,) = (kind for kind in get_args(ClientFrame) if t_of(kind) == t)
    shown = examples(FROM_CLIENT[t])
    assert shown
    for example in shown:
        assert type(parse(json.dumps(example))) is kind
        assert set(example) == members_of([kind])


@pytest.mark.parametrize("t", FROM_SERVER)
def test_the_examples_of_the_server_show_the_members_that_the_code_has(t: str) -> None:
    kinds = [kind for kind in get_args(ServerFrame) if t_of(kind) == t]
    shown = examples(FROM_SERVER[t])
    assert {example["t"] for example in shown} == {t}
    members = set().union(*shown)
    if t == "event":
        assert {example["kind"] for example in shown} == set(EventKind)
        for example in shown:
            facts = {name: type(example[name]) for name in set(example) - {"t", "s", "kind", "at"}}
            assert facts == EVENT_FACTS[EventKind(example["kind"])]
            assert all(f"`{name}`" in FROM_SERVER[t] for name in facts)
    else:
        assert members == members_of(kinds)
    if t == "ack":
        assert {tuple(example)[1:] for example in shown} == {
            ("cid", "s", "at"),
            ("cid", "s", "at", "masked"),
            ("cid", "held"),
        }
        assert set(kinds) == {Ack, AckHeld}


def test_the_page_has_every_error_and_close_code_and_no_other() -> None:
    assert set(first_column(FROM_SERVER["err"])) == {*ErrCode, "code"}
    closes = section("Close codes")
    assert first_column(closes) == ["code", *(str(code.value) for code in sorted(Close))]
    before = closes[closes.index("The `err` before a close") :]
    said = {
        int(code): err
        for err, codes in re.findall(r"`(\w+)`\s+before\s+((?:4\d+(?:, | and )?)+)", before)
        for code in re.findall(r"4\d+", codes)
    }
    assert said == {code.value: str(err) for code, err in ERR_BEFORE_CLOSE.items()}


def test_the_page_has_every_limit_with_its_number() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", section("Limits"), re.MULTILINE)
    assert {name: int(number) for name, number in rows} == LIMITS.as_json()
    (welcome, _) = examples(FROM_SERVER["welcome"])
    assert welcome["limits"] == LIMITS.as_json()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (FROM_SERVER["event"], [*EventKind, *EndWhy]),
        (FROM_SERVER["held"], HeldState),
        (FROM_SERVER["presence"], PresenceState),
        (FROM_SERVER["bye"], ByeWhy),
        (section("Connecting"), Side),
    ],
)
def test_the_page_has_every_word_that_a_member_can_be(where: str, words: Any) -> None:
    for word in words:
        assert f"`{word}`" in where


def test_the_page_of_older_messages_holds_frames() -> None:
    (page,) = examples(section("Older messages"))
    assert set(page) == {"epoch", "last", "results", "before"}
    assert {row["t"] for row in page["results"]} <= {"msg", "event"}
