"""Which sessions a family is told of."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce

from chat.measuring import totals_by_session
from chat.models import Event, Session
from chat.models.rooms import MSG
from chat.rules.meetings import is_told
from chat.sitting import meeting_of


def told_to_family(sessions: Iterable[Session], now: datetime) -> set[int]:
    """The keys of those; one that runs is judged as it is now. Needs the rooms of those that run."""
    rows = list(sessions)
    outside = [row for row in rows if not _of_meeting(row, now)]
    told = {row.pk for row in rows} - {row.pk for row in outside}
    if not outside:
        return told
    until = Coalesce(OuterRef("ended_at"), Value(now))
    words = Event.objects.filter(
        room=OuterRef("room"), kind=MSG, at__gte=OuterRef("opened_at"), at__lte=until
    )
    heard = Session.objects.filter(Exists(words), pk__in=[row.pk for row in outside])
    said = set(heard.values_list("pk", flat=True))
    measured = totals_by_session([row for row in outside if row.both_s is None], now)
    for row in outside:
        both = measured[row.pk].both if row.both_s is None else timedelta(seconds=row.both_s)
        if is_told(of_meeting=False, together=both, said=row.pk in said):
            told.add(row.pk)
    return told


def _of_meeting(session: Session, now: datetime) -> bool:
    """Of an ended one it is written down."""
    if session.meeting_id is not None:
        return True
    return session.ended_at is None and meeting_of(session, max(now, session.opened_at)) is not None
