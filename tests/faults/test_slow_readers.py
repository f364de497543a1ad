"""Readers that don't read, lines that lead nowhere, floods: bounded, closed, and nobody else hurt."""

import asyncio
import json
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidState
from websockets.typing import Origin

from bench.go_between import GoBetween
from tests.chat.tabs import tab

OFFERED, KEPT = 64, 20  # MB
DEEP = pytest.mark.deep

FILL = """
from uuid import uuid4
from django.utils import timezone
from chat.models import Event, Room
rows = [
    Event(room_id={room}, s=s, kind="msg", sender="child", cid=uuid4(), body="长" * 2000, at=timezone.now())
    for s in range(1, {rows} + 1)
]
Event.objects.bulk_create(rows, batch_size=500)
Room.objects.filter(pk={room}).update(last_s={rows})
"""


def megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def gives_credit(ws: ClientConnection) -> None:
    """Lies: says that it has everything, as soon as it is sent."""
    while True:
        await ws.send(json.dumps({"t": "seen", "s": 2**50}))
        await asyncio.sleep(0.03)


async def asks_again(ws: ClientConnection) -> None:
    """Has itself sent the beginning over and over."""
    while True:
        await ws.send(json.dumps({"t": "hello", "epoch": "", "last": 0}))
        await asyncio.sleep(0.03)


async def wants_echoes(ws: ClientConnection) -> None:
    for number in count():
        await ws.send(json.dumps({"t": "ping", "x": f"{number}" + "x" * 16_000}))


async def pings_below(ws: ClientConnection) -> None:
    """The protocol's own pings, that the server's library answers by itself."""
    while True:
        ws.protocol.send_ping(b"x" * 125)
        for data in ws.protocol.data_to_send():
            ws.transport.write(data)
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "offer",
    [gives_credit, *(pytest.param(offer, marks=DEEP) for offer in (asks_again, wants_echoes, pings_below))],
    ids=lambda offer: offer.__name__,
)
def test_who_stops_reading_costs_little_and_is_closed(one, offer):
    family, port = one.family(), one.ports[0]
    room = one.served.facts[family]["rooms"]["academic"]
    each = 6_150  # bytes of such a row on the line
    if offer in (gives_credit, asks_again):
        one.served.run(FILL.format(room=room, rows=OFFERED * 1024 * 1024 // each))
    pid = one.served.process(port).pid

    async def story() -> None:
        async with tab(one.served, port, "child", "wellbeing", family) as neighbour:
            await neighbour.hello()
            before, most = megabytes(pid), 0.0
            async with connect(
                f"ws://127.0.0.1:{port}/ws/rooms/{room}/",
                origin=Origin(f"http://127.0.0.1:{port}"),
                additional_headers={"Cookie": one.served.facts[family]["cookies"]["academic"]},
                proxy=None,
                max_size=None,
                max_queue=1,  # and nobody takes it: the library stops reading
                ping_interval=None,
                close_timeout=0.2,
            ) as ws:
                await ws.send(json.dumps({"t": "hello", "epoch": "", "last": 0}))
                offering = asyncio.create_task(offer(ws))
                started = time.monotonic()
                while ws.transport is not None and not closed_by_them(pid, port, ws):
                    most = max(most, megabytes(pid) - before)
                    assert time.monotonic() - started < 12, "lag_s is 2"
                    await neighbour.send(t="ping", x=1)
                    await neighbour.get("pong", 1)
                    await asyncio.sleep(0.05)
                offering.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed, InvalidState, OSError):
                    await offering
                ws.transport.abort()
            assert most < KEPT, f"{most:.0f} MB kept"

    asyncio.run(story())


def closed_by_them(pid: int, port: int, ws: ClientConnection) -> bool:
    """Whether the server has no socket to this client any more; the client itself looks at nothing."""
    mine = ws.local_address[1]
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()
    end, peer = f":{port:04X}", f":{mine:04X}"
    return not any(
        local.endswith(end) and remote.endswith(peer) and state == "01"
        for _, local, remote, state, *_ in map(str.split, lines[1:])
    )


def test_a_line_that_leads_nowhere_is_lost_since_it_was_last_heard(one):
    family, port = one.family(), one.ports[0]
    between = GoBetween(port)
    room = one.served.facts[family]["rooms"]["academic"]

    async def story() -> float:
        async with tab(one.served, port, "child", family=family) as child:
            await child.hello()
            async with tab(
                one.served, between.port, "academic", family=family, origin=f"http://127.0.0.1:{port}"
            ) as mentor:
                await mentor.hello()
                await child.get("presence")
                between.mute, silent = True, time.time()
                keeping = asyncio.create_task(keep(child))
                away = await child.until(lambda frame: frame["t"] == "presence", 8)
                keeping.cancel()
                assert away["state"] == "away"
                between.cut()
        return silent

    try:
        silent = asyncio.run(story())
    finally:
        between.close()
    rows = one.served.run(
        "import json; from chat.models import Attendance\n"
        f"found = Attendance.objects.filter(room={room}, side='mentor')\n"
        "print(json.dumps([[row.why, row.until.timestamp()] for row in found]))"
    )
    assert [why for why, _ in rows] == ["lost"] and abs(rows[0][1] - silent) < 1


async def keep(each) -> None:
    while True:
        await asyncio.sleep(1)
        await each.send(t="ping")


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "ping"},
        {"t": "typing", "on": True},
        {"t": "read", "s": 1},
        {"t": "hello", "epoch": "", "last": 0},
    ],
    ids=lambda frame: frame["t"],
)
def test_a_flood_is_closed_and_the_neighbour_hears_nothing_of_it(one, frame):
    family, port = one.family(), one.ports[0]

    async def story() -> None:
        async with (
            tab(one.served, port, "child", "wellbeing", family) as neighbour,
            tab(one.served, port, "child", family=family) as flood,
        ):
            await neighbour.hello()
            await flood.hello()
            text = json.dumps(frame)

            async def pour() -> None:
                with suppress(ConnectionClosedError, ConnectionClosed, OSError):
                    while True:
                        await flood.ws.send(text)
                        await asyncio.sleep(0)  # or this process would never read

            pouring, closing = asyncio.create_task(pour()), asyncio.create_task(flood.close_code(8))
            for number in range(5):
                await neighbour.send(t="ping", x=number)
                await neighbour.get("pong", 1)
            assert await closing == 4429
            await pouring

    asyncio.run(story())


def test_who_says_hello_over_and_over_is_closed_long_before_it_is_a_flood(one):
    family, port = one.family(), one.ports[0]

    async def story() -> None:
        async with tab(one.served, port, "child", family=family) as child:
            with suppress(ConnectionClosed):
                for _ in range(40):
                    await child.send(t="hello", epoch="", last=0)
            assert await child.close_code() == 4429

    asyncio.run(story())


@pytest.mark.parametrize("size", [70_000, 4_000_000])
def test_what_is_far_too_big_is_never_gathered(one, size):
    family, port = one.family(), one.ports[0]

    async def story() -> None:
        async with tab(one.served, port, "child", family=family) as child:
            await child.hello()
            closing = asyncio.create_task(child.close_code())
            with suppress(ConnectionClosed):
                await child.ws.send(iter_of(size))
            assert await closing == 1009

    def iter_of(total: int):
        """In pieces, of which none is too big."""
        piece = "x" * 8_000
        return iter([piece] * (total // len(piece) + 1))

    asyncio.run(story())
