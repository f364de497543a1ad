"""A client that sends as much as the line takes, and comes back at once: `python -m bench.flood URL ORIGIN COOKIE`."""

import asyncio
import sys
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin


async def flood(url: str, origin: str, cookie: str) -> None:
    while True:
        with suppress(ConnectionClosed, OSError, InvalidHandshake, TimeoutError):
            async with connect(
                url,
                origin=Origin(origin),
                additional_headers={"Cookie": cookie},
                proxy=None,
                close_timeout=0.1,
                ping_interval=None,
            ) as ws:
                await ws.send('{"t":"hello","epoch":"","last":0}')
                await asyncio.gather(_pour(ws), _read(ws))


async def _pour(ws: ClientConnection) -> None:
    while True:
        await ws.send('{"t":"typing","on":true}')
        await asyncio.sleep(0)


async def _read(ws: ClientConnection) -> None:
    async for _ in ws:
        pass


if __name__ == "__main__":
    asyncio.run(flood(*sys.argv[1:4]))
