"""A message that waits for a person, in a real conversation: what each side sees of it, on a real daphne."""

import asyncio
import json
import urllib.request
from typing import Any

import pytest

from tests.chat.served import serving
from tests.chat.tabs import Tab, tab

AWAY, NAME = "加我微信 shu_dao88，方便些", "shu_dao88"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("held"), families=4) as house:
        yield house


@pytest.fixture(scope="module")
def port(served):
    return served.start()


async def decide(served: Any, room: int, *, release: bool) -> None:
    """In another process, as a coordinator on their page would."""
    code = (
        "from backend.accounts.models import User; from chat.models import Held; from chat.rooms import decide_held\n"
        f"held = Held.objects.filter(room={room}, state='waiting').earliest('pk')\n"
        f"decide_held(actor=User.objects.get(login='co'), held_id=held.pk, release={release})"
    )
    await asyncio.to_thread(served.run, code)


async def everything(one: Tab) -> list[dict[str, Any]]:
    """What this connection was sent until it answers a ping."""
    await one.send(t="ping", x="all")
    found: list[dict[str, Any]] = []

    def keep(frame: dict[str, Any]) -> bool:
        found.append(frame)
        return frame["t"] == "pong"

    await one.until(keep)
    return found[:-1]


async def replay(served: Any, port: int, who: str, family: int) -> list[dict[str, Any]]:
    """Everything a new connection that holds nothing is sent."""
    async with tab(served, port, who, family=family) as one:
        await one.send(t="hello", epoch="", last=0)
        found: list[dict[str, Any]] = []

        def keep(frame: dict[str, Any]) -> bool:
            found.append(frame)
            return frame["t"] == "ready"

        await one.until(keep)
        return found + await everything(one)


def page(served: Any, port: int, who: str, family: int) -> str:
    facts = served.facts[family]
    address = f"http://127.0.0.1:{port}/rooms/{facts['rooms']['academic']}/"
    asked = urllib.request.Request(address, headers={"Cookie": facts["cookies"][who]})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.read().decode()


