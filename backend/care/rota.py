"""Who is on duty when, where nobody is, and who is told at each rung of the ladder."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.accounts.models import User
from backend.audit import log as audit
from backend.care.access import close_to, kept_away
from backend.care.ladder import Rung
from backend.care.models import Case, Shift, Watch
from backend.care.spans import gaps
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import Mentor
from chat.models import Meeting
from chat.rules.meetings import TO_COME
from chat.rules.times import HOUR, local_day, local_time
from matching.models import Pairing

LONGEST = timedelta(hours=12)
AHEAD = 7  # days that are looked at for gaps
DUTY_HOURS = (8, 22)  # of a day in Shanghai: "within minutes" is promised for these
THERE = timedelta(seconds=45)  # a duty screen that asked so lately is looked at
ASKED_EVERY = timedelta(seconds=15)


class ShiftClashes(Conflict):
    code = "shift.clashes"


def counsellors() -> QuerySet[User]:
    """Who can be put on duty: wellbeing mentors who take part, and coordinators."""
    certified = Mentor.objects.publishable(timezone.localdate()).filter(is_wellbeing=True)
    people = User.objects.filter(is_active=True)
    return people.filter(Q(pk__in=certified.values("user")) | Q(is_coordinator=True)).order_by("name", "pk")


def leads() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_safeguarding_lead=True).order_by("pk")


@transaction.atomic
def add_shift(*, actor: Any, person_id: int, post: str, begins_at: datetime, ends_at: datetime) -> Shift:
    """Raises ShiftClashes where it would lie over another shift or a meeting of that person."""
    check_may(actor, "shift", "write")
    able = leads() if post == Shift.Post.LEAD else counsellors()
    if post not in Shift.Post.values or not able.filter(pk=person_id).exists():
        raise Invalid(_("This person can't have this duty."))
    if not timedelta() < ends_at - begins_at <= LONGEST:
        raise Invalid(_("A shift ends after it begins, and lasts at most 12 hours."))
    # Two at once wait for each other here: no constraint of both databases knows of spans.
    person = User.objects.select_for_update().get(pk=person_id)
    if Shift.objects.within(begins_at, ends_at).filter(person=person).exists():
        raise ShiftClashes(_("This person is on duty then already."))
    if meetings_within(begins_at, ends_at).filter(mentor__user=person).exists():
        raise ShiftClashes(_("This person meets a child then."))
    shift = Shift.objects.create(person=person, post=post, begins_at=begins_at, ends_at=ends_at)
    audit.record(actor, "shift.added", shift, person=person.pk, post=post, begins_at=begins_at.isoformat())
    return shift


@transaction.atomic
def remove_shift(*, actor: Any, shift_id: int) -> None:
    check_may(actor, "shift", "write")
    shift = Shift.objects.select_for_update().filter(pk=shift_id).first()
    if shift is None:
        raise NotYours
    audit.record(actor, "shift.removed", shift, person=shift.person_id, post=shift.post)
    shift.delete()


def meetings_within(since: datetime, until: datetime) -> QuerySet[Meeting]:
    """That are to come or going on, and of which any part lies between."""
    to_come = Meeting.objects.filter(state__in=list(TO_COME), pairing__ended_at=None)
    return to_come.filter(start__lt=until, start__gt=since - HOUR)


def clashing(shift: Shift) -> list[Meeting]:
    """Meetings that came to lie over a shift afterwards: it does not count for that hour."""
    own = meetings_within(shift.begins_at, shift.ends_at).filter(mentor__user=shift.person_id)
    return list(own.order_by("start"))


def gaps_ahead(now: datetime) -> list[tuple[datetime, datetime]]:
    """Parts of the duty hours of the coming days in which no counsellor is free."""
    until = local_time(local_day(now) + timedelta(days=AHEAD), DUTY_HOURS[1])
    shifts = Shift.objects.within(now, until).filter(post=Shift.Post.COUNSELLOR, person__is_active=True)
    covered: list[tuple[datetime, datetime]] = []
    for shift in shifts:
        hours = [(each.start, each.start + HOUR) for each in clashing(shift)]
        covered += gaps(hours, shift.begins_at, shift.ends_at)
    days = [local_day(now) + timedelta(days=ahead) for ahead in range(AHEAD + 1)]
    opens, closes = DUTY_HOURS
    return [
        gap
        for day in days
        for gap in gaps(covered, max(now, local_time(day, opens)), local_time(day, closes))
    ]


def on_duty(now: datetime) -> QuerySet[User]:
    """Counsellors whose shift it is, and who are not with a child of their own just now."""
    shifts = Shift.objects.at(now).filter(post=Shift.Post.COUNSELLOR)
    busy = meetings_within(now, now + timedelta(microseconds=1)).values("mentor__user")
    return User.objects.filter(is_active=True, pk__in=shifts.values("person")).exclude(pk__in=busy)


def leads_in_order(now: datetime) -> list[User]:
    """The one on call first, then by age of their account."""
    on_call = set(Shift.objects.at(now).filter(post=Shift.Post.LEAD).values_list("person", flat=True))
    return sorted(leads(), key=lambda lead: (lead.pk not in on_call, lead.pk))


def people_on(rung: Rung, case: Case, now: datetime) -> list[User]:
    """Whom to call. Never the child's family, nor whom this or another case of the child names."""
    everybody = User.objects.filter(is_active=True, is_coordinator=True).order_by("pk")
    if rung is Rung.MENTOR:
        return may_help(case, wellbeing_mentor(case))
    if rung is Rung.COUNSELLOR:
        return may_help(case, on_duty(now))
    if rung is Rung.MENTOR_AND_COUNSELLOR:
        return may_help(case, on_duty(now) | wellbeing_mentor(case))
    if rung is Rung.EVERYBODY:
        return may_help(case, everybody)
    in_order = may_help(case, leads_in_order(now))
    # Whose pupil the child is, is called only where there is no other: a report may be about them, unnamed.
    others = [lead for lead in in_order if not close_to(lead).filter(pk=case.child_id).exists()]
    in_order = others or in_order
    return {Rung.LEAD: in_order[:1], Rung.SECOND_LEAD: in_order[1:2], Rung.LEADS: in_order}[rung]


def wellbeing_mentor(case: Case) -> QuerySet[User]:
    mentors = Pairing.objects.live().filter(child=case.child_id, role="wellbeing").values("mentor__user")
    return User.objects.filter(is_active=True, pk__in=mentors)


def may_help(case: Case, people: Iterable[User]) -> list[User]:
    """Without the child's family, and whom this or another case of the child names."""
    return [
        user
        for user in people
        if user.pk != case.named_id and not kept_away(user).filter(pk=case.child_id).exists()
    ]


def keep_watch(*, actor: Any, now: datetime) -> None:
    """The actor's duty screen asks. Written only every few seconds."""
    old = Watch.objects.filter(person=actor)
    if not old.filter(seen_at__gt=now - ASKED_EVERY).exists():
        Watch.objects.update_or_create(person=actor, defaults={"seen_at": now})


def there(people: Iterable[int], now: datetime) -> list[User]:
    """Of these, who looks at the duty screen."""
    watches = Watch.objects.filter(person__in=list(people), seen_at__gt=now - THERE)
    return [watch.person for watch in watches.select_related("person").order_by("-seen_at")]
