"""A WebSocket client that costs next to nothing, so that one core can load whatever serves on another."""

import asyncio
import base64
import os
from collections.abc import Callable

# A mask of zeros is a mask: what is sent needs no copying.
_NO_MASK = b"\0\0\0\0"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Line(asyncio.Protocol):
    """take: called with every text frame.  opened: the upgrade is done.  gone: the connection is lost."""

    def __init__(
        self,
        request: bytes,
        *,
        opened: Callable[[], None],
        take: Callable[[bytes], None],
        gone: Callable[[], None],
    ) -> None:
        self._request, self._opened, self._take, self._gone = request, opened, take, gone
        self._buffer = b""
        self._upgraded = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        self._gone()

    def send(self, text: bytes) -> None:
        self.transport.write(_head(_TEXT, len(text)) + text)

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        at = 0 if self._upgraded else self._upgrade(data)
        while (end := self._frame(data, at)) > at:
            at = end
        self._buffer = data[at:]

    def _upgrade(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self.transport.abort()
            return len(data)
        self._upgraded = True
        self._opened()
        return end + 4

    def _frame(self, data: bytes, at: int) -> int:
        """Takes the frame that begins at ``at``; where the next one begins, or ``at`` if it isn't all there."""
        if not self._upgraded or len(data) < at + 2:
            return at
        size, body = data[at + 1], at + 2
        if size == 126:
            size, body = int.from_bytes(data[at + 2 : at + 4]), at + 4
        elif size == 127:
            size, body = int.from_bytes(data[at + 2 : at + 10]), at + 10
        if len(data) < body or len(data) < body + size:
            return at
        kind = data[at] & 15
        if kind == _TEXT:
            self._take(data[body : body + size])
        elif kind == _PING:
            self.transport.write(_head(_PONG, size) + data[body : body + size])
        elif kind == _CLOSE:
            self.transport.close()
        return body + size


def upgrade(host: str, path: str, headers: dict[str, str]) -> bytes:
    """The request that opens a WebSocket."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _head(kind: int, size: int) -> bytes:
    if size < 126:
        return bytes((128 | kind, 128 | size)) + _NO_MASK
    if size < 65536:
        return bytes((128 | kind, 254)) + size.to_bytes(2) + _NO_MASK
    return bytes((128 | kind, 255)) + size.to_bytes(8) + _NO_MASK