def said(frames: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    return [(frame["s"], frame["from"], frame["body"]) for frame in frames if frame["t"] == "msg"]


def numbers(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["s"] for frame in frames if "s" in frame and frame["t"] in ("msg", "event")]


def nothing_of_it(frames: list[dict[str, Any]], cid: str) -> bool:
    text = json.dumps(frames, ensure_ascii=False)
    return cid not in text and NAME not in text and "held" not in text


async def talk(child: Tab, mentor: Tab) -> tuple[str, list[dict[str, Any]]]:
    """A word before, the one that waits, a word after, an answer: the cid, and what the child was sent."""
    await child.hello()
    await mentor.hello()
    await mentor.say("今天学分数")
    await mentor.get("ack")
    cid = await mentor.say(AWAY)
    held = await mentor.get("ack")
    assert held == {"t": "ack", "cid": cid, "held": True}
    await mentor.say("先看第一题")
    await mentor.get("ack")
    heard = []

    def keep(frame: dict[str, Any]) -> bool:
        heard.append(frame)
        return frame.get("body") == "先看第一题"

    await child.until(keep)
    await child.say("好的老师")
    await mentor.until(lambda frame: frame.get("body") == "好的老师")
    return cid, heard + await everything(child)


def test_released_it_stands_once_and_in_order_on_both_sides(served, port):
    room = served.facts[0]["rooms"]["academic"]

    async def story() -> None:
        async with tab(served, port, "child") as child, tab(served, port, "academic") as mentor:
            cid, heard = await talk(child, mentor)
            assert nothing_of_it(heard, cid), heard
            assert nothing_of_it(await replay(served, port, "child", 0), cid)
            assert NAME not in await asyncio.to_thread(page, served, port, "child", 0)
            own = await replay(served, port, "academic", 0)
            assert {"t": "held", "cid": cid, "state": "waiting"} in own and NAME not in str(said(own))
            assert NAME in await asyncio.to_thread(page, served, port, "academic", 0), (
                "its sender sees it wait"
            )

            await decide(served, room, release=True)
            [at_child] = [await child.until(lambda frame: frame.get("cid") == cid)]
            assert (at_child["t"], at_child["from"], at_child["body"]) == ("msg", "mentor", AWAY)
            assert at_child["said_at"] < at_child["at"]
            at_mentor = await mentor.until(lambda frame: frame.get("cid") == cid and frame["t"] != "held")
            assert at_mentor["s"] == at_child["s"]
            # Its sender's client, which heard of no ack, sends it again: it is the same one.
            await mentor.say(AWAY, cid)
            assert (await mentor.until(lambda frame: frame["t"] == "ack"))["s"] == at_child["s"]
            await child.say("收到")
            await mentor.until(lambda frame: frame.get("body") == "收到")
            assert not [each for each in await everything(child) if each.get("cid") == cid]

        of_child, of_mentor = [await replay(served, port, who, 0) for who in ("child", "academic")]
        assert said(of_child) == said(of_mentor)
        assert [body for _, _, body in said(of_child)] == [
            "今天学分数",
            "先看第一题",
            "好的老师",
            AWAY,
            "收到",
        ]
        for frames in (of_child, of_mentor):
            assert numbers(frames) == list(range(1, numbers(frames)[-1] + 1))

    asyncio.run(story())


def test_refused_it_never_existed_for_the_child(served, port):
    room = served.facts[1]["rooms"]["academic"]

    async def story() -> None:
        async with (
            tab(served, port, "child", family=1) as child,
            tab(served, port, "academic", family=1) as mentor,
        ):
            cid, heard = await talk(child, mentor)
            before = await replay(served, port, "child", 1)
            await decide(served, room, release=False)
            told = await mentor.until(lambda frame: frame["t"] == "held")
            assert told == {"t": "held", "cid": cid, "state": "refused"}
            await asyncio.sleep(1.5)  # a poll of the room, besides the hint
            heard += await everything(child)
            assert nothing_of_it(heard, cid), heard
            after = await replay(served, port, "child", 1)
            assert nothing_of_it(after, cid)
            assert said(after) == said(before) and numbers(after) == numbers(before)
            assert NAME not in await asyncio.to_thread(page, served, port, "child", 1)
            # Sent again it stays refused, and its number is nobody's.
            await mentor.say(AWAY, cid)
            assert await mentor.until(lambda frame: frame["t"] == "ack") == {
                "t": "ack",
                "cid": cid,
                "held": True,
            }
            await mentor.say("我们接着做")
            ack = await mentor.until(lambda frame: frame["t"] == "ack")
            assert (await child.until(lambda frame: frame.get("body") == "我们接着做"))["s"] == ack["s"]
            frames = await replay(served, port, "child", 1)
            assert numbers(frames) == list(range(1, ack["s"] + 1))

    asyncio.run(story())


def test_a_number_in_three_messages_is_held_at_the_third(served, port):
    async def story() -> None:
        async with (
            tab(served, port, "child", family=2) as child,
            tab(served, port, "academic", family=2) as mentor,
        ):
            await child.hello()
            await mentor.hello()
            for part in ("我手机 138", "1234"):
                await mentor.say(part)
                assert "s" in await mentor.get("ack")
            await mentor.say("5678")
            assert (await mentor.get("ack")).get("held")
            assert [body for _, _, body in said(await replay(served, port, "child", 2))] == [
                "我手机 138",
                "1234",
            ]

    asyncio.run(story())


def test_the_second_within_thirty_days_stops_the_room_until_both_were_looked_at(served, port):
    room = served.facts[3]["rooms"]["academic"]

    async def story() -> None:
        async with (
            tab(served, port, "child", family=3) as child,
            tab(served, port, "academic", family=3) as mentor,
        ):
            await child.hello()
            await mentor.hello()
            await mentor.say(AWAY)
            assert (await mentor.get("ack")).get("held")
            await mentor.say("我的电话13812345678")
            assert (await mentor.get("ack")).get("held"), "the second is acknowledged before the end"
            assert await mentor.close_code(3) == 4403 and await child.close_code(3) == 4403
        for who in ("child", "academic"):
            async with tab(served, port, who, family=3) as again:
                assert await again.close_code() == 4403
        await decide(served, room, release=True)
        async with tab(served, port, "child", family=3) as still:
            assert await still.close_code() == 4403, "one of the two still waits"
        await decide(served, room, release=False)
        async with tab(served, port, "child", family=3) as child:
            await child.hello()
            await child.say("老师在吗")
            assert "s" in await child.get("ack")

    asyncio.run(story())
