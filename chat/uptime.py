"""Heartbeats of serving processes: the one source of when the rooms were down."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from chat.models import Serving
from chat.rules.attendance import BRIDGE
from chat.rules.outages import outages
from chat.rules.times import Interval


def still_serving(process: UUID, now: datetime) -> None:
    """A heartbeat. After a silence, of the process or of the database, a new row begins: the gap stays."""
    going_on = Serving.objects.filter(process=process, seen_at__gte=now - BRIDGE)
    if not going_on.update(seen_at=now):
        Serving.objects.create(process=process, since=now, seen_at=now)


def outages_in(spans: Iterable[Interval]) -> dict[Interval, tuple[Interval, ...]]:
    """When nobody served the rooms, within each of these times."""
    wanted = set(spans)
    known_since = Serving.objects.aggregate(first=Min("since"))["first"]
    if known_since is None or not wanted:
        return dict.fromkeys(wanted, ())
    rows = Serving.objects.filter(
        since__lte=max(span.end for span in wanted) + BRIDGE,
        seen_at__gte=min(span.start for span in wanted) - BRIDGE,
    )
    served = [Interval(row.since, row.seen_at) for row in rows]
    return {span: outages(span, served, known_since=known_since) for span in wanted}
