"""Rooms on a real daphne with SQLite: the story, and what must not happen."""

import asyncio
import json
import random
import uuid
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from bench.client import RoomClient
from tests.chat.served import Served, serving

SPEECH = {"t": "msg"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("rooms"), families=6) as house:
        yield house


@pytest.fixture(scope="module")
def port(served):
    return served.start()


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
    headers = {"Cookie": facts["cookies"][who]} if who else {}
    async with connect(
        f"ws://127.0.0.1:{port}/ws/rooms/{room}/",
        origin=Origin(other.get("origin", f"http://127.0.0.1:{port}")),
        additional_headers=headers,
        proxy=None,
        max_size=None,
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


def test_what_the_child_says_the_mentor_hears_and_the_log_keeps(served, port):
    async def story() -> None:
        async with tab(served, port, "child") as child, tab(served, port, "academic") as mentor:
            assert (await child.hello())["you"] == "child"
            welcome = await mentor.hello()
            assert [member["state"] for member in welcome["members"]] == ["here", "here"]
            assert welcome["session"] is not None and welcome["readers"] == ["李老师", "沐阳"]
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
