"""Nobody stays who may not, also when the process stood still, and with no hints at all."""

import asyncio
import signal
import sqlite3
import time
from contextlib import suppress
from types import SimpleNamespace

from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from chat.acts import Numbered
from chat.connection import Phase, Socket
from chat.hub import Hub, View
from chat.protocol import Message, Side
from chat.wire import Wire
from tests.chat.tabs import tab


def disable(house, family: int, who: str) -> None:
    """Behind everybody's back, from outside."""
    user = house.served.facts[family]["users"][who]
    with sqlite3.connect(house.served.data / "demo.sqlite3", timeout=20, isolation_level=None) as database:
        done = database.execute("UPDATE accounts_user SET is_active = 0 WHERE id = ?", [user])
        assert done.rowcount == 1


async def heard_until_closed(mentor) -> list[tuple[float, str]]:
    """What came and when, to the close."""
    found = []
    with suppress(ConnectionClosed):
        async for text in mentor.ws:
            found.append((time.monotonic(), str(text)))
    return found


def test_who_is_disabled_hears_nothing_two_seconds_later(one):
    family, port = one.family(), one.ports[0]

    async def story() -> None:
        async with (
            tab(one.served, port, "child", family=family) as child,
            tab(one.served, port, "academic", family=family) as mentor,
        ):
            await child.hello()
            await mentor.hello()
            hearing = asyncio.create_task(heard_until_closed(mentor))
            await child.say("听得到吗")
            await child.get("ack")
            await asyncio.to_thread(disable, one, family, "academic")
            disabled = time.monotonic()
            for number in range(15):
                await child.say(f"第{number}句")
                await asyncio.sleep(0.2)
            found = await hearing
            assert mentor.ws.close_code == 4401
            last = max(at for at, text in found if '"t":"msg"' in text)
            assert "听得到吗" in found[0][1] and last - disabled < 2

    asyncio.run(story())


def test_after_standing_still_the_process_looks_before_it_delivers(one):
    family, port = one.family(), one.ports[0]

    async def story() -> None:
        async with (
            tab(one.served, port, "child", family=family) as child,
            tab(one.served, port, "academic", family=family) as mentor,
        ):
            await child.hello()
            await mentor.hello()
            hearing = asyncio.create_task(heard_until_closed(mentor))
            await asyncio.sleep(0.5)
            process = one.served.process(port)
            process.send_signal(signal.SIGSTOP)
            try:
                await asyncio.to_thread(disable, one, family, "academic")
                for number in range(5):
                    await child.say(f"悄悄话{number}")
                await asyncio.sleep(2.5)
            finally:
                process.send_signal(signal.SIGCONT)
            found = await hearing
            assert mentor.ws.close_code == 4401
            assert not [text for _, text in found if "悄悄话" in text]
            assert (await child.get("ack"))["t"] == "ack"

    asyncio.run(story())


def test_what_is_in_memory_waits_for_the_look():
    """The same without a race: after an old look even a row in memory is not sent, until somebody looked."""
    sent = []

    async def send(message):
        sent.append(message["text"])

    async def story():
        hub, view = Hub(), View(1)
        place = SimpleNamespace(room=1, side=Side.MENTOR, user=1)
        socket = Socket(hub, place, send, Wire(None))
        socket._view, socket._phase = view, Phase.LIVE
        view.sockets.add(socket)
        pump = asyncio.create_task(socket.pump())
        hub._looked -= 2.1
        view.take([Numbered(Message(1, Side.CHILD, "c", "悄悄话", timezone.now()))])
        await asyncio.sleep(0.05)
        assert sent == []
        hub._looked = time.monotonic()
        view.wake()
        await asyncio.sleep(0.05)
        assert len(sent) == 1 and "悄悄话" in sent[0]
        pump.cancel()

    asyncio.run(story())


def test_a_process_that_stood_still_blames_nobody_for_it(one):
    """Longer than a hello may take and a person be silent: 2 and 3 s here."""
    family, port = one.family(), one.ports[0]

    async def story() -> None:
        async with (
            tab(one.served, port, "child", family=family) as child,
            tab(one.served, port, "academic", family=family) as mentor,
        ):
            await child.hello()
            process = one.served.process(port)
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(4)
            process.send_signal(signal.SIGCONT)
            await mentor.hello()
            await child.send(t="ping")
            await child.get("pong")

    asyncio.run(story())


def test_with_no_hints_between_two_processes_it_crosses_within_two_seconds(two):
    """Each has a layer of its own, so nothing ever tells it of the other."""
    hints = two.served.env.pop("REDIS_URL")
    try:
        ports = [two.served.start(), two.served.start()]
    finally:
        two.served.env["REDIS_URL"] = hints
    delays = []

    async def story():
        drill, family = two.drill(ports=ports), two.family()
        pair = drill.seat(family)
        try:
            verdict = await drill.run(lambda _: asyncio.sleep(1))
            mentor, child = pair.people
            for number in range(4):
                body = f"慢慢{number}"
                started = time.monotonic()
                child.say(body)
                while body not in [row.body for row in mentor.tabs[0].rows]:
                    await asyncio.sleep(0.01)
                delays.append(time.monotonic() - started)
            return verdict
        finally:
            await drill.leave()

    try:
        verdict = asyncio.run(story())
    finally:
        for port in ports:
            two.served.kill(port)
    assert verdict.good, str(verdict)
    assert max(delays) < 2
