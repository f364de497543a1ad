"""Dated meetings made from weekly hours, some weeks ahead."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from chat.conditions import programme
from chat.models import Meeting
from chat.rules.meetings import MeetingState, occurrences
from chat.rules.times import HOUR, local_day
from matching.models import Pairing

AHEAD = timedelta(days=28)


def plan_meetings(
    pairings: Iterable[int] | None = None, *, now: datetime, since: datetime | None = None
) -> int:
    """Makes the meetings that are missing up to AHEAD; of all live pairings without ``pairings``.

    since: plan from then on, for the demonstration's past; otherwise only hours that are still to come.
    An hour that one of the two has given to a moved meeting is skipped, and one in which the mentor is ill. Returns how many it tried to make.
    """
    live = Pairing.objects.live().select_related("mentor")
    if pairings is not None:
        live = live.filter(pk__in=list(pairings))
    begin = since or now
    first, last = local_day(begin), local_day(now + AHEAD)
    days = programme(now if since is None else since)
    by_slot = {}
    made = []
    for pairing in live:
        away = pairing.mentor.away_until is not None  # of most none is: forty thousand pairs are gone through
        if pairing.slot not in by_slot:
            by_slot[pairing.slot] = occurrences(pairing.slot, first, last, days)
        made += [
            Meeting(
                pairing=pairing,
                child_id=pairing.child_id,
                mentor_id=pairing.mentor_id,
                planned_start=hour.start,
                start=hour.start,
            )
            for hour in by_slot[pairing.slot]
            if hour.start >= begin and not (away and pairing.mentor.is_away(local_day(hour.start)))
        ]
    if pairings is None:
        known = set(
            Meeting.objects.filter(planned_start__gte=begin).values_list("pairing_id", "planned_start")
        )
        made = [each for each in made if (each.pairing_id, each.planned_start) not in known]
    Meeting.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
    return len(made)


def drop_meetings(pairings: Iterable[int], *, now: datetime, moved_too: bool) -> None:
    """Hours to come that will not be: planned ones leave no trace; those that people moved are cancelled.

    With moved_too the pairing has ended: an hour that has begun goes as well, unless they met in it.
    """
    ahead = Meeting.objects.filter(pairing__in=list(pairings), start__gt=now - HOUR if moved_too else now)
    ahead = ahead.with_met().exclude(start__lte=now, met=True)
    ahead.filter(state=MeetingState.PLANNED).delete()
    if moved_too:
        ahead.filter(state=MeetingState.MOVED).update(state=MeetingState.CANCELLED, changed_at=now)


def drop_planned_outside_programme() -> None:
    """After the days of the programme changed."""
    now = timezone.now()
    days = programme(now)
    ahead = Meeting.objects.filter(state=MeetingState.PLANNED, start__gt=now)
    gone = [each.pk for each in ahead if not days.has(local_day(each.start))]
    Meeting.objects.filter(pk__in=gone).delete()
