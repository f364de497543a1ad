"""The seam for rooms that are opened for a while to somebody who does not belong to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chat.models import Room


@dataclass(frozen=True, slots=True)
class Opened:
    """Only what was said from ``since`` until ``until`` may be read.

    closes_at: when that is over.  facts: go into the record of each view.
    """

    since: datetime
    until: datetime
    closes_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


Opening = Callable[[Any, Room], Opened | None]
_openings: list[Opening] = []


def open_with(opening: Opening) -> None:
    """Called from the ready() of the layer that knows why."""
    _openings.append(opening)


def opened_to(user: Any, room: Room) -> Opened | None:
    return next(filter(None, (opening(user, room) for opening in _openings)), None)
