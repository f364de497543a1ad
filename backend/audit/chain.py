"""Whether the log is whole: every row recomputed, compared with its neighbours, its head and what lies outside.

Whoever can write to the database can also recompute every hash after a forged row. So the head is written
to a file outside it every hour, and a chain that was forged since then no longer leads to what stands there.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from backend.audit.log import FIRST_HASH, chained_hash
from backend.audit.models import Entry, Head

COVERED = ("number", "at", "actor_id", "action", "object_type", "object_id", "facts")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head as it stood outside the database at a time."""

    at: datetime
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """number: of the entry where it shows.  what: altered, missing, unlinked, cut, added or forged."""

    number: int
    what: str


def faults(anchors: Iterable[Anchor] = ()) -> Iterator[Fault]:
    """Reads the whole log once, in order; what is written meanwhile is no fault."""
    outside = defaultdict(set)
    for number, hashed in [_head(), *((anchor.number, anchor.hash) for anchor in anchors)]:
        outside[number].add(hashed)
    last, previous = 0, FIRST_HASH
    for entry in Entry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != last + 1:
            yield Fault(last + 1, "missing")
        elif entry.previous_hash != previous:
            yield Fault(entry.number, "unlinked")
        if entry.hash != chained_hash(
            entry.previous_hash, **{name: getattr(entry, name) for name in COVERED}
        ):
            yield Fault(entry.number, "altered")
        if outside.pop(entry.number, set()) - {entry.hash}:
            yield Fault(entry.number, "forged")
        last, previous = entry.number, entry.hash
    if max(outside, default=0) > last:
        yield Fault(last + 1, "cut")
    if last > _head()[0]:  # read again: what was written meanwhile has moved it
        yield Fault(last, "added")


def _head() -> tuple[int, str]:
    head = Head.objects.filter(id=1).first()
    return (0, FIRST_HASH) if head is None else (head.number, head.hash)


def write_anchor(now: datetime) -> None:
    """Appends the head to the file outside the database; nothing when there is nothing new."""
    head = Head.objects.filter(id=1).first()
    known = list(read_anchors())
    if head is None or (known and known[-1].hash == head.hash):
        return
    path = anchor_file()
    with path.open("a") as file:
        file.write(f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {head.number} {head.hash}\n")
        file.flush()
        os.fsync(file.fileno())


def read_anchors() -> Iterator[Anchor]:
    """Raises ValueError for a line that is not one of ours: what stands outside was tampered with."""
    path = anchor_file()
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        at, number, hashed = line.split()
        yield Anchor(datetime.fromisoformat(at), int(number), hashed)


def anchor_file() -> Path:
    return Path(settings.AUDIT_HEADS_FILE)
