"""Who says nothing, who doesn't read, and a database that is busy: bounded, answered, and nobody else hurt."""

import asyncio
import sqlite3
import time

import pytest

from chat.protocol.limits import LIMITS, configure
from tests.chat.served import serving
from tests.chat.tabs import client, rows, tab, within


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    limits = "hello_s=1,lag_s=2,window_messages=8,messages_burst=40"
    with serving(
        tmp_path_factory.mktemp("limits"), families=3, env={"SHUANGDAO_ROOM_LIMITS": limits}
    ) as house:
        yield house


@pytest.fixture(scope="module")
def port(served):
    return served.start()


def test_the_site_s_own_limits_stand_in_the_welcome(served, port):
    async def story() -> None:
        async with tab(served, port, "child") as child:
            limits = (await child.hello())["limits"]
            assert (limits["hello_s"], limits["lag_s"], limits["page"]) == (1, 2, 50)

    asyncio.run(story())


@pytest.mark.parametrize("numbers", [{"lag_seconds": 3}, {"lag_s": 0}])
def test_a_limit_that_is_none_is_refused(numbers):
    before = LIMITS.as_json()
    with pytest.raises(ValueError, match="lag"):
        configure(**numbers)
    assert LIMITS.as_json() == before


def test_who_says_no_hello_is_closed(served, port):
    async def story() -> None:
        async with tab(served, port, "child") as silent, tab(served, port, "academic") as polite:
            await polite.hello()
            started = time.monotonic()
            assert (await silent.get("err"))["code"] == "bad_frame"
            assert await silent.close_code() == 4400
            assert time.monotonic() - started < 4
            await polite.send(t="ping", x=1)
            await polite.get("pong", 1)

    asyncio.run(story())


def test_who_never_says_seen_is_sent_no_more_and_closed_and_the_others_hear_everything(served, port):
    async def story() -> None:
        async with (
            tab(served, port, "child", family=1) as child,
            tab(served, port, "academic", family=1) as slow,
            tab(served, port, "child elsewhere", family=1) as quick,
        ):
            for each in (child, slow, quick):
                await each.hello()
            heard, last = [], []
            for number in range(30):
                await child.say(f"第{number}句")
                last.append((await child.get("ack"))["s"])
                await child.send(t="seen", s=last[-1])
                heard.append((await quick.get("msg", 1))["s"])
                await quick.send(t="seen", s=heard[-1])
            assert heard == last
            got = []
            while (frame := await slow.until(lambda frame: True))["t"] != "err":
                got += [frame["s"]] if "s" in frame and frame["t"] != "ready" else []
            assert got[-1] == 8 and frame["code"] == "busy", "the window, and no more"
            assert await slow.close_code() == 4508
            await child.say("还在")
            assert (await quick.get("msg", 1))["body"] == "还在"

    asyncio.run(story())


def test_who_says_seen_in_time_goes_on(served, port):
    async def story() -> None:
        async with (
            tab(served, port, "child", family=2) as child,
            tab(served, port, "academic", family=2) as late,
        ):
            await child.hello()
            await late.hello()
            for number in range(12):
                await child.say(f"第{number}句")
                await child.send(t="seen", s=(await child.get("ack"))["s"])
            numbers = [(await late.get("msg"))["s"] for _ in range(7)]
            await late.send(t="seen", s=numbers[-1])
            numbers += [(await late.get("msg"))["s"] for _ in range(5)]
            await asyncio.sleep(3.5)  # longer than lag_s
            await late.send(t="ping", x=1)
            await late.get("pong", 1)

    asyncio.run(story())


def test_a_full_queue_answers_busy_and_every_word_comes_in_order_afterwards(tmp_path):
    with serving(tmp_path) as house:
        port = house.start(application="tests.chat.short_queue:application")
        codes = []

        async def story() -> None:
            child = client(house, port, "child")
            child.on_frame = lambda frame: codes.append(frame["code"]) if frame["t"] == "err" else None
            running = asyncio.create_task(child.run())
            child.say("先说一句")
            await within(5, lambda: not child.outbox)
            # Somebody else writes for a while: the writer waits, and words pile up behind it.
            other = sqlite3.connect(tmp_path / "demo.sqlite3", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            child.say("第0句")
            await asyncio.sleep(0.3)
            for number in range(1, 12):
                child.say(f"第{number}句")
            await within(5, lambda: "busy" in codes)
            other.execute("ROLLBACK")
            other.close()
            await within(20, lambda: not child.outbox)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(story())
        assert set(codes) <= {"busy", "too_fast"}
        said = [row[3] for row in rows(house, house.facts[0]["rooms"]["academic"]) if row[1] == "msg"]
        assert said == ["先说一句", *(f"第{number}句" for number in range(12))]


def test_who_came_during_a_replay_is_told_after_it(served, port):
    async def story() -> None:
        async with tab(served, port, "child", "wellbeing") as child:
            await child.hello()
            for number in range(12):
                await child.say(f"第{number}句")
                await child.send(t="seen", s=(await child.get("ack"))["s"])
        async with tab(served, port, "child", "wellbeing") as child:
            await child.send(t="hello", epoch="", last=0)
            welcome = await child.get("welcome")
            assert [each["state"] for each in welcome["members"]] == ["away", "here"]
            numbers = [(await child.get("msg"))["s"] for _ in range(8)]
            async with tab(served, port, "wellbeing", "wellbeing") as mentor:
                await mentor.hello(welcome["epoch"], welcome["last"])
                await asyncio.sleep(0.3)
                await child.send(t="seen", s=numbers[-1])
                await child.get("ready")
                assert await child.get("presence", 2) == {"t": "presence", "who": "mentor", "state": "here"}

    asyncio.run(story())
