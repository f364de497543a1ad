"""Who was there, and how long: from one row per connection to minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chat.protocol import Side
from chat.rules.times import Interval

BRIDGE = timedelta(seconds=60)  # a shorter absence is a bad line, not an absence
STALE = timedelta(seconds=45)  # three missed heartbeats


@dataclass(frozen=True, slots=True)
class Connection:
    """One row of attendance.

    last_seen_at: advanced by a heartbeat, so it may lag behind the truth by 15 s.
    until:        None while the connection is believed to live.
    """

    row: int
    side: Side
    since: datetime
    last_seen_at: datetime
    until: datetime | None = None

    def interval(self) -> Interval:
        """What is known for sure. A live connection counts up to its last heartbeat, never up to now."""
        return Interval(self.since, self.last_seen_at if self.until is None else self.until)


def is_stale(connection: Connection, now: datetime) -> bool:
    """Still open in the table, but silent for longer than STALE: to be closed as lost at `last_seen_at`."""
    return connection.until is None and now - connection.last_seen_at > STALE


def merge(intervals: Iterable[Interval], bridge: timedelta = timedelta(0)) -> tuple[Interval, ...]:
    """The union, in order, without overlaps; gaps up to ``bridge`` are filled."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.start - merged[-1].end <= bridge:
            last = merged[-1]
            merged[-1] = Interval(last.start, max(last.end, interval.end))
        else:
            merged.append(interval)
    return tuple(merged)


def intersect(left: Sequence[Interval], right: Sequence[Interval]) -> tuple[Interval, ...]:
    """What lies in both. Each must be merged."""
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i].start, right[j].start), min(left[i].end, right[j].end)
        if start < end:
            common.append(Interval(start, end))
        if left[i].end < right[j].end:
            i += 1
        else:
            j += 1
    return tuple(common)


def length(intervals: Iterable[Interval]) -> timedelta:
    """Of merged intervals."""
    return sum((interval.length for interval in intervals), timedelta(0))


def minutes(span: timedelta) -> int:
    """Whole minutes, rounded half up, as the pages say them."""
    return int((span + timedelta(seconds=30)) // timedelta(minutes=1))


def presence(connections: Iterable[Connection], side: Side) -> tuple[Interval, ...]:
    """When this person was there, all tabs together, short gaps bridged."""
    return merge((c.interval() for c in connections if c.side is side), BRIDGE)


@dataclass(frozen=True, slots=True)
class Totals:
    mentor: timedelta
    child: timedelta
    both: timedelta


def totals(connections: Iterable[Connection], windows: Iterable[Interval]) -> Totals:
    """How long each was there, and both together, within the windows.

    A function of the rows alone: whatever is stored can be computed again and compared. Gaps are bridged
    before the windows cut, so a window's edge inside a gap makes no difference to either side of it.
    """
    rows = tuple(connections)
    frame = merge(windows)
    mentor, child = presence(rows, Side.MENTOR), presence(rows, Side.CHILD)
    return Totals(
        mentor=length(intersect(mentor, frame)),
        child=length(intersect(child, frame)),
        both=length(intersect(intersect(mentor, child), frame)),
    )
