"""Raising an alert, and what is done in its case.

An alert, its case, its row in the log and whom it calls are one transaction: there is none that nobody is told of.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend import policy
from backend.accounts.access import may
from backend.accounts.models import User
from backend.audit import log as audit
from backend.care import ladder
from backend.care.access import access_case
from backend.care.calling import climb
from backend.care.cases import CaseClosed, HasOwner, check_not_another_s, open_case, people_around
from backend.care.models import Alert, Case, Cases, Note
from backend.care.rota import people_on
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.access import ABSENT
from backend.rosters.models import Carer, Child, Guardianship
from chat.access import relations_to_child
from chat.models import Room
from matching.cards import mentor_relation
from matching.models import Pairing

LONGEST = 2000  # characters
A_WHILE, RINGS = timedelta(minutes=10), 3  # whoever plays with the button rings nobody oftener than so
KINDS_OF_CASES = {"help": Case.Kind.HELP, "concern": Case.Kind.CONCERN, "report": Case.Kind.ABUSE}


class NobodyNext(Conflict):
    code = "case.nobody_next"


def access_child_to_tell(actor: Any, child_id: int, action: str = "raise") -> Child:
    """A child about whom this person may say something to those on duty, or NotYours."""
    child = Child.objects.filter(pk=child_id, active=True).first()
    relations = relations_to_child(actor, child or ABSENT)
    live = Pairing.objects.live().filter(child=child or ABSENT, mentor__user=actor.pk)
    relations |= {mentor_relation(role) for role in live.values_list("role", flat=True)}
    if child is None or not policy.allows("alert", action, relations):
        raise NotYours
    return child


def child_who_asks(actor: Any) -> Child:
    """The actor, as a child who may ask for a person, or NotYours."""
    child = Child.objects.filter(user=actor.pk).first()
    return access_child_to_tell(actor, child.pk if child else 0, "ask")


@transaction.atomic
def ask_for_help(*, actor: Any, now: datetime | None = None) -> Alert:
    """By the child itself. Asked again while nobody has answered it stays one alert."""
    now = now or timezone.now()
    child = child_who_asks(actor)
    Child.objects.select_for_update().get(pk=child.pk)
    standing = Case.objects.standing().filter(child=child, kind=Case.Kind.HELP).last()
    waiting = Alert.objects.standing().filter(case=standing, exhausted_at=None).last() if standing else None
    if waiting is not None and waiting.said_a_slip():  # after all it was none
        if waiting.case.alerts.filter(raised_at__gt=now - A_WHILE).count() < RINGS:
            waiting = None  # they are called again
        else:
            waiting.raised_at = (
                now  # they were called often enough, and read on the screen that it is no slip
            )
            waiting.save(update_fields=["raised_at"])
            audit.record(actor, "alert.raised", waiting.case, alert=waiting.pk, kind="help")
    return waiting or raise_alert(actor=actor, child=child, kind="help", case=standing, now=now)


@transaction.atomic
def say_it_was_a_slip(*, actor: Any, now: datetime | None = None) -> None:
    """没事了，点错了, by the child itself. Whoever was called reads it, and nothing ends: a person looks all the same,
    for somebody else may hold the tablet by now. Where nothing stands, or it was said already, nothing happens.
    """
    child = child_who_asks(actor)
    standing = Case.objects.standing().filter(child=child, kind=Case.Kind.HELP)
    case = standing.select_for_update().last()
    alert = case and case.alerts.last()
    if case is None or alert is None or alert.said_a_slip():
        return
    Note.objects.create(case=case, kind=Note.Kind.SLIP, by=actor, at=now or timezone.now())
    audit.record(actor, "case.said_a_slip", case)


@transaction.atomic
def tell_those_on_duty(
    *, actor: Any, child_id: int, kind: str, words: str = "", named: int | None = None
) -> Alert:
    """A worry, or a report of somebody: of whom it names, and of the parents, nobody learns of it.

    kind: concern or report.  named: one of `people_to_name`.
    """
    child = access_child_to_tell(actor, child_id)
    if kind not in ("concern", "report"):
        raise Invalid(_("Please say what it is about."))
    if named is not None and not people_to_name(actor, child).filter(pk=named).exists():
        raise Invalid(_("A case names a mentor, a guardian or the carer of the child."))
    words = words.strip()[:LONGEST]
    if not words and actor.pk != child.user_id:
        raise Invalid(_("Please write what happened, in a sentence or two."))
    named = named if kind == "report" else None
    Child.objects.select_for_update().get(pk=child.pk)
    told = Case.objects.standing().filter(child=child, kind=KINDS_OF_CASES[kind], opened_by=actor)
    # Locked: whoever closes it just now has not seen this.
    standing = told.filter(named=named).select_for_update().last()
    waiting = Alert.objects.standing().filter(case=standing, kind=kind, exhausted_at=None).last()
    if standing is None or waiting is None:
        return raise_alert(actor=actor, child=child, kind=kind, words=words, named_id=named, case=standing)
    # A second click, or one more thing: whoever was called is not called for each of them.
    if words not in ("", waiting.words):
        Note.objects.create(case=standing, kind=Note.Kind.NOTE, by=actor, at=timezone.now(), body=words)
        audit.record(actor, "case.noted", standing, kind=Note.Kind.NOTE)
    return waiting


def people_to_name(actor: Any, child: Child) -> Any:
    """Whom this person can report."""
    return people_around(child.pk).exclude(pk=actor.pk)


def parts_around(child: Child) -> dict[int, str]:
    """What each of them is to the child, by user id: guardian, carer, former mentor, or the role of a mentor now."""
    parts = dict.fromkeys(Carer.objects.filter(child=child).values_list("user", flat=True), "carer")
    parts |= dict.fromkeys(
        Guardianship.objects.filter(child=child).values_list("guardian", flat=True), "guardian"
    )
    pairings = Pairing.objects.filter(child=child)
    parts |= dict.fromkeys(pairings.values_list("mentor__user", flat=True), "former")
    return parts | dict(pairings.live().values_list("mentor__user", "role"))


@transaction.atomic
def raise_alert(
    *,
    actor: Any,
    child: Child,
    kind: str,
    words: str = "",
    named_id: int | None = None,
    case: Case | None = None,
    room: Room | None = None,
    s: int | None = None,
    now: datetime | None = None,
) -> Alert:
    """For code that knows why: whether the actor may was asked there. actor: None where words were recognised.

    case: the standing one that it belongs to; else one opens.
    """
    now = now or timezone.now()
    route = ladder.ROUTES[kind]
    if case is not None:  # whoever closes it just now has not seen this
        case = Case.objects.standing().select_for_update().filter(pk=case.pk).first()
    if case is None:
        of = KINDS_OF_CASES.get(kind, Case.Kind.ABUSE if route.sealed else Case.Kind.DANGER)
        case = open_case(
            actor=actor, child_id=child.pk, kind=of, due_at=now + route.within, named_id=named_id, now=now
        )
    alert = Alert.objects.create(
        case=case, kind=kind, raised_by=actor, raised_at=now, words=words, room=room, s=s, climbs_at=now
    )
    audit.record(actor, "alert.raised", case, alert=alert.pk, kind=kind)
    climb(alert, now)
    return alert


@transaction.atomic
def take_case(*, actor: Any, case_id: int, now: datetime | None = None) -> Case:
    """我来处理: from now on the actor looks after it, and nobody else is called. HasOwner for the second of two."""
    case = _locked(actor, case_id, "take")
    if case.owner_id is not None and case.owner_id != actor.pk:
        raise HasOwner(_("%(name)s looks after it already.") % {"name": case.owner.name})
    now = now or timezone.now()
    Alert.objects.standing().filter(case=case).update(
        answered_at=now, answered_by=actor, climbs_at=None, exhausted_at=None
    )
    if case.owner_id is None:
        case.owner = actor
        case.save(update_fields=["owner"])
        Note.objects.create(case=case, kind=Note.Kind.TAKEN, by=actor, at=now)
        audit.record(actor, "case.taken", case)
    return case


@transaction.atomic
def pass_on(*, actor: Any, case_id: int, note: str) -> Case:
    """转给下一位: with a note; the next ones of the ladder are called at once. HasOwner as for closing."""
    case = _locked(actor, case_id, "pass_on")
    check_not_another_s(actor, case)
    _check_note(note)
    alert = Alert.objects.select_for_update().filter(case=case).last()
    if alert is None:
        raise NobodyNext(_("No alert belongs to this case: a lead has to look after it."))
    now = timezone.now()
    if not _on_next_rung(alert, case, actor, now):
        raise NobodyNext(_("There is nobody after you. Please telephone a lead, and keep it until then."))
    last = case.notes.last()
    if alert.answered_at is None and last and last.kind == Note.Kind.PASSED_ON and last.by_id == actor.pk:
        return case  # the same again, after a lost answer: nobody is passed over
    Note.objects.create(case=case, kind=Note.Kind.PASSED_ON, by=actor, at=now, body=note.strip())
    Case.objects.filter(pk=case.pk).update(owner=None)
    case.owner = None
    alert.answered_at = alert.answered_by = alert.exhausted_at = None
    alert.climbs_at = now
    alert.save()
    audit.record(actor, "case.passed_on", case)
    climb(alert, now)
    return case


def who_is_next(actor: Any, case_id: int) -> list[User]:
    """Whom passing it on would call now: empty where that can't be done."""
    case = access_case(actor, case_id, "pass_on")
    alert = case.alerts.last()
    return [] if alert is None or case.closed_at else _on_next_rung(alert, case, actor, timezone.now())


