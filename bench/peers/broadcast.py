"""The ceiling: `websockets` sending on what it gets, without a database, without anybody's rights."""

import asyncio
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve

rooms: dict[str, set[ServerConnection]] = defaultdict(set)


async def chat(socket: ServerConnection) -> None:
    assert socket.request is not None
    members = rooms[socket.request.path]
    members.add(socket)
    try:
        async for message in socket:
            broadcast(members, message)
    finally:
        members.discard(socket)


async def main(port: int) -> None:
    async with serve(chat, "127.0.0.1", port, compression=None, backlog=1000):
        await asyncio.Future()


asyncio.run(main(int(sys.argv[1])))
