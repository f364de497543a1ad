"""Passes bytes on between clients and a server, until it is told to do worse."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

COMMITTED = b"COMMIT\0"  # what PostgreSQL says at the end of a transaction


class GoBetween:
    """From an address of its own to ``target``: the path of a Unix socket, or a port of this machine.

    lose_commits:  so many answers to COMMIT never arrive; the connection is cut instead.
    mute:          nothing passes any more, either way, and nobody is told.
    """

    def __init__(self, target: Path | int, listen: Path | None = None) -> None:
        self.target, self.listen = target, listen
        self.port = 0
        self.lose_commits = self.lost = 0
        self.mute = False
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._start)

    def cut(self) -> None:
        """All connections end."""
        self._do(self._cut)

    def close(self) -> None:
        self._do(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    async def _start(self) -> None:
        if self.listen is not None:
            self._server = await asyncio.start_unix_server(self._passing, self.listen)
            self.listen.chmod(0o777)
        else:
            self._server = await asyncio.start_server(self._passing, "127.0.0.1", 0)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        await self._cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _passing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        other = None
        try:
            if isinstance(self.target, int):
                server, other = await asyncio.open_connection("127.0.0.1", self.target)
            else:
                server, other = await asyncio.open_unix_connection(self.target)
            self._open.add(other)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, other))
                both.create_task(self._pass(server, writer, answers=True))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            for each in (writer, other):
                if each is not None:
                    self._open.discard(each)
                    each.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False
    ) -> None:
        while data := await reader.read(65536):
            while self.mute:
                await asyncio.sleep(0.05)
            if answers and self.lose_commits and COMMITTED in data:
                self.lose_commits -= 1
                self.lost += 1
                break
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.transport.abort()
        raise ConnectionResetError
