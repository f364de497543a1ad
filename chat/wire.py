"""The connection below a socket. daphne never says that a reader is slow; the transport it runs on does.

Who doesn't read what is sent isn't read either, so a connection keeps no more than its buffers, whatever is
offered to it.
"""

import asyncio
import functools
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from autobahn.exception import Disconnected

BUFFER = 16 * 1024  # bytes: what is read at once, and what may wait for the reader
LARGEST = 64 * 1024  # bytes of a message: more is closed with 1009 before it is gathered
PARTING = 3.0  # seconds for a farewell to be taken, before the connection is cut
FINAL_TEXT = 0x81
Take = Callable[[str | bytes], None]


def framed(body: bytes) -> bytes:
    """A text frame of it, as a server sends it (RFC 6455, 5.2).

    The server's own way is as right and costs thrice as much: on every frame it words a line for a log that
    nobody keeps.
    """
    size = len(body)
    if size < 126:
        return bytes((FINAL_TEXT, size)) + body
    if size < 65536:
        return bytes((FINAL_TEXT, 126)) + size.to_bytes(2) + body
    return bytes((FINAL_TEXT, 127)) + size.to_bytes(8) + body


class Inbox:
    """Stands where daphne has a queue for each connection: a frame is taken when it comes, and nobody waits for it.

    A task that waits for a queue costs more than all that a message does here, and keeps kilobytes.
    """

    __slots__ = ("_gone", "_take")

    def __init__(self, take: Take, gone: Callable[[], None]) -> None:
        self._take, self._gone = take, gone

    def put_nowait(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.disconnect":
            return self._gone()
        text = message.get("text")
        self._take(message["bytes"] if text is None else text)


class Wire:
    """full_since: by the monotonic clock, while more waits for the reader than may.  visit: what goes on over it.

    Under a server that isn't daphne (a test's) it is never full.
    """

    def __init__(self, send: Any) -> None:
        self._send = send
        self.full_since: float | None = None
        self.visit: asyncio.Future[None] | None = None
        self._drained: asyncio.Event | None = None  # only while it is full
        # What daphne gives out is its own method, bound to the connection: the only way to it.
        bound = send.args if isinstance(send, functools.partial) else ()
        self._protocol = protocol = bound[0] if bound else None
        self._transport = getattr(protocol, "transport", None)
        self._direct = getattr(self._transport, "writeSomeData", None)  # not over TLS
        if self._transport is not None:
            protocol.maxMessagePayloadSize = protocol.maxFramePayloadSize = LARGEST
            protocol.failByDrop = False  # with a close code
            protocol.closeHandshakeTimeout = PARTING
            self._transport.bufferSize = BUFFER
            self._transport.unregisterProducer()  # the HTTP channel's, from before the upgrade
            self._transport.registerProducer(self, True)

    def listen(self, take: Take, gone: Callable[[], None]) -> bool:
        """From now on it is read, and frames go to ``take``, with those that came before; False under another
        server.
        """
        if self._protocol is None:
            return False
        queue, inbox = self._protocol.application_queue, Inbox(take, gone)
        self._protocol.application_queue = inbox
        while not queue.empty():
            inbox.put_nowait(queue.get_nowait())
        if self.full_since is None:
            self._transport.resumeProducing()
        return True

    def ignore(self) -> None:
        """Of whoever is refused: until they have gone, the server would keep all that they say."""
        self.listen(lambda _frame: None, lambda: None)

    async def send(self, message: dict[str, Any]) -> None:
        """The server's own way; to somebody who is going already, nothing."""
        with suppress(Disconnected):
            await self._send(message)

    @property
    def is_free(self) -> bool:
        """Something can be said at once."""
        protocol = self._protocol
        return protocol is not None and self.full_since is None and protocol.state == protocol.STATE_OPEN

    def say(self, text: str) -> int:
        """Writes a text frame; the bytes of its text. Only while it is free."""
        body = text.encode()
        self.write(framed(body))
        return len(body)

    def write(self, data: bytes) -> None:
        """Frames. At once, if nothing waits: by the reactor's turn it would cost two more calls of the system."""
        transport = self._transport
        if self._direct is not None and not transport.dataBuffer and not transport._tempDataBuffer:
            done = self._direct(data)
            # Anything but a number is a lost connection, which the reactor finds out in its own way.
            if isinstance(done, int):
                data = data[done:]
        if data:
            transport.write(data)

    async def drained(self) -> None:
        if self._drained is not None:
            await self._drained.wait()

    def release(self) -> None:
        """Nobody waits any more; what is still sent is the farewell."""
        if self._drained is not None:
            self._drained.set()

    def stop_reading(self) -> None:
        if self._transport is not None:
            self._transport.pauseProducing()

    def hang_up(self) -> None:
        """After a close to somebody who isn't read any more: their answer to it isn't waited for."""
        if self._transport is not None:
            self._transport.loseWriteConnection()

    # What the transport calls (twisted.internet.interfaces.IPushProducer).

    def pauseProducing(self) -> None:
        if self.full_since is None:
            self.full_since = time.monotonic()
            self._drained = asyncio.Event()
            self.stop_reading()

    def resumeProducing(self) -> None:
        self.full_since = None
        self.release()
        self._drained = None
        if self._transport.disconnecting:
            self._transport.unregisterProducer()
        else:
            self._transport.resumeProducing()

    def stopProducing(self) -> None:
        self.release()
