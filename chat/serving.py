"""The hub's life in a serving process: it begins with the server, and ends with a goodbye.

daphne has no lifespan events; the reactor that it runs on says when it runs and when it stops.
"""

import asyncio
from typing import Any

from django.db import DatabaseError, InterfaceError

from chat import reading
from chat.garbage import spare_what_stays
from chat.hub import the_hub

PATIENCE = 2.0  # seconds


def attach() -> None:
    """Where the ASGI application is made. Nothing happens in a process in which no daphne comes to run."""
    from twisted.internet import reactor

    hooks: Any = reactor
    # One turn later: the loop does not run yet when the reactor starts.
    hooks.callWhenRunning(hooks.callLater, 0, _start)
    hooks.addSystemEventTrigger("before", "shutdown", _say_goodbye)


def _start() -> None:
    spare_what_stays()
    the_hub()


def _say_goodbye() -> Any:
    """The reactor waits for what this gives before it closes anything."""
    from twisted.internet.defer import Deferred

    return Deferred.fromFuture(asyncio.ensure_future(the_hub().say_goodbye()))


async def ready(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An ASGI application for a balancer: 200, or 503 from the moment of a stop, without the database, or as long as
    words would have to wait for what they are looked at with.
    """
    hub = the_hub()
    try:
        async with asyncio.timeout(PATIENCE):
            good = hub.warming.done() and not hub.closing and await hub.read(reading.answers)
    except (DatabaseError, InterfaceError, TimeoutError):
        good = False
    head = {"status": 200 if good else 503, "headers": [(b"content-type", b"text/plain")]}
    await send({"type": "http.response.start", **head})
    await send({"type": "http.response.body", "body": b"ready\n" if good else b"not ready\n"})
