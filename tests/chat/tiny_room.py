"""A small room of its own on loopback that loses connections and refuses: for clients to be tried against."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from chat.protocol import LIMITS, Hello, Say, needs_reset, parse


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


def with_room(room: TinyRoom, story: Callable[[str], Awaitable[None]], http: Any = None) -> None:
    """http: answers what is no socket, as `process_request` of websockets."""

    async def main() -> None:
        async with serve(room.serve, "127.0.0.1", 0, process_request=http) as server:
            port = server.sockets[0].getsockname()[1]
            await story(f"ws://127.0.0.1:{port}/ws/rooms/1/")

    asyncio.run(main())
