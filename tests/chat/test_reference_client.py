"""The reference client against a small room of its own on loopback that loses connections and refuses."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.client import Faults, RoomClient
from chat.protocol import LIMITS, Hello, Say, Seen, needs_reset, parse


class TinyRoom:
    """The contract for one child, in memory. trouble: may cut a connection or hide a number from it."""

    def __init__(self, rng: random.Random, trouble: float) -> None:
        self.rng, self.trouble = rng, trouble
        self.epoch, self.log = "one", []  # type: ignore[var-annotated]
        self.by_cid: dict[str, dict[str, Any]] = {}
        self.sockets: set[ServerConnection] = set()
        self.troubles = 0

    def commit(self, side: str, cid: str, body: str) -> dict[str, Any]:
        row = {"t": "msg", "s": len(self.log) + 1, "from": side, "cid": cid, "body": body, "at": "x"}
        self.log.append(row)
        self.by_cid[cid] = row
        return row

    async def tell(self, row: dict[str, Any], but: ServerConnection | None = None) -> None:
        for ws in list(self.sockets - {but}):
            if self.unlucky():
                continue  # hidden: the next number shows the gap
            with suppress(ConnectionClosed):
                await ws.send(json.dumps(row))

    def unlucky(self) -> bool:
        struck = self.rng.random() < self.trouble
        self.troubles += struck
        return struck

    async def serve(self, ws: ServerConnection) -> None:
        blocked: str | None = None
        with suppress(ConnectionClosed):
            async for text in ws:
                match parse(text):
                    case Hello() as hello:
                        blocked = None
                        await self.resume(ws, hello)
                    case Say(cid, _) if (blocked not in (None, cid)) or self.unlucky():
                        blocked = blocked or cid
                        code = {"code": "busy", "detail": "x", "retry_ms": 1, "cid": cid}
                        await ws.send(json.dumps({"t": "err", **code}))
                    case Say(cid, body):
                        blocked = None
                        await self.said(ws, cid, body)
        self.sockets.discard(ws)

    async def resume(self, ws: ServerConnection, hello: Hello) -> None:
        self.sockets.discard(ws)
        welcome = {"t": "welcome", "epoch": self.epoch, "you": "child", "limits": LIMITS.as_json()}
        if needs_reset(hello, epoch=self.epoch, last=len(self.log)):
            await ws.send(json.dumps({**welcome, "reset": True}))
            return
        await ws.send(json.dumps(welcome))
        sent = hello.last
        while sent < len(self.log):
            sent += 1
            await ws.send(json.dumps(self.log[sent - 1]))
        self.sockets.add(ws)
        await ws.send(json.dumps({"t": "ready", "s": sent}))

    async def said(self, ws: ServerConnection, cid: str, body: str) -> None:
        known = self.by_cid.get(cid)
        row = known or self.commit("child", cid, body)
        if self.unlucky():
            ws.transport.abort()  # committed, and the ack is lost
        else:
            await ws.send(json.dumps({"t": "ack", "cid": cid, "s": row["s"], "at": "x"}))
        if known is None:
            await self.tell(row, but=ws)

    async def page(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "last": len(self.log), "results": self.log[-50:], "before": None}


async def within(seconds: float, done: Callable[[], bool]) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.005)


def with_room(room: TinyRoom, story: Callable[[str], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serve(room.serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await story(f"ws://127.0.0.1:{port}/ws/rooms/1/")

    asyncio.run(main())


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
