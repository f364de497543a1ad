"""Rooms on a real daphne with SQLite: the story, and what must not happen."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.chat.served import serving
from tests.chat.tabs import rows, tab


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("rooms"), families=6) as house:
        yield house


@pytest.fixture(scope="module")
def port(served):
    return served.start()


def test_what_the_child_says_the_mentor_hears_and_the_log_keeps(served, port):
    async def story() -> None:
        async with tab(served, port, "child") as child, tab(served, port, "academic") as mentor:
            assert (await child.hello())["you"] == "child"
            welcome = await mentor.hello()
            assert [member["state"] for member in welcome["members"]] == ["here", "here"]
            assert welcome["session"] is not None and welcome["readers"] == [
                "李老师",
                "沐阳",
                "紧急时的项目负责老师（每次都有记录）",
            ]
            assert (await child.get("presence"))["who"] == "mentor"
            cid = await child.say("老师好！")
            assert (await child.get("ack"))["cid"] == cid
            heard = await mentor.get("msg")
            assert heard["from"] == "child" and heard["body"] == "老师好！" and heard["s"] == 2
            await mentor.send(t="read", s=2)
            assert (await child.get("read")) == {"t": "read", "who": "mentor", "s": 2}
            await mentor.send(t="typing", on=True)
            assert (await child.get("typing"))["from"] == "mentor"
            await child.send(t="end")
            assert (await child.get("err"))["code"] == "not_allowed"
            await mentor.send(t="end", summary="分数的加减法。")
            assert (await child.get("event"))["why"] == "mentor"

    asyncio.run(story())
    kinds = [row[1] for row in rows(served, served.facts[0]["rooms"]["academic"])]
    assert kinds == ["session_opened", "msg", "session_ended"]


@pytest.mark.parametrize(
    ("who", "room", "code"),
    [
        ("", None, 4401),
        ("stranger", None, 4404),
        ("parent", None, 4404),
        ("wellbeing", None, 4404),
        ("child", 999999, 4404),
    ],
)
def test_who_has_no_business_here_is_told_nothing(served, port, who, room, code):
    async def story() -> None:
        other = {} if room is None else {"room": room}
        async with tab(served, port, who, **other) as stranger:
            assert (await stranger.get("err"))["code"] == "not_allowed"
            assert await stranger.close_code() == code

    asyncio.run(story())


def test_the_welcome_is_in_the_language_chosen_in_the_browser(served, port):
    async def last_reader(cookies: str) -> str:
        async with tab(served, port, "child", cookies=cookies) as child:
            return (await child.hello())["readers"][-1]

    assert asyncio.run(last_reader("; language=en")).startswith("in an emergency")
    assert asyncio.run(last_reader("; language=xx")).startswith("紧急时")


def test_another_site_s_page_gets_no_socket(served, port):
    async def story() -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with tab(served, port, "child", origin="http://evil.example"):
                pass
        assert refused.value.response.status_code == 403

    asyncio.run(story())


def test_the_same_cid_is_stored_once_and_other_words_are_refused(served, port):
    async def story() -> None:
        async with (
            tab(served, port, "child", family=1) as child,
            tab(served, port, "child", family=1) as tab2,
        ):
            await child.hello()
            await tab2.hello()
            cid = await child.say("一")
            first = await child.get("ack")
            await child.say("一", cid)
            assert await child.get("ack") == first
            await tab2.say("一", cid)
            assert (await tab2.get("ack"))["s"] == first["s"]
            await child.say("二", cid)
            refused = await child.get("err")
            assert (refused["code"], refused["cid"]) == ("cid_reused", cid)

    asyncio.run(story())
    assert [row[1] for row in rows(served, served.facts[1]["rooms"]["academic"])] == ["msg"]


def test_who_comes_back_is_sent_what_was_missed_and_a_foreign_past_is_dropped(served, port):
    async def story() -> None:
        async with tab(served, port, "child", "wellbeing", 1) as child:
            welcome = await child.hello()
            for number in range(15):
                await child.say(f"第{number}句")
                await child.get("ack")
        async with tab(served, port, "wellbeing", "wellbeing", 1) as mentor:
            await mentor.send(t="hello", epoch=welcome["epoch"], last=10)
            numbers = []
            while (frame := json.loads(await mentor.ws.recv()))["t"] != "ready":
                numbers += [frame["s"]] if "s" in frame else []
            assert numbers == [11, 12, 13, 14, 15] and frame["s"] == 15
            assert (await mentor.hello("other", 3))["reset"] is True
            assert (await mentor.hello(welcome["epoch"], 99))["reset"] is True
            assert "reset" not in await mentor.hello(welcome["epoch"], 15)

    asyncio.run(story())


def test_too_fast_stops_there_until_that_message_comes_again(served, port):
    async def story() -> None:
        async with tab(served, port, "child", family=2) as child:
            await child.hello()
            cids = [await child.say(f"{number}") for number in range(23)]
            codes = [await child.get("err") for _ in range(3)]
            assert [code["cid"] for code in codes] == cids[20:]
            assert {code["code"] for code in codes} == {"too_fast"} and codes[0]["retry_ms"] <= 201
            await asyncio.sleep(0.45)
            late = await child.say("22", cids[22])
            assert (await child.get("err"))["cid"] == late, "it may not overtake the twentieth"
            await child.say("20", cids[20])
            await child.until(lambda frame: frame["t"] == "ack" and frame["cid"] == cids[20])

    asyncio.run(story())


def test_a_sixth_tab_closes_the_oldest(served, port):
    async def story() -> None:
        async with AsyncExitStack() as stack:
            tabs = []
            for _ in range(6):
                tabs.append(await stack.enter_async_context(tab(served, port, "child", "wellbeing", 2)))
                await tabs[-1].hello()
            assert await tabs[0].close_code() == 4409
            await tabs[5].say("在")
            assert (await tabs[1].get("msg"))["body"] == "在"

    asyncio.run(story())


def malformed(rng: random.Random) -> str | bytes:
    good = json.dumps({"t": "msg", "cid": str(uuid.uuid4()), "body": "好"})
    kinds: list[Callable[[], str | bytes]] = [
        lambda: good[: rng.randrange(len(good))],
        lambda: rng.randbytes(rng.randrange(1, 60)),
        lambda: json.dumps({"t": rng.choice(["x", "welcome", 1, None, [], {}]), "s": 1}),
        lambda: json.dumps({"t": "msg", "cid": rng.choice(["", 5, "x" * 36, None]), "body": "好"}),
        lambda: json.dumps({"t": "msg", "cid": str(uuid.uuid4()), "body": rng.choice(["", " ", 4, "\0"])}),
        lambda: json.dumps(
            {"t": "hello", "epoch": rng.choice(["", 7]), "last": rng.choice([-1, 1.5, True, "1"])}
        ),
        lambda: json.dumps({"t": rng.choice(["seen", "read"]), "s": rng.choice([-1, 2**70, "5", None])}),
        lambda: "[" * rng.randrange(1, 3000),
        lambda: '{"t":"msg","cid":"' + str(uuid.uuid4()) + '","body":"\\ud800"}',
        lambda: "x" * rng.choice([10, 16_400, 60_000]),
        lambda: rng.choice(["NaN", "null", "[]", '"t"', "{}", '{"t":"ping","t":"ping"}', "1e999"]),
    ]
    return rng.choice(kinds)()


@pytest.mark.parametrize(
    "frames", [1000, pytest.param(10_000, marks=[pytest.mark.deep, pytest.mark.timeout(600)])]
)
def test_malformed_frames_hurt_nobody_else(served, port, frames):
    async def story() -> None:
        rng, sent = random.Random(9), 0
        async with tab(served, port, "child", family=3) as neighbour:
            await neighbour.hello()
            while sent < frames:
                async with tab(served, port, "child", "wellbeing", 3) as bad:
                    await bad.hello()
                    with suppress(ConnectionClosed):
                        for _ in range(20):
                            await bad.ws.send(malformed(rng))
                            sent += 1
                    assert await bad.close_code() in {4400, 4413}
                if sent % 5 == 0:
                    await neighbour.send(t="ping", x=sent)
                    await neighbour.get("pong", 1)
            await neighbour.say("还在")
            await neighbour.get("ack", 1)

    asyncio.run(story())
    assert "Traceback" not in served.log(port)


@pytest.mark.parametrize(
    ("code", "closes", "family"),
    [
        (
            "from matching.models import Pairing; from django.utils import timezone\n"
            "Pairing.objects.filter(room={room}).update(ended_at=timezone.now(), end_reason='not_a_fit')",
            [4410, 4410],
            4,
        ),
        (
            "from backend.accounts.models import User; User.objects.filter(pk={child}).update(password='!')",
            [4401],
            3,
        ),
        (
            "from django.contrib.sessions.models import Session\n"
            "Session.objects.filter(pk='{session}')._raw_delete('default')",
            [4401],
            2,
        ),
        (
            "from backend.accounts.models import User; User.objects.filter(pk={child}).update(is_active=False)",
            [4401],
            5,
        ),
        (
            "from chat.models import Room; from django.utils import timezone\n"
            "Room.objects.filter(pk={room}).update(frozen_at=timezone.now())",
            [4403, 4403],
            4,
        ),
    ],
    ids=["ended", "another password", "signed out", "disabled", "frozen"],
)
def test_a_right_that_ends_closes_the_sockets_within_two_seconds(served, port, code, closes, family):
    """Behind the server's back, so that only its poll can find out."""
    role = "wellbeing" if closes[0] == 4403 else "academic"
    facts = served.facts[family]
    session = facts["cookies"]["child"].partition("=")[2]
    change = code.format(room=facts["rooms"][role], child=facts["users"]["child"], session=session)

    async def story() -> None:
        async with (
            tab(served, port, "child", role, family) as child,
            tab(served, port, role, role, family) as mentor,
        ):
            await child.hello()
            await mentor.hello()
            await asyncio.to_thread(served.run, change)
            started = time.monotonic()
            found = [await each.close_code(3) for each in (child, mentor)[: len(closes)]]
            assert found == closes and time.monotonic() - started < 2
            if closes == [4410, 4410]:
                async with tab(served, port, "child", role, family) as again:
                    assert await again.close_code() == 4410

    asyncio.run(story())


def test_a_redaction_reaches_who_is_there_and_who_comes_back(served, port):
    room = served.facts[1]["rooms"]["academic"]
    code = (
        "from backend.accounts.models import User; from chat.redaction import redact_message\n"
        "lead = User.objects.create_user(name='何静', is_coordinator=True, is_safeguarding_lead=True)\n"
        f"redact_message(actor=lead, room_id={room}, s={{s}}, reason='contact')"
    )

    async def story() -> None:
        async with tab(served, port, "child", family=1) as child:
            welcome = await child.hello()
            await child.say("花园路三号")
            said = (await child.get("ack"))["s"]
            await asyncio.to_thread(served.run, code.format(s=said))
            told = await child.get("event", 2)
            assert (told["kind"], told["target"], told["s"]) == ("redacted", said, said + 1)
            async with tab(served, port, "academic", family=1) as mentor:
                await mentor.send(t="hello", epoch=welcome["epoch"], last=said - 1)
                assert (await mentor.get("msg"))["body"] is None

    asyncio.run(story())
