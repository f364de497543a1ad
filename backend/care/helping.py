"""What a child who asked for a person is told about it: the truth, and nothing that is not so."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from backend.accounts.access import check_may
from backend.accounts.models import User
from backend.care import rota, waking
from backend.care.access import cases_for, close_to, in_order
from backend.care.ladder import Rung
from backend.care.models import Alert, Case, Cases, Note, Wake
from backend.rosters.models import Child
from chat.access import rooms_for
from chat.desk import is_mentor_in, wrote_since
from chat.models import Room

ON_DUTY = (Rung.COUNSELLOR, Rung.MENTOR_AND_COUNSELLOR)
# So long a child may believe that somebody comes within moments.
MOMENTS = timedelta(minutes=5)
ON_THE_WAY = timedelta(hours=24)  # so long after somebody has taken it
# So long after it was closed a child reads that it was looked after, and not that it never asked.
REMEMBERED = timedelta(hours=12)


class State(StrEnum):
    NOTHING = "nothing"  # the child has not asked
    COMING = "coming"  # somebody has said that they look after it
    CALLED = "called"  # somebody looks at the duty screen, or was woken
    LATE = "late"  # called some minutes ago, and nobody has taken it
    NOBODY = "nobody"  # nobody can be reached now
    SETTLED = "settled"  # looked after, and closed a little while ago


@dataclass(frozen=True, slots=True)
class Card:
    """who: the name of whoever comes, or looks at the screen; empty where it is not known.

    slip: the child has said that it touched Help by mistake.
    passed_on_by: the name of whoever had it and asked for the next one, while nobody has it.
    room: where whoever comes is the child's own mentor and wrote or is there: the room of the two.
    wrote: they wrote there since the child asked.
    """

    state: State
    who: str = ""
    slip: bool = False
    passed_on_by: str = ""
    room: int | None = None
    wrote: bool = False


def card_for(child: Child, now: datetime) -> Card:
    """Of the child's own asking."""
    asked = Case.objects.filter(child=child, kind=Case.Kind.HELP).select_related("owner")
    case = asked.standing().last()
    alert = case and case.alerts.last()
    if case is None or alert is None:
        return _settled(asked, now)
    card = replace(who_comes(case, alert, now), slip=alert.said_a_slip())
    if case.is_sealed:
        return replace(card, passed_on_by="")
    return _with_door(card, case, alert, now) if card.state is State.COMING else card


def _settled(asked: Cases, now: datetime) -> Card:
    """Nothing of what is sealed."""
    lately = asked.filter(closed_at__gt=now - REMEMBERED, owner__isnull=False)
    case = lately.exclude(pk__in=Case.objects.sealed()).order_by("closed_at").last()
    return Card(State.NOTHING) if case is None or case.owner is None else Card(State.SETTLED, case.owner.name)


def _with_door(card: Card, case: Case, alert: Alert, now: datetime) -> Card:
    """Who comes to a child that is theirs comes into the room that both know."""
    rooms = list(rooms_for(case.owner).filter(pairing__child=case.child_id))
    for room in rooms:
        if wrote_since(room, alert.raised_at):
            return replace(card, room=room.pk, wrote=True)
    there = next((room.pk for room in rooms if is_mentor_in(room, now)), None)
    return replace(card, room=there)


def who_comes(case: Case, alert: Alert, now: datetime) -> Card:
    """For whoever was told nothing else of the case."""
    owner = _who_looks_after(case)
    if owner is not None and alert.answered_at is not None:
        return Card(State.COMING, owner.name)
    passed = _passed_on(case)
    since = max(alert.raised_at, passed.at) if passed else alert.raised_at
    return replace(_who_is_called(alert, since, now), passed_on_by=passed.by.name if passed else "")


def _who_is_called(alert: Alert, since: datetime, now: datetime) -> Card:
    """since: when it was raised, or passed on last."""
    if alert.exhausted_at is not None:
        return Card(State.NOBODY)
    called = dict(alert.wakes.order_by("made_at").values_list("person", "made_at"))
    here = rota.there(called, now)
    if not here and not _is_woken(alert, now):
        return Card(State.NOBODY)
    # Who comes to the screen late was called just now.
    just_called = [each.name for each in here if now - called[each.pk] < MOMENTS]
    if not just_called and now - since >= MOMENTS:
        return Card(State.LATE)
    return Card(State.CALLED, just_called[0] if just_called else "")


