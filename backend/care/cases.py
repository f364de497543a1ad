"""Opening a case, sealing and releasing it, closing it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may, may
from backend.accounts.models import User
from backend.audit import log as audit
from backend.care.access import access_case, cases_for, close_to
from backend.care.models import Alert, Case, Talk
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import Carer, Child, Guardianship
from chat.models import Event, Room, Session
from chat.models.rooms import MSG
from matching.models import Pairing

# Of what kinds a lead opens one. That a child asks to stop, or for help, only the child itself can say.
NOT_BY_HAND = (Case.Kind.STOP_ASKED, Case.Kind.HELP, Case.Kind.DANGER)
BY_HAND = [(kind, name) for kind, name in Case.Kind.choices if kind not in NOT_BY_HAND]


class CaseClosed(Conflict):
    code = "case.closed"


class HasOwner(Conflict):
    code = "case.has_owner"


class StillWaits(Conflict):
    """An alert that the one who closes may not have seen."""

    code = "case.still_waits"


class NotSealed(Conflict):
    code = "case.not_sealed"


@transaction.atomic
def open_case(
    *,
    actor: Any,
    child_id: int,
    kind: str,
    due_at: datetime | None = None,
    sealed: bool = False,
    named_id: int | None = None,
    now: datetime | None = None,
) -> Case:
    """For code that knows why there is a case: whether the actor may do what leads to it was asked there.

    actor: None for the system.  named_id: the user whom it names.  A case of abuse is sealed whatever ``sealed`` says.
    """
    now = now or timezone.now()
    sealed = sealed or kind == Case.Kind.ABUSE
    case = Case.objects.create(
        child_id=child_id,
        kind=kind,
        opened_by=actor,
        opened_at=now,
        due_at=due_at,
        named_id=named_id,
        sealed_at=now if sealed else None,
    )
    audit.record(actor, "case.opened", case, kind=case.kind, sealed=sealed)
    return case


@transaction.atomic
def open_case_by_hand(
    *, actor: Any, child_id: int, kind: str, sealed: bool = False, named: int | None = None
) -> Case:
    """By a lead.  named: the user whom it names, one of `people_around` the child."""
    check_may(actor, "case", "open")
    child = Child.objects.filter(pk=child_id).first()
    if child is None or close_to(actor).filter(pk=child_id).exists():
        raise NotYours
    if kind not in dict(BY_HAND):
        raise Invalid(_("Please say what it is about."))
    if named is not None and not people_around(child_id).filter(pk=named).exists():
        raise Invalid(_("A case names a mentor, a guardian or the carer of the child."))
    return open_case(actor=actor, child_id=child_id, kind=kind, sealed=sealed, named_id=named)


def people_around(child_id: int) -> QuerySet[User]:
    """Whom a case of the child can name: its mentors, those before them too, its guardians, its carer."""
    mentors = Pairing.objects.filter(child=child_id).values("mentor__user")
    guardians = Guardianship.objects.filter(child=child_id).values("guardian")
    carers = Carer.objects.filter(child=child_id).values("user")
    found = User.objects.filter(Q(pk__in=mentors) | Q(pk__in=guardians) | Q(pk__in=carers))
    return found.order_by("name", "pk")


@transaction.atomic
def seal_case(*, actor: Any, case_id: int) -> Case:
    """From now on nothing of it shows to a parent, what lies behind included."""
    case = _locked(actor, case_id, "seal")
    if not case.is_sealed:
        case.sealed_at, case.released_at = timezone.now(), None
        case.save(update_fields=["sealed_at", "released_at"])
        audit.record(actor, "case.sealed", case)
    return case


@transaction.atomic
def release_case(*, actor: Any, case_id: int) -> Case:
    """What belongs to it shows again where it belongs. Raises NotSealed.

    Rooms read for it go over to another case of the child that is sealed: no trace of them while one is.
    """
    case = _locked(actor, case_id, "release")
    if not case.is_sealed:
        raise NotSealed(_("This case is not sealed."))
    case.released_at = timezone.now()
    case.save(update_fields=["released_at"])
    other = sealed_case_of(case.child_id)
    if other is not None:
        case.readings.update(case=other)
    audit.record(actor, "case.released", case)
    return case


@transaction.atomic
def close_case(*, actor: Any, case_id: int, outcome: str, now: datetime | None = None) -> Case:
    """Raises CaseClosed for the second of two, HasOwner, StillWaits. What is sealed stays sealed."""
    case = _locked(actor, case_id, "close")
    if case.closed_at is not None:
        raise CaseClosed(_("This case is closed already."))
    check_not_another_s(actor, case)
    if Alert.objects.standing().filter(case=case).exists():
        raise StillWaits(
            _("Something came in that nobody has answered: please look at it, and take it over first.")
        )
    if outcome not in Case.Outcome.values:
        raise Invalid(_("Say with what outcome."))
    case.closed_at, case.outcome = now or timezone.now(), outcome
    case.save(update_fields=["closed_at", "outcome"])
    case.alerts.update(climbs_at=None)
    audit.record(actor, "case.closed", case, outcome=outcome)
    return case


def is_another_s(actor: Any, case: Case) -> bool:
    """Somebody else looks after it: who was called does not pass it on or close it then; a lead may."""
    return case.owner_id not in (None, actor.pk) and not may(actor, "case", "seal")


def check_not_another_s(actor: Any, case: Case) -> None:
    """Raises HasOwner."""
    if case.owner is not None and is_another_s(actor, case):
        raise HasOwner(_("%(name)s looks after it already.") % {"name": case.owner.name})


@transaction.atomic
def attach_talk(*, actor: Any, case_id: int, room_id: int, first: int, last: int) -> Talk:
    """What was said from number ``first`` to ``last`` belongs to the case, with every session in which nothing else is.

    Raises Invalid when there are no such numbers, or it is another child's room.
    """
    case = _locked(actor, case_id, "attach")
    room = Room.objects.filter(pk=room_id, pairing__child=case.child_id).first()
    if room is None or not 1 <= first <= last <= room.last_s:
        raise Invalid(_("There are no such messages in a room of this child."))
    talk, made = attach_words(case=case, room=room, first=first, last=last)
    if made:
        audit.record(actor, "case.talk_attached", case, room=room.pk, first=first, last=last)
    return talk


def attach_words(*, case: Case, room: Room, first: int, last: int) -> tuple[Talk, bool]:
    """The same for code that knows why, and whether they do now for the first time."""
    talk, made = Talk.objects.get_or_create(case=case, room=room, first=first, last=last)
    if made:
        talk.sessions.set(_touched_by(talk))
    return talk, made


def _touched_by(talk: Talk) -> QuerySet[Session]:
    """Sessions in which some of it was said. Whether anything else was, is asked when it matters."""
    said = Event.objects.filter(room=talk.room, kind=MSG, s__gte=talk.first, s__lte=talk.last)
    within = said.filter(at__gte=OuterRef("opened_at"), at__lte=Coalesce(OuterRef("ended_at"), F("at")))
    return Session.objects.filter(Exists(within), room=talk.room)


def sealed_case_of(child_id: int) -> Case | None:
    """While a case of the child is sealed, what is read of it is the case's: the family learns of neither.

    Who asks to read need not know that there is a case, and is not told.
    """
    return Case.objects.sealed().filter(child=child_id).order_by("-pk").first()


def sealed_talks() -> QuerySet[Talk]:
    """What chat leaves out for families, see chat.sealing."""
    return Talk.objects.filter(case__in=Case.objects.sealed())


def children_naming(user: Any) -> QuerySet[Any]:
    """Of whom a sealed case names this person."""
    return Case.objects.sealed().filter(named=user.pk).values("child")


def cases_of_look(actor: Any, child: Child) -> list[int]:
    """To which cases a look at the child belongs: those that stand or are sealed, and are this person's.

    Leads work on all of them, others on those that they opened or look after.
    """
    alive = Case.objects.alive().filter(child=child)
    theirs = Q(pk__in=cases_for(actor)) | Q(owner=actor.pk) | Q(opened_by=actor.pk)
    return list(alive.filter(theirs).order_by("pk").values_list("pk", flat=True))


def _locked(actor: Any, case_id: int, action: str) -> Case:
    access_case(actor, case_id, action)
    return Case.objects.select_for_update().get(pk=case_id)