def _on_next_rung(alert: Alert, case: Case, actor: Any, now: datetime) -> list[User]:
    """A rung where nobody else is takes no time, as in backend.care.ladder."""
    for rung in alert.route.rungs[alert.rung + 1 :]:
        others = [user for user in people_on(rung, case, now) if user.pk != actor.pk]
        if others:
            return others
    return []


@transaction.atomic
def add_note(*, actor: Any, case_id: int, kind: str, body: str, now: datetime | None = None) -> Note:
    """kind: call or note. The log of a case is only added to."""
    case = _locked(actor, case_id, "note")
    _check_note(body)
    if kind not in (Note.Kind.CALL, Note.Kind.NOTE):
        raise Invalid(_("Please say what it is about."))
    note = Note.objects.create(case=case, kind=kind, by=actor, at=now or timezone.now(), body=body.strip())
    audit.record(actor, "case.noted", case, kind=kind)
    return note


def access_alert_to_judge(actor: Any, case_id: int, alert_id: int) -> Alert:
    """The alert of this case, for a lead, or NotYours."""
    if not may(actor, "alert", "judge"):
        raise NotYours
    alert = Alert.objects.filter(pk=alert_id, case=access_case(actor, case_id)).first()
    if alert is None:
        raise NotYours
    return alert


