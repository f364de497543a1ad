"""One raw connection to a room, a frame at a time, and what else the tests of served rooms share."""

import asyncio
import http.client
import json
import random
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from bench.client import RoomClient
from tests.chat.served import Served


class Tab:
    """One raw connection, a frame at a time."""

    def __init__(self, ws: Any) -> None:
        self.ws = ws

    async def send(self, **frame: Any) -> None:
        await self.ws.send(json.dumps(frame))

    async def until(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 5) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while True:
                frame = json.loads(await self.ws.recv())
                if wanted(frame):
                    return frame

    async def get(self, t: str, seconds: float = 5) -> dict[str, Any]:
        return await self.until(lambda frame: frame["t"] == t, seconds)

    async def hello(self, epoch: str = "", last: int = 0) -> dict[str, Any]:
        await self.send(t="hello", epoch=epoch, last=last)
        welcome = await self.get("welcome")
        if not welcome.get("reset"):
            await self.get("ready")
        return welcome

    async def say(self, body: str, cid: str | None = None) -> str:
        cid = cid or str(uuid.uuid4())
        await self.send(t="msg", cid=cid, body=body)
        return cid

    async def close_code(self, seconds: float = 5) -> int:
        async with asyncio.timeout(seconds):
            with suppress(ConnectionClosed):
                async for _frame in self.ws:
                    pass
        return self.ws.close_code


@asynccontextmanager
async def tab(served: Served, port: int, who: str, role: str = "academic", family: int = 0, **other: Any):
    facts = served.facts[family]
    room = other.get("room", facts["rooms"][role])
    headers = {"Cookie": facts["cookies"][who] + other.get("cookies", "")} if who else {}
    async with connect(
        f"ws://127.0.0.1:{port}/ws/rooms/{room}/",
        origin=Origin(other.get("origin", f"http://127.0.0.1:{port}")),
        additional_headers=headers,
        proxy=None,
        max_size=None,
        close_timeout=0.5,  # frames that nobody reads hold up the farewell
    ) as ws:
        yield Tab(ws)


def client(served: Served, port: int, who: str, family: int = 0, role: str = "academic") -> RoomClient:
    facts = served.facts[family]

    async def no_page() -> dict[str, Any]:
        raise AssertionError("no reset was expected")

    return RoomClient(
        f"ws://127.0.0.1:{port}/ws/rooms/{facts['rooms'][role]}/",
        origin=f"http://127.0.0.1:{port}",
        cookie=facts["cookies"][who],
        load_page=no_page,
        rng=random.Random(4),
        first_wait=0.05,
    )


def rows(served: Served, room: int) -> list[list[Any]]:
    return served.run(
        "import json; from chat.models import Event\n"
        f"found = Event.objects.filter(room={room}).order_by('s').values_list('s','kind','sender','body')\n"
        "print(json.dumps([list(row) for row in found]))"
    )


async def within(seconds: float, done: Callable[[], bool]) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)


def ready(port: int) -> int:
    """The status with which a process says whether it takes people."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/ready/", headers={"Host": "10.0.0.7"})
        return line.getresponse().status
    finally:
        line.close()


def delete(served: Served, port: int, who: str, path: str, family: int) -> None:
    """As a browser does it: with the token that the session gives."""
    cookie = served.facts[family]["cookies"][who]
    home = f"http://127.0.0.1:{port}"

    def ask(method: str, where: str, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(home + where, method=method, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as answer:
            return answer.headers, answer.read()

    headers, body = ask("GET", "/api/v1/session/", {"Cookie": cookie})
    token, csrf = json.loads(body)["csrf_token"], headers["Set-Cookie"].split(";")[0]
    ask("DELETE", path, {"Cookie": f"{cookie}; {csrf}", "X-CSRFToken": token, "Origin": home})
