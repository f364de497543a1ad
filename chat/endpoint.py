"""The door of a room: accept, find out who it is, then frames in and frames out."""

import asyncio
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from backend.errors import Refusal
from chat import reading
from chat.connection import Send, Socket
from chat.greeting import last_words
from chat.hub import Hub, the_hub
from chat.protocol import Close, dump
from chat.wire import Wire

LANGUAGE_COOKIE = "language"  # the pages keep the choice in it


async def room(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """An ASGI application for one connection; it goes on as the wire's visit."""
    hub = the_hub()
    key = scope["cookies"].get(settings.SESSION_COOKIE_NAME)
    room_id, language = scope["url_route"]["kwargs"]["room_id"], scope["cookies"].get(LANGUAGE_COOKIE)
    knock = Knock(key, room_id, scope["wire"], language)
    visit = asyncio.ensure_future(_visit(hub, knock, receive, knock.wire.send))
    hub.visits.add(visit)
    visit.add_done_callback(hub.visits.discard)
    scope["wire"].visit = visit


@dataclass(frozen=True, slots=True)
class Knock:
    """What is left of the request: kept for hours, its headers and routes would be a third of a connection."""

    session: str | None
    room: int
    wire: Wire
    language: str | None


async def _visit(hub: Hub, knock: Knock, receive: Any, send: Send) -> None:
    await receive()  # websocket.connect
    # A refusal before the accept would reach the client only as HTTP 403.
    await send({"type": "websocket.accept"})
    # Until somebody listens, the server would keep whatever anybody says.
    knock.wire.stop_reading()
    socket = await _let_in(hub, knock, send)
    if socket is None:
        return
    hub.sockets.add(socket)
    if hub.closing:
        socket.close(Close.RESTART, "restart")
    listening = None
    if not knock.wire.listen(socket.receive, socket.lose):
        listening = asyncio.create_task(_listen(socket, receive))
        listening.add_done_callback(lambda _: socket.lose())
    try:
        await socket.pump()  # until the client goes, or we have said goodbye
    finally:
        hub.sockets.discard(socket)
        socket.leave()
        if listening is not None:
            listening.cancel()


async def _let_in(hub: Hub, knock: Knock, send: Send) -> Socket | None:
    try:
        place = await hub.read(reading.place_of, knock.session, knock.room, knock.language)
    except Refusal as refusal:
        await _refuse(knock.wire, Close(refusal.kind.close), str(refusal))
        return None
    except (DatabaseError, InterfaceError):
        await _refuse(knock.wire, Close.OVERLOADED, "")
        return None
    return Socket(hub, place, send, knock.wire)


async def _listen(socket: Socket, receive: Any) -> None:
    """Under a server that is not daphne."""
    while (got := await receive())["type"] != "websocket.disconnect":
        text = got.get("text")
        socket.receive(got["bytes"] if text is None else text)


async def _refuse(wire: Wire, code: Close, detail: str) -> None:
    wire.ignore()
    last = last_words(code, detail)
    if last is not None:
        await wire.send({"type": "websocket.send", "text": dump(last)})
    await wire.send({"type": "websocket.close", "code": int(code)})
