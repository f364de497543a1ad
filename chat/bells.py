"""Hints between processes: that a room has something new, that somebody's right is gone.

The channel layer loses them as it likes; nothing depends on them but speed.
"""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from chat.acts import Performed

GROUP = "rooms"
PATIENCE = 1.0  # seconds
log = logging.getLogger(__name__)


def ring(done: Performed) -> None:
    """From ordinary code, after the commit."""
    rooms = sorted({*done.rows, *done.changed})
    if rooms:
        send({"type": "rooms.changed", "rooms": rooms})


def revoked(*, room: int | None, user: int | None) -> None:
    send({"type": "rooms.changed", "rooms": [] if room is None else [room], "user": user})


def send(hint: dict[str, Any]) -> None:
    async_to_sync(pass_on)(hint)


async def pass_on(hint: dict[str, Any]) -> None:
    """To every process, or lost: a layer that is away holds nobody up for long."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await layer.group_send(GROUP, hint)
    except Exception as error:
        log.info("a hint was lost: %s", type(error).__name__)
