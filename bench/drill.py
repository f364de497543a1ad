"""People talk in rooms while something breaks; then everything settles, and the oracle looks."""

import asyncio
import json
import random
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.client import Faults, Frame, RoomClient
from bench.oracle import Record, Said, Verdict, judge, read
from bench.words import HOLD, MASK, as_stored

if TYPE_CHECKING:
    from bench.stores import Postgres, Redis

EVERY = 0.12  # seconds between two messages of one person
LONGEST, SETTLE = 180.0, 60.0  # at most: a fault, and what comes after it
LIMITS = "messages_per_s=20,messages_burst=60"  # people of a drill talk faster than people


@dataclass(slots=True)
class Person:
    """One of the two, with any number of tabs over one outbox."""

    side: str
    tabs: list[RoomClient]
    said: Said = field(default_factory=Said)
    holds: int = 0  # what was said of it so far to be held

    @property
    def may_be_held(self) -> bool:
        """An adult's second hold would stop the room, and with it the drill."""
        return self.side == "child" or not self.holds

    def say(self, body: str) -> str:
        cid = self.tabs[0].say(body)
        for tab in self.tabs[1:]:
            tab.say(body, cid)
        self.said.words.append((cid, as_stored(body)))
        self.holds += HOLD in body
        return cid

    @property
    def settled(self) -> bool:
        return not self.tabs[0].outbox


@dataclass(slots=True)
class Pair:
    """One room with its two people."""

    room: int
    people: list[Person]
    first: dict[int, int] = field(
        default_factory=dict
    )  # of tabs that loaded anew: the first number they hold

    @property
    def tabs(self) -> list[RoomClient]:
        return [tab for person in self.people for tab in person.tabs]


class Drill:
    """house: the served site (processes, facts, environment).  ports: its processes.

    postgres, redis: what it rests on, if it rests on them.
    """

    def __init__(
        self,
        house: Any,
        ports: list[int],
        rng: random.Random,
        *,
        postgres: "Postgres | None" = None,
        redis: "Redis | None" = None,
    ) -> None:
        self.house, self.ports, self.rng, self.postgres, self.redis = house, ports, rng, postgres, redis
        self.pairs: list[Pair] = []
        self.refused: list[str] = []  # codes of the server's refusals, as they come
        self.database = str(house.data / "demo.sqlite3") if postgres is None else postgres.direct
        self._tasks: dict[int, asyncio.Task[Any]] = {}

    def seat(self, family: int, role: str = "academic", tabs: tuple[int, int] = (1, 1)) -> Pair:
        """A pair sits down: the mentor and the child, on the processes in turn."""
        facts = self.house.facts[family]
        pair = Pair(facts["rooms"][role], [])
        for side, count in zip(("mentor", "child"), tabs, strict=True):
            cookie = facts["cookies"][role if side == "mentor" else "child"]
            outbox: dict[str, str] = {}
            clients = [self.client(pair, cookie, len(pair.tabs) + i, outbox) for i in range(count)]
            pair.people.append(Person(side, clients))
        self.pairs.append(pair)
        for tab in pair.tabs:
            self.connect(tab)
        return pair

    def client(self, pair: Pair, cookie: str, number: int, outbox: dict[str, str]) -> RoomClient:
        port = self.ports[number % len(self.ports)]
        home = f"http://127.0.0.1:{port}"

        async def page() -> Frame:
            found = await asyncio.to_thread(
                _get, f"{home}/api/v1/rooms/{pair.room}/messages/?limit=50", cookie
            )
            pair.first[id(tab)] = found["results"][0]["s"] if found["results"] else found["last"] + 1
            return found

        tab = RoomClient(
            f"ws://127.0.0.1:{port}/ws/rooms/{pair.room}/",
            origin=home,
            cookie=cookie,
            load_page=page,
            faults=Faults(),
            rng=random.Random(self.rng.random()),
            first_wait=0.05,
            outbox=outbox,
            on_frame=lambda frame: self.refused.append(frame["code"]) if frame["t"] == "err" else None,
        )
        return tab

    async def until_busy(self, seconds: float) -> None:
        """So long, and until the server has said that it can't: a fault that nobody felt is none."""
        before = self.refused.count("busy")
        await asyncio.sleep(seconds)
        for _ in range(300):
            if self.refused.count("busy") > before:
                return
            await asyncio.sleep(0.1)
        raise RuntimeError("nobody felt the fault")

    def connect(self, tab: RoomClient) -> None:
        self._tasks[id(tab)] = asyncio.create_task(tab.run())

    async def disconnect(self, tab: RoomClient) -> None:
        task = self._tasks.pop(id(tab))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def away(self, tab: RoomClient) -> AsyncIterator[None]:
        await self.disconnect(tab)
        yield
        self.connect(tab)

    async def leave(self) -> None:
        for tab in [tab for pair in self.pairs for tab in pair.tabs]:
            await self.disconnect(tab)

    async def run(self, fault: Callable[["Drill"], Awaitable[None]], *, around: float = 0.8) -> Verdict:
        """Everybody talks before, during and after the fault, with words to hold and to mask in its middle."""
        talking = [asyncio.create_task(self._talk(p)) for pair in self.pairs for p in pair.people]
        try:
            await asyncio.sleep(around)
            breaking = asyncio.ensure_future(fault(self))
            for pair in self.pairs:
                for person in pair.people:
                    person.say(f"三加{MASK}四")
                    if person.may_be_held:
                        person.say(f"五减{HOLD}六")
            await asyncio.wait_for(breaking, LONGEST)
            await asyncio.sleep(around)
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
        return await self.judge()

    async def judge(self) -> Verdict:
        verdict = Verdict()
        for pair in self.pairs:
            record = await self._settled(pair, verdict)
            said = {person.side: person.said for person in pair.people}
            for person in pair.people:
                person.said.given_up = {cid for tab in person.tabs for cid in tab.refused}
            heard = [
                (f"{person.side}'s tab {number}", pair.first.get(id(tab), 1), tab.rows)
                for person in pair.people
                for number, tab in enumerate(person.tabs, 1)
            ]
            verdict.add(judge(record, said, heard))
        return verdict

    async def _settled(self, pair: Pair, verdict: Verdict) -> Record:
        """The room once nothing is under way any more, or when patience ends."""
        for _ in range(int(SETTLE / 0.1)):
            if all(person.settled for person in pair.people):
                record = await asyncio.to_thread(read, self.database, pair.room)
                if all(tab.last == record.last for tab in pair.tabs):
                    return record
            await asyncio.sleep(0.1)
        for person in pair.people:
            for tab in person.tabs:
                if tab.outbox:
                    verdict.notes.append(
                        f"{person.side} of room {pair.room} still has {len(tab.outbox)} to send"
                    )
        return await asyncio.to_thread(read, self.database, pair.room)

    async def _talk(self, person: Person) -> None:
        number = 0
        while True:
            number += 1
            extra = {0: MASK, 1: HOLD}.get(self.rng.randrange(20), "")
            if extra == HOLD and person.side == "mentor":
                extra = ""  # theirs is said while it breaks
            person.say(f"{person.side}第{number}句{extra}")
            await asyncio.sleep(EVERY * self.rng.uniform(0.5, 1.5))


def _get(url: str, cookie: str) -> Frame:
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        found: Frame = json.loads(answer.read())
        return found
