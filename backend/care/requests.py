"""请联系我: a mentor, a parent or a carer asks to be rung, is told by when, and a coordinator says that it was done."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend import policy
from backend.accounts.access import check_may, programme_relations
from backend.audit import log as audit
from backend.care.models import CallRequest
from backend.care.models.requests import CallRequests
from backend.errors import Conflict, Invalid, NotYours
from backend.policy import Relation
from backend.rosters.access import GUARDIANS
from backend.rosters.models import Carer, Child, Guardianship, Mentor
from chat.rules.times import local_day, local_time

# How a coordinator can say that it ended.
RUNG = (CallRequest.Outcome.REACHED, CallRequest.Outcome.NOT_REACHED)
SAME_DAY_UNTIL, EVENING, NOON = 14, 20, 12


class AsksAlready(Conflict):
    """One call at a time."""

    code = "call.asked_already"


def answer_time(now: datetime) -> datetime:
    """Asked between the morning and two o'clock: the same evening by eight; else by noon of the next day."""
    today = local_day(now)
    morning, afternoon = local_time(today, 6), local_time(today, SAME_DAY_UNTIL)
    if morning <= now < afternoon:
        return local_time(today, EVENING)
    day = today if now < morning else today + timedelta(days=1)
    return local_time(day, NOON)


def what_they_are(user: Any) -> set[Relation]:
    """To the programme, of whichever child."""
    relations = programme_relations(user)
    if not user.is_authenticated or not user.is_active:
        return relations
    if Mentor.objects.filter(user=user, active=True).exists():
        relations.add(Relation.MENTOR)
    links = Guardianship.objects.filter(guardian=user, child__active=True).values_list("status", flat=True)
    relations |= {GUARDIANS[Guardianship.Status(each)] for each in links if each in GUARDIANS}
    if Carer.objects.filter(user=user, child__active=True).exists():
        relations.add(Relation.CARER)
    return relations


def check_may_ask(user: Any) -> None:
    if not policy.allows("call", "ask", what_they_are(user)):
        raise NotYours


@transaction.atomic
def ask_to_be_rung(*, actor: Any, topic: str, now: datetime | None = None) -> CallRequest:
    """Raises AsksAlready while a call of theirs is still to come."""
    check_may_ask(actor)
    now = now or timezone.now()
    if topic not in CallRequest.Topic.values:
        raise Invalid(_("Please say what it is about."))
    try:
        with transaction.atomic():
            asked = CallRequest.objects.create(
                asked_by=actor, topic=topic, asked_at=now, answer_by=answer_time(now)
            )
    except IntegrityError:
        raise AsksAlready(_("You have asked already; we will ring you.")) from None
    audit.record(actor, "call.asked", asked, topic=topic)
    return asked


@transaction.atomic
def take_back_call(*, actor: Any, now: datetime | None = None) -> None:
    """They need not be rung any more. Raises Conflict when nothing of theirs waits, rung just now perhaps."""
    check_may_ask(actor)
    asked = CallRequest.objects.waiting().filter(asked_by=actor.pk).first()
    if asked is None or not _end(asked, actor, CallRequest.Outcome.TAKEN_BACK, now):
        raise Conflict(_("You wait for no call now."))
    audit.record(actor, "call.taken_back", asked)


def _end(asked: CallRequest, actor: Any, outcome: str, now: datetime | None) -> bool:
    """False where somebody has ended it before."""
    done = {"answered_at": now or timezone.now(), "answered_by": actor, "outcome": outcome}
    return bool(CallRequest.objects.waiting().filter(pk=asked.pk).update(**done))


def check_may_answer(user: Any) -> None:
    check_may(user, "call", "answer")


@transaction.atomic
def answer_call(*, actor: Any, request_id: int, outcome: str, now: datetime | None = None) -> CallRequest:
    """A coordinator has rung. Raises Conflict when another one has said so before."""
    check_may_answer(actor)
    asked = CallRequest.objects.filter(pk=request_id).first()
    if asked is None:
        raise NotYours
    if outcome not in RUNG:
        raise Invalid(_("Please say how it ended."))
    if not _end(asked, actor, outcome, now):
        raise Conflict(_("Somebody else has rung already, or they took it back."))
    audit.record(actor, "call.answered", asked, outcome=outcome)
    asked.refresh_from_db()
    return asked


def calls_to_make(actor: Any) -> CallRequests:
    """All that wait, the most urgent first."""
    check_may(actor, "call", "list")
    return CallRequest.objects.waiting().select_related("asked_by")


def children_of_callers(actor: Any, calls: Iterable[CallRequest]) -> dict[int, list[Child]]:
    """By user: the children whose parent or carer they are, for whoever may look at children. Two queries."""
    check_may(actor, "child", "list")
    askers = [call.asked_by_id for call in calls]
    found: dict[int, list[Child]] = {}
    links = Guardianship.objects.filter(guardian__in=askers, child__active=True)
    links = links.exclude(status=Guardianship.Status.SUSPENDED).select_related("child")
    for link in links.order_by("child__name"):
        found.setdefault(link.guardian_id, []).append(link.child)
    for carer in Carer.objects.filter(user__in=askers, child__active=True).select_related("child"):
        there = found.setdefault(carer.user_id, [])
        if carer.child not in there:
            there.append(carer.child)
    return found


def last_call_of(actor: Any) -> CallRequest | None:
    """The newest of one's own."""
    return CallRequest.objects.filter(asked_by=actor.pk).order_by("-pk").first()
