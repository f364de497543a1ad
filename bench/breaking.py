"""What can break under a conversation. Each fault lasts as long as it is told, and leaves everything running again."""

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from bench.client import Faults, Frame, RoomClient
from bench.drill import Drill

Fault = Callable[[Drill], Awaitable[None]]


async def killed(drill: Drill, number: int = signal.SIGKILL) -> None:
    """kill -9 of one process, and its start at the same place."""
    port = drill.rng.choice(drill.ports)
    await asyncio.to_thread(drill.house.kill, port, number)
    await asyncio.to_thread(drill.house.start, port)


async def told_to_stop(drill: Drill) -> None:
    await killed(drill, signal.SIGTERM)


async def stood_still(drill: Drill, seconds: float = 20) -> None:
    """A process that is stopped, and goes on as if nothing had been."""
    process = drill.house.process(drill.rng.choice(drill.ports))
    process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        process.send_signal(signal.SIGCONT)


async def postgres_gone(drill: Drill, seconds: float = 0) -> None:
    """The database crashes, and comes back after so long."""
    assert drill.postgres is not None
    await asyncio.to_thread(drill.postgres.stop)
    try:
        await (drill.until_busy(seconds) if seconds > 10 else asyncio.sleep(seconds))
    finally:
        await asyncio.to_thread(drill.postgres.start)


async def commits_unanswered(drill: Drill, times: int = 8) -> None:
    """COMMIT is done, and nobody hears of it."""
    assert drill.postgres is not None
    between = drill.postgres.between
    between.lose_commits = times
    for _ in range(100):
        await asyncio.sleep(0.1)
        if not between.lose_commits:
            return
    between.lose_commits = 0


async def redis_gone(drill: Drill, seconds: float = 60) -> None:
    assert drill.redis is not None
    await asyncio.to_thread(drill.redis.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(drill.redis.start)


async def disk_full(drill: Drill, seconds: float = 3) -> None:
    """A SQLite file that may not grow."""
    mark = drill.house.data / "disk-full"
    mark.touch()
    # Short words find room in the last pages for a while.
    for pair in drill.pairs:
        for person in pair.people:
            for _ in range(12):
                person.say("长" * 1900)
    try:
        await drill.until_busy(seconds)
    finally:
        mark.unlink()


async def everything_twice(drill: Drill, seconds: float = 3) -> None:
    """Clients send every frame twice."""
    await _misbehave(drill, Faults(copies=lambda frame: 2), seconds)


async def lines_cut(drill: Drill, seconds: float = 3) -> None:
    """Connections break, in both directions, before and after a frame."""
    rng = drill.rng
    faults = Faults(copies=lambda frame: int(rng.random() > 0.05), cut=lambda frame: rng.random() < 0.05)
    await _misbehave(drill, faults, seconds)


async def _misbehave(drill: Drill, faults: Faults, seconds: float) -> None:
    tabs = [tab for pair in drill.pairs for tab in pair.tabs]
    for tab in tabs:
        tab.faults = faults
    await asyncio.sleep(seconds)
    for tab in tabs:
        tab.faults = Faults()


async def foreign_past(drill: Drill) -> None:
    """Clients come back with an epoch of before a restore, and with a number that the room has not reached."""
    for pair in drill.pairs:
        for tab, wrong in zip(pair.tabs, ("epoch", "last"), strict=False):
            async with drill.away(tab):
                if wrong == "epoch":
                    tab.epoch = "another"
                else:
                    tab.last += 10_000


async def cids_again(drill: Drill) -> None:
    """Somebody uses the cids of words that were said for others; it is refused."""
    for pair in drill.pairs:
        for person in pair.people:
            old = [row.cid for row in person.tabs[0].rows if row.side == person.side and row.cid]
            async with raw(person.tabs[0]) as ws:
                await _hello(ws)
                for cid in old[-3:]:
                    await ws.send(json.dumps({"t": "msg", "cid": cid, "body": "别的话"}))
                    frame = await _until(
                        ws, lambda frame, cid=cid: frame.get("cid") == cid and frame["t"] == "err"
                    )
                    if frame["code"] not in {"cid_reused", "busy", "too_fast"}:
                        raise RuntimeError(f"other words for an old cid: {frame}")


async def nobody_reads(drill: Drill, seconds: float = 3) -> None:
    """A tab that gives credit and never reads what it is sent."""
    await _bad(
        drill, seconds, lambda n: {"t": "seen", "s": 2**40} if n % 2 else {"t": "ping", "x": "x" * 15_000}
    )


async def flooded(drill: Drill, seconds: float = 3) -> None:
    """A tab that sends as much as the line takes."""
    await _bad(drill, seconds, lambda n: {"t": "ping", "x": n}, pause=0)


async def malformed(drill: Drill, seconds: float = 3) -> None:
    rng = drill.rng
    wrong: list[Any] = [{"t": "x"}, {"t": "msg", "cid": 1}, [], 7, {"t": "seen", "s": -1}, {"t": "hello"}]
    await _bad(drill, seconds, lambda n: rng.choice(wrong), pause=0.01)


async def _bad(drill: Drill, seconds: float, frame: Callable[[int], Any], pause: float = 0.02) -> None:
    """One bad tab beside each pair; it comes back whenever it is closed."""
    ends, lines = time.monotonic() + seconds, set()

    async def one(tab: RoomClient) -> None:
        while time.monotonic() < ends:
            with suppress(ConnectionClosed, OSError, InvalidHandshake, TimeoutError):
                async with raw(tab) as ws:
                    lines.add(ws)
                    await ws.send(json.dumps({"t": "hello", "epoch": "", "last": 0}))
                    for number in count():
                        if time.monotonic() > ends:
                            break
                        await ws.send(json.dumps(frame(number)))
                        await asyncio.sleep(pause)
            await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(one(drill.rng.choice(pair.tabs))) for pair in drill.pairs]
    await asyncio.sleep(seconds)
    while tasks:
        # Where nobody reads, a send waits for ever; and a cancelled one may not end at all.
        for ws in lines:
            ws.transport.abort()
        _, tasks = await asyncio.wait(tasks, timeout=0.2)


@asynccontextmanager
async def raw(tab: RoomClient, url: str = "") -> Any:
    """A connection for the person of this tab that does only what it is told; it reads when asked."""
    async with connect(
        url or tab.url,
        origin=Origin(tab.origin),
        additional_headers={"Cookie": tab.cookie},
        proxy=None,
        max_size=None,
        max_queue=2,
        close_timeout=0.2,
        ping_interval=None,
    ) as ws:
        yield ws


async def _hello(ws: ClientConnection) -> None:
    await ws.send(json.dumps({"t": "hello", "epoch": "", "last": 0}))
    # What is not confirmed is not sent on.
    while (frame := await _until(ws, lambda frame: True))["t"] != "ready":
        if "s" in frame and frame["s"] % 16 == 0:
            await ws.send(json.dumps({"t": "seen", "s": frame["s"]}))


async def _until(ws: ClientConnection, wanted: Callable[[Frame], bool], seconds: float = 20) -> Frame:
    async with asyncio.timeout(seconds):
        while True:
            frame: Frame = json.loads(await ws.recv())
            if wanted(frame):
                return frame
