"""When the rooms were down: the time between the heartbeats of those who served them."""

from collections.abc import Iterable
from datetime import datetime

from chat.rules.attendance import BRIDGE, merge
from chat.rules.times import Interval


def outages(
    span: Interval, served: Iterable[Interval], *, known_since: datetime | None
) -> tuple[Interval, ...]:
    """The parts of the span in which nobody served, earliest first; gaps up to BRIDGE are none.

    served:      all of the span and a BRIDGE around it.
    known_since: the first heartbeat there ever was. Nothing is known before it, so nothing counts as down.
    """
    if known_since is None:
        return ()
    down, reached = [], max(span.start, known_since)
    for up in merge(served, BRIDGE):
        if reached < min(up.start, span.end):
            down.append(Interval(reached, min(up.start, span.end)))
        reached = max(reached, up.end)
    # The last heartbeat lies up to BRIDGE behind a process that is alive.
    if reached + BRIDGE < span.end:
        down.append(Interval(reached, span.end))
    return tuple(down)
