"""Spans of time. Pure."""

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def gaps(covered: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    """What of the time from ``since`` to ``until`` no span covers, in order."""
    found = []
    free_from = since
    for begins, ends in sorted(covered):
        if begins >= until:
            break
        if begins > free_from:
            found.append((free_from, begins))
        free_from = max(free_from, ends)
    if free_from < until:
        found.append((free_from, until))
    return found
