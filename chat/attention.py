"""Pairs that need a person today, for coordinators: told from times and states, never from words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from backend.accounts.access import check_may
from backend.accounts.models import User
from backend.rosters.models import Child, Guardianship
from backend.rosters.ways_in import have_come
from chat.access import family_of, kept_from
from chat.models import Elsewhere, Event, Meeting, Session
from chat.models.rooms import MSG
from chat.reminders import without_summary
from chat.rules.meetings import TOGETHER, MeetingState
from chat.rules.summaries import DUE, FORGOTTEN
from matching.answers import hours_in_doubt
from matching.models import Pairing, Pairings

FIRST_WITHIN = timedelta(days=7)
SILENT_AFTER = timedelta(days=14)
MISSED_WITHIN = timedelta(days=7)


class Need(StrEnum):
    HOURS = "hours"  # an hour does not suit the mentor, or they have not said in time
    FIRST = "first"  # paired for a week, and not met
    SILENT = "silent"  # met once, and for two weeks neither met nor wrote
    MISSED = "missed"  # the last meeting was missed, and they have not met since
    SUMMARIES = "summaries"  # met, and a day later there is no summary


def pairs_in_need(*, actor: Any, need: Need, now: datetime) -> Pairings:
    """Live pairs, the longest in need first, each with ``since`` when. One query, however many.

    Without children whose log the asker may not read as staff: of their own family, or of whom something sealed
    names them.
    """
    check_may(actor, "meeting", "list")
    found = {
        Need.HOURS: _hours,
        Need.FIRST: _not_met,
        Need.SILENT: _silent,
        Need.MISSED: _missed,
        Need.SUMMARIES: _without_summary,
    }[need](now)
    shown = found.exclude(child__in=family_of(actor)).exclude(child__in=kept_from(actor))
    return shown.select_related("child", "mentor__user", "subject").order_by("since", "pk")


def counts_of_need(*, actor: Any, now: datetime) -> dict[str, int]:
    return {need.value: pairs_in_need(actor=actor, need=need, now=now).count() for need in Need}


def _hours(now: datetime) -> Pairings:
    return hours_in_doubt(now).annotate(since=Coalesce("answered_at", "asked_at"))


def _together() -> QuerySet[Session]:
    """Sessions of the pairing outside in which the two met."""
    return Session.objects.filter(room__pairing=OuterRef("pk"), both_s__gte=TOGETHER.total_seconds())


def _told() -> QuerySet[Elsewhere]:
    return Elsewhere.objects.filter(room__pairing=OuterRef("pk"), disputed_at=None)


def _not_met(now: datetime) -> Pairings:
    early = Pairing.objects.live().filter(started_at__lte=now - FIRST_WITHIN)
    return early.exclude(Exists(_together()) | Exists(_told())).annotate(since=F("started_at"))


def _silent(now: datetime) -> Pairings:
    since = now - SILENT_AFTER
    words = Event.objects.filter(room__pairing=OuterRef("pk"), kind=MSG, at__gt=since)
    early = Pairing.objects.live().filter(started_at__lte=since)
    met = early.filter(Exists(_together()) | Exists(_told()))
    late = Exists(_together().filter(opened_at__gt=since)) | Exists(_told().filter(began_at__gt=since))
    return met.exclude(late | Exists(words)).annotate(since=_last_met())


def _last_met() -> Any:
    sessions = _latest(_together(), "opened_at")
    calls = _latest(_told(), "began_at")
    return Greatest(Coalesce(sessions, calls), Coalesce(calls, sessions))


def _latest(rows: QuerySet[Any], column: str) -> Subquery:
    grouped = rows.order_by().values("room__pairing")
    return Subquery(grouped.annotate(latest=Max(column)).values("latest"))


def _missed(now: datetime) -> Pairings:
    missed = Meeting.objects.filter(pairing=OuterRef("pk"), state=MeetingState.MISSED)
    # Whose meetings it may be is found first, from the few of these days: a city asks this on every first page.
    lately = Meeting.objects.filter(state=MeetingState.MISSED, start__gt=now - MISSED_WITHIN)
    found = Pairing.objects.live().filter(pk__in=lately.values("pairing"))
    found = found.annotate(
        since=Subquery(missed.order_by("-start").values("start")[:1]),
        missed_by=Subquery(missed.order_by("-start").values("missed_by")[:1]),
    )
    after = Exists(_together().filter(opened_at__gte=OuterRef("since"))) | Exists(
        _told().filter(began_at__gte=OuterRef("since"))
    )
    return found.exclude(after)


def _without_summary(now: datetime) -> Pairings:
    due = without_summary(now - FORGOTTEN, now - DUE)
    first = due.filter(pairing=OuterRef("pk")).order_by("start").values("start")[:1]
    return Pairing.objects.live().filter(pk__in=due.values("pairing")).annotate(since=Subquery(first))


def not_come_of_pairs() -> QuerySet[User]:
    """Mentors, children and active guardians of live pairs who never came."""
    live = Pairing.objects.live()
    guardians = Guardianship.objects.filter(child__in=live.values("child"), status=Guardianship.Status.ACTIVE)
    of_pairs = (
        Q(pk__in=live.values("mentor__user"))
        | Q(pk__in=live.values("child__user"))
        | Q(pk__in=guardians.values("guardian"))
    )
    return have_come(User.objects.filter(of_pairs, is_active=True), come=False)


def families_not_come(children: Iterable[int]) -> QuerySet[Child]:
    """Of these children: at whose home no grown-up who may be told of everything ever came, so that what the site says
    reaches nobody. Without families that are left in peace.
    """
    active = Q(guardianships__status=Guardianship.Status.ACTIVE, guardianships__child=OuterRef("pk"))
    grown_ups = User.objects.filter(active | Q(caring_for__child=OuterRef("pk")), is_active=True)
    rows = Child.objects.filter(pk__in=children, quiet_since=None)
    return rows.filter(~Exists(have_come(grown_ups, come=True))).order_by("name", "pk")
