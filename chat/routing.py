"""Where the sockets are, and who may knock: known origins, with the session's cookie."""

import asyncio
from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, OriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path

from chat.endpoint import room
from chat.hub import the_hub
from chat.protocol import Close, dump, farewell
from chat.wire import Wire


async def nothing_here(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket that is no room looks like a room of somebody else's."""
    await receive()
    await send({"type": "websocket.accept"})
    scope["wire"].ignore()
    last = farewell(Close.NOT_YOURS, "Not found.")
    assert last is not None
    await send({"type": "websocket.send", "text": dump(last)})
    await send({"type": "websocket.close", "code": int(Close.NOT_YOURS)})


_routes = URLRouter(
    [
        path("ws/rooms/<int:room_id>/", room),  # type: ignore[arg-type]
        path("<path:anything>", nothing_here),  # type: ignore[arg-type]
    ]
)
# Who it is, the endpoint asks together with everything else, in one go.
_with_cookies = CookieMiddleware(_routes)
# The exact list where there is one; on loopback any of our own names.
_of_ours = (
    OriginValidator(_with_cookies, settings.ORIGINS)
    if settings.ORIGINS
    else AllowedHostsOriginValidator(_with_cookies)
)


async def sockets(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Outermost: here what the server gave is still to be seen."""
    wire = Wire(send)
    try:
        await _of_ours({**scope, "wire": wire}, receive, send)
        if wire.visit is not None:
            # A server that stops cancels this at once; the visit itself ends with the hub's goodbye.
            await asyncio.shield(wire.visit)
    finally:
        the_hub().gone += 1
