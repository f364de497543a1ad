"""What is said is read in the order in which it was said, on a real connection of the server's kind."""

import asyncio
import socket
from functools import partial
from types import SimpleNamespace

import pytest
from twisted.internet.tcp import Connection

from backend.errors import NotYours
from chat import endpoint
from chat.routing import nothing_here
from chat.wire import BUFFER, Wire

LENGTH = 1000  # bytes of a frame: its length takes two bytes of the four before the text


class Reactor:
    """Asks nobody: the test says when the connection may write."""

    def addWriter(self, writer):
        self.waits = True

    def removeWriter(self, writer):
        self.waits = False

    def addReader(self, reader):
        self.reads = True

    def removeReader(self, reader):
        self.reads = False


@pytest.fixture
def line():
    """A wire, its transport, and the socket of whoever reads."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    protocol = SimpleNamespace(state=3, STATE_OPEN=3, connectionLost=lambda reason: None)
    protocol.transport = transport = Connection(near, protocol, Reactor())
    transport.connected = True
    transport.startReading()
    protocol.application_queue = asyncio.Queue()
    yield Wire(partial(lambda protocol, message: None, protocol)), transport, far
    near.close()
    far.close()


def read(far: socket.socket, most: int = 1 << 20) -> bytes:
    got = b""
    while len(got) < most:
        try:
            got += far.recv(min(65536, most - len(got)))
        except BlockingIOError:
            break
    return got


def numbers(got: bytes) -> list[int]:
    assert len(got) % (4 + LENGTH) == 0, "no half frames"
    return [int(got[at + 4 : at + 12]) for at in range(0, len(got), 4 + LENGTH)]


def test_nothing_overtakes_what_waits(line):
    wire, transport, far = line
    said = 0

    def say() -> None:
        nonlocal said
        assert wire.say(f"{said:08}".ljust(LENGTH)) == LENGTH
        said += 1

    while not transport._tempDataBuffer:
        say()
    got = read(far)  # there is room again, but something waits
    assert got
    for _ in range(BUFFER // LENGTH // 2):
        assert wire.is_free
        say()
    while transport.dataBuffer or transport._tempDataBuffer:
        transport.doWrite()
        got += read(far)
    assert numbers(got) == list(range(said))


def test_where_nothing_waits_it_is_written_at_once(line):
    wire, transport, far = line
    wire.say("0" * LENGTH)
    assert numbers(read(far)) == [0]
    assert not transport._tempDataBuffer


def test_who_reads_nothing_is_said_nothing_more_until_it_is_read(line):
    wire, transport, far = line
    said = 0
    while wire.is_free:
        wire.say(f"{said:08}".ljust(LENGTH))
        said += 1
        assert said < 1000, "the kernel's buffer and ours are small"
    got = b""
    while transport.dataBuffer or transport._tempDataBuffer:
        got += read(far)
        transport.doWrite()
    assert wire.is_free
    assert numbers(got + read(far)) == list(range(said))


def knocks(wire: Wire, protocol: SimpleNamespace, door: str) -> None:
    """Somebody who goes on talking, whatever is answered."""

    async def story() -> None:
        went_by = []

        async def connects():
            return {"type": "websocket.connect"}

        async def looks(*asked):
            protocol.application_queue.put_nowait({"type": "websocket.receive", "text": "came before"})
            went_by.append(wire._transport.reactor.reads)
            raise NotYours

        async def send(message):
            went_by.append(message["type"])

        wire._send = send
        if door == "a room":
            hub, knock = SimpleNamespace(read=looks), endpoint.Knock(None, 1, wire, None)
            await endpoint._visit(hub, knock, connects, wire.send)
            assert False in went_by, "nothing is read before the door has answered"
        else:
            await nothing_here({"wire": wire}, connects, send)
        assert went_by[-1] == "websocket.close"

    asyncio.run(story())


@pytest.mark.parametrize("door", ["a room", "nothing"])
def test_of_whoever_is_refused_nothing_is_kept(line, door):
    wire, transport, _ = line
    knocks(wire, transport.protocol, door)
    queue = transport.protocol.application_queue
    for _ in range(3):
        queue.put_nowait({"type": "websocket.receive", "text": "goes on talking"})
    queue.put_nowait({"type": "websocket.disconnect", "code": 1000})
    assert not isinstance(queue, asyncio.Queue)
    assert transport.reactor.reads, "so that their going is noticed"