@transaction.atomic
def judge_alert(*, actor: Any, case_id: int, alert_id: int, verdict: str) -> Alert:
    """A reviewer's word: it counts for how well words are recognised, and nothing else."""
    alert = access_alert_to_judge(actor, case_id, alert_id)
    if verdict not in Alert.Verdict.values:
        raise Invalid(_("Please say whether it was right."))
    alert.verdict, alert.judged_by = verdict, actor
    alert.save(update_fields=["verdict", "judged_by"])
    audit.record(actor, "alert.judged", alert.case, alert=alert.pk, verdict=verdict)
    return alert


def give_back(now: datetime) -> int:
    """A duty: of cases whose owner can no longer look after them somebody else is called. Returns how many.

    The account was switched off, or another case of the child came to name them.
    """
    return sum(_give_back(pk, now) for pk in list(_without_owner().values_list("pk", flat=True)))


def _without_owner() -> Cases:
    naming = Case.objects.alive().filter(child=OuterRef("child"), named=OuterRef("owner"))
    owned = Case.objects.standing().filter(owner__isnull=False)
    return owned.filter(Q(owner__is_active=False) | Q(Exists(naming)))


@transaction.atomic
def _give_back(pk: int, now: datetime) -> bool:
    case = Case.objects.select_for_update().get(pk=pk)
    if not _without_owner().filter(pk=pk).exists():
        return False  # somebody took it meanwhile
    audit.record(None, "case.given_back", case, owner=case.owner_id)
    Case.objects.filter(pk=pk).update(owner=None)
    last = case.alerts.last()
    if last is not None:
        # Anew: whoever was called for the old one is called again.
        where = {"room": last.room, "s": last.s}
        raise_alert(actor=None, child=case.child, kind=last.kind, case=case, now=now, **where)
    return True


def _check_note(body: str) -> None:
    if not 2 <= len(body.strip()) <= LONGEST:
        raise Invalid(_("Please write what happened, in a sentence or two."))


def _locked(actor: Any, case_id: int, action: str) -> Case:
    access_case(actor, case_id, action)
    # The owner is read afterwards: joined, who had to wait would find the new number and no person.
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.closed_at is not None:
        raise CaseClosed(_("This case is closed already."))
    return case
