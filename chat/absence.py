"""A mentor is ill: what falls away is said to the families, and their children can be matched anew."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.errors import Invalid
from backend.rosters.access import access_mentor
from backend.rosters.models import Mentor
from backend.rosters.people import set_paused
from chat.access import family_of, kept_from
from chat.meetings import Against, cancel_meeting, may_change, stands_against, take_up_again
from chat.models import Meeting
from chat.models.meetings import Meetings
from chat.planning import plan_meetings
from chat.rules.times import local_time
from matching.again import match_anew
from matching.models import Pairing, Pairings, Round

FURTHEST = timedelta(days=28)  # meetings are planned no further


@dataclass(frozen=True, slots=True)
class Absence:
    """cancelled: how many meetings fall away.  round: in which their children are matched anew, if they are."""

    cancelled: int
    round: Round | None


def pairs_of(mentor: Mentor) -> Pairings:
    return mentor.pairings.live().select_related("child", "subject").order_by("slot", "pk")


def meetings_until(mentor: Mentor, until: date, now: datetime) -> Meetings:
    """Those to come up to the end of that day."""
    ahead = Meeting.objects.ahead(now).filter(
        mentor=mentor, start__lt=local_time(until, 24), pairing__ended_at=None
    )
    return ahead.with_met().select_related("pairing__child").order_by("start")


@transaction.atomic
def mentor_is_ill(
    *, actor: Any, mentor_id: int, until: date, anew: bool = False, now: datetime | None = None
) -> Absence:
    """Cancels the mentor's meetings up to the end of that day, at once, and none is moved there or taken back until
    the mentor is back. Their pairs stay as they are.

    anew: the mentor is paused besides, at once too, and a round is started over exactly their children: no pair changes
    until somebody has looked at it and published it. `mentor_is_back` takes all back but what was published.
    """
    now = now or timezone.now()
    access_mentor(actor, mentor_id, "write")
    mentor = Mentor.objects.select_for_update().get(pk=mentor_id)  # nobody moves a meeting meanwhile
    if not timezone.localdate(now) <= until <= timezone.localdate(now + FURTHEST):
        raise Invalid(_("Please name a day from today on, at most four weeks ahead."))
    gone = [meeting for meeting in meetings_until(mentor, until, now) if may_change(meeting, now)]
    for meeting in gone:
        cancel_meeting(actor=actor, meeting_id=meeting.pk, for_absence=True, now=now)
    mentor.away_until = until
    mentor.save(update_fields=["away_until", "updated_at"])
    _take_up(
        fallen_away(mentor, now).filter(start__gte=local_time(until, 24)), actor, now
    )  # said longer before
    round_ = None
    if anew:
        set_paused(actor=actor, mentor_id=mentor.pk, paused=True)
        children = list(Pairing.objects.live().filter(mentor=mentor).values_list("child", flat=True))
        if not children:
            raise Invalid(_("This mentor has no children now."))
        round_ = match_anew(actor=actor, child_ids=children)
    return Absence(len(gone), round_)


@transaction.atomic
def mentor_is_back(*, actor: Any, mentor_id: int, now: datetime | None = None) -> int:
    """Ends the pause if there is one. How many of the meetings that fell away take place after all."""
    now = now or timezone.now()
    mentor = access_mentor(actor, mentor_id, "write")
    before = fallen_away(mentor, now).count()
    set_paused(actor=actor, mentor_id=mentor.pk, paused=False)
    pause_ended(Mentor, mentor=mentor, actor=actor, now=now)  # who only had meetings cancelled was not paused
    return before - fallen_away(mentor, now).count()


def not_on_again(mentor: Mentor, now: datetime) -> list[tuple[Meeting, Against | None]]:
    """Of a mentor who is back: what fell away and stays so, each with what stands against it."""
    left = fallen_away(mentor, now).select_related("pairing__child", "pairing__mentor").order_by("start")
    return [(meeting, stands_against(meeting, now)) for meeting in left]


def fallen_away(mentor: Mentor, now: datetime) -> Meetings:
    """Meetings to come of standing pairs that were cancelled because the mentor is away."""
    return Meeting.objects.filter(mentor=mentor, for_absence=True, start__gt=now, pairing__ended_at=None)


def pause_ended(sender: Any, *, mentor: Mentor, actor: Any, now: datetime, **_facts: Any) -> None:
    Mentor.objects.filter(pk=mentor.pk).update(away_until=None)
    _take_up(fallen_away(mentor, now), actor, now)
    # What was not planned while they were away.
    plan_meetings(mentor.pairings.live().values_list("pk", flat=True), now=now)


def _take_up(meetings: Meetings, actor: Any, now: datetime) -> None:
    for meeting in meetings.select_related("pairing__child", "pairing__mentor"):
        take_up_again(actor=actor, meeting=meeting, now=now)


def next_meetings(actor: Any, mentor: Mentor, now: datetime) -> dict[int, datetime]:
    """By pairing, when the two meet next. Not of whom the actor reads no log as staff: that this hour's stands there no
    more says that it took place.
    """
    ahead = Meeting.objects.ahead(now).filter(mentor=mentor, pairing__ended_at=None)
    ahead = ahead.exclude(child__in=family_of(actor)).exclude(child__in=kept_from(actor))
    return dict(ahead.order_by("-start").values_list("pairing", "start"))