def _passed_on(case: Case) -> Note | None:
    """Why nobody has it: somebody had, and asked for the next one."""
    hands = case.notes.filter(kind__in=[Note.Kind.TAKEN, Note.Kind.PASSED_ON]).select_related("by")
    last = hands.last()
    return last if last is not None and last.kind == Note.Kind.PASSED_ON else None


@dataclass(frozen=True, slots=True)
class Told:
    """What the child's own room says besides what was spoken.

    who:    the name of whoever has taken what was said here or the child's own asking, whichever is the newest; ""
            while nobody has, None where nobody was called for either.
    waits:  something said here that nobody has taken.
    heard:  those on duty are called for that.
    asked:  the child has asked for a person whom nobody is yet, and not said that it was a slip.
    """

    who: str | None = None
    waits: bool = False
    heard: bool = False
    asked: bool = False

    @property
    def mark(self) -> str:
        """What a page shows that was told this, in its address; "" where it need not ask again by itself."""
        return "" if self.who is None else f"{bool(self.who):d}{self.waits * 'w'}{self.asked * 'a'}"


def told_in(room: Room) -> Told:
    """Nothing of what is sealed: the tablet may be the family's, and how the child is told is for the lead. Nothing
    either of what was taken long ago, or after which they have telephoned: nobody is on the way any more.
    """
    of_room, asking = Q(room=room), Q(case__kind=Case.Kind.HELP, case__child=room.pairing.child_id)
    lately = Q(answered_at=None) | Q(answered_at__gt=timezone.now() - ON_THE_WAY)
    standing = Alert.objects.filter(of_room | asking, lately, case__in=Case.objects.standing())
    rung = Note.objects.filter(case=OuterRef("case"), kind=Note.Kind.CALL, at__gte=OuterRef("answered_at"))
    standing = standing.exclude(Exists(rung)).exclude(case__in=Case.objects.sealed())
    alerts = list(standing.select_related("case__owner"))
    if not alerts:
        return Told()
    who = _taker(alerts[-1])
    here = [alert for alert in alerts if alert.room_id == room.pk and not who and not _taker(alert)]
    asked = [alert for alert in alerts if alert.case.kind == Case.Kind.HELP][-1:]
    return Told(
        who=who,
        waits=bool(here),
        heard=any(alert.route.rungs[0] in ON_DUTY for alert in here),
        asked=any(not _taker(alert) and not alert.said_a_slip() for alert in asked),
    )


def _taker(alert: Alert) -> str:
    """The name of whoever looks after it; "" while nobody does."""
    owner = _who_looks_after(alert.case) if alert.answered_at is not None else None
    return owner.name if owner is not None else ""


def _who_looks_after(case: Case) -> User | None:
    """Its owner, while they still can: an account that was shut, or whom something of the child names since, comes to
    nobody (the duty `cases.give_back` calls somebody else).
    """
    owner = case.owner
    can = owner is not None and owner.is_active and cases_for(owner).filter(pk=case.pk).exists()
    return owner if can else None


def _is_woken(alert: Alert, now: datetime) -> bool:
    """Somebody's telephone rang, or will within a moment, and the next one's if nobody answers."""
    if alert.climbs_at is not None and alert.climbs_at < now - waking.ALIVE:
        return False  # nobody climbs: the worker stands still
    with_phone = alert.wakes.filter(person__phone__isnull=False)
    return with_phone.filter(sent_at__isnull=False).exists() or (with_phone.exists() and waking.can_wake(now))


def standing_alerts(actor: Any) -> list[Case]:
    """For a coordinator: cases with an alert that stand, as the duty screen orders them; how old, who has them.

    Without those close to the coordinator, who must not learn of them.
    """
    return list(in_order(_not_close_to(actor).select_related("owner")))


def without_anybody(actor: Any) -> int:
    """For a coordinator: how many cases stand on which nobody may work, for every lead is close to the child.

    Nor was anybody else called for them. Which they are is not said, and of one's own not that they are.
    """
    cases = _not_close_to(actor).filter(owner=None)
    for lead in rota.leads():
        cases = cases.filter(Q(child__in=close_to(lead)) | Q(named=lead))
    return sum(not rota.may_help(case, _called(case)) for case in cases)


def _called(case: Case) -> QuerySet[User]:
    return User.objects.filter(is_active=True, pk__in=Wake.objects.filter(alert__case=case).values("person"))


def _not_close_to(actor: Any) -> Cases:
    check_may(actor, "alert", "count")
    return Case.objects.standing().exclude(named=actor.pk).exclude(child__in=close_to(actor))
