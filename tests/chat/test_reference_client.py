"""The reference client against a small room that loses connections and refuses."""

import asyncio
import json
import random
from typing import Any

from websockets.asyncio.server import ServerConnection

from bench.client import Faults, RoomClient
from chat.protocol import Hello, Say, Seen, parse
from tests.chat.tiny_room import TinyRoom, with_room, within


def client_of(room: TinyRoom, url: str, faults: Faults | None = None) -> RoomClient:
    return RoomClient(
        url,
        origin="http://127.0.0.1",
        cookie="session=x",
        load_page=room.page,
        faults=faults or Faults(),
        rng=random.Random(2),
        first_wait=0.01,
    )


def test_everything_said_arrives_once_and_in_order_whatever_breaks() -> None:
    room = TinyRoom(random.Random(7), trouble=0.15)
    rng = random.Random(3)
    faults = Faults(
        copies=lambda frame: rng.choice([1, 1, 1, 2, 2, 0]), cut=lambda frame: rng.random() < 0.05
    )

    async def story(url: str) -> None:
        client, other = client_of(room, url, faults), client_of(room, url)
        tasks = [asyncio.create_task(each.run()) for each in (client, other)]
        said = []
        for i in range(60):
            said.append(client.say(f"第{i}句"))
            await room.tell(room.commit("mentor", f"mentor {i}", f"回答{i}"))
            await asyncio.sleep(0.002)
        await within(30, lambda: not client.outbox)
        room.trouble = 0
        await room.tell(room.commit("mentor", "last", "再见"))
        await within(10, lambda: client.last == other.last == len(room.log))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        truth = [(row["s"], row["from"], row["cid"], row["body"]) for row in room.log]
        assert [cid for _, side, cid, _ in truth if side == "child"] == said
        for each in (client, other):
            assert [(row.s, row.side, row.cid, row.body) for row in each.rows] == truth

    with_room(room, story)
    assert room.troubles > 10


def test_after_a_restore_the_copy_goes_and_the_outbox_stays() -> None:
    room = TinyRoom(random.Random(7), trouble=0)
    room.commit("mentor", "m1", "从备份来")

    async def story(url: str) -> None:
        client = client_of(room, url)
        client.epoch, client.last = "zero", 40
        client.say("还在")
        task = asyncio.create_task(client.run())
        await within(5, lambda: not client.outbox)
        task.cancel()
        assert [row.body for row in client.rows] == ["从备份来", "还在"]
        assert client.epoch == "one"

    with_room(room, story)


def test_a_close_for_good_is_final() -> None:
    async def refuse(ws: ServerConnection) -> None:
        await ws.close(4404)

    room = TinyRoom(random.Random(7), trouble=0)
    room.serve = refuse  # type: ignore[method-assign]

    async def story(url: str) -> None:
        async with asyncio.timeout(5):
            assert await client_of(room, url).run() == 4404

    with_room(room, story)


def test_credit_is_given_while_a_long_replay_goes_on() -> None:
    room = TinyRoom(random.Random(7), trouble=0)
    for i in range(200):
        room.commit("mentor", f"m{i}", "句")
    seen: list[int] = []

    async def story(url: str) -> None:
        def copies(frame: dict[str, Any]) -> int:
            parsed = parse(json.dumps(frame))
            if isinstance(parsed, Seen):
                seen.append(parsed.s)
            return 1

        client = client_of(room, url, Faults(copies=copies))
        task = asyncio.create_task(client.run())
        await within(5, lambda: client.last == 200)
        task.cancel()

    with_room(room, story)
    assert seen[:3] == [64, 128, 192]


def test_what_was_under_way_behind_a_refused_message_is_sent_again_in_order() -> None:
    room = TinyRoom(random.Random(7), trouble=0)
    strokes = iter([True])
    room.unlucky = lambda: next(strokes, False)  # type: ignore[method-assign]

    async def story(url: str) -> None:
        client = client_of(room, url)
        said = [client.say(word) for word in ("一", "二", "三")]
        task = asyncio.create_task(client.run())
        await within(5, lambda: not client.outbox)
        task.cancel()
        assert [row["cid"] for row in room.log] == said

    with_room(room, story)


def test_an_earlier_message_that_is_refused_later_is_where_it_goes_on_from() -> None:
    """And one that another tab settled meanwhile is not waited for: the server does, until a hello."""
    hellos: list[int] = []
    said: list[str] = []

    async def serve(ws: ServerConnection) -> None:
        async def refuse(cid: str, wait: int) -> None:
            code = {"code": "busy", "detail": "x", "retry_ms": wait, "cid": cid}
            await ws.send(json.dumps({"t": "err", **code}))

        async for text in ws:
            match parse(text):
                case Hello():
                    hellos.append(len(said))
                    await room.resume(ws, Hello("", 0))
                case Say(cid, body):
                    said.append(body)
                    if said == ["一", "二"]:
                        await refuse(cid, 30)
                        await refuse(next(iter(client.outbox)), 50)
                    elif said == ["一", "二", "一", "二"]:
                        await refuse(cid, 30)
                        await asyncio.sleep(0.01)
                        client.outbox.pop(cid)  # as a tab with the same outbox does

    room = TinyRoom(random.Random(7), trouble=0)
    room.serve = serve  # type: ignore[method-assign]
    client = client_of(room, "")

    async def story(url: str) -> None:
        client.url = url
        client.say("一", "00000000-0000-4000-8000-000000000001")
        client.say("二", "00000000-0000-4000-8000-000000000002")
        task = asyncio.create_task(client.run())
        await within(5, lambda: len(hellos) == 2)
        task.cancel()

    with_room(room, story)
    assert said[:4] == ["一", "二", "一", "二"] and hellos == [0, 4]
