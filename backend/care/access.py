"""The gate for cases and for rooms that are read in an emergency.

Nobody works on what concerns a child of the own family, a child whose mentor they are, or one of whom a
case names them: they are answered like a stranger, whatever else they are.
"""

from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from backend import policy
from backend.accounts.access import may, programme_relations
from backend.accounts.models import User
from backend.care.ladder import CHILD_NOW
from backend.care.models import Alert, Case, Cases, Note, Reading, Readings, Shift, Wake
from backend.errors import NotYours
from backend.policy import Relation
from backend.rosters.models import Child
from chat.access import family_of
from chat.models import Room
from matching.models import Pairing

ABSENT_CASE = Case(pk=0, child_id=0)


def access_case(actor: Any, case_id: int, action: str = "read") -> Case:
    """The case with its child, or NotYours whether it is missing or forbidden."""
    case = cases_for(actor).filter(pk=case_id).first()
    # Asked of an absent one too: it takes the same queries.
    relations = relations_to_case(actor, case or ABSENT_CASE)
    if case is None or not policy.allows("case", action, relations):
        raise NotYours
    return case


def cases_for(actor: Any) -> Cases:
    """Cases that this person may read, the newest first: a lead all, others those for which they were called,
    as long as these stand.
    """
    cases = Case.objects.select_related("child", "owner", "named").order_by("-pk")
    if not actor.is_authenticated or not actor.is_active:
        return cases.none()
    called = Q(pk__in=_called_for(actor)) & ~Q(child__in=kept_away(actor))
    if may(actor, "case", "list"):
        called |= ~Q(child__in=close_to(actor))
    return cases.filter(called).exclude(named=actor.pk)


def in_order(cases: Cases) -> Cases:
    """Those that stand with an alert: first what nobody has answered, of that a child who asks or shows danger now,
    then by when it has to be; at last the rest.

    passed_on: nobody has it, for whoever had it asked for the next one.
    """
    rows = _with_state(cases.standing()).filter(Exists(Alert.objects.filter(case=OuterRef("pk"))))
    asks = Alert.objects.standing().filter(case=OuterRef("pk"), kind__in=CHILD_NOW)
    rows = rows.annotate(asks=Exists(asks))
    return rows.order_by("-waits", "-asks", F("due_at").asc(nulls_last=True), "pk")


def open_first(cases: Cases) -> Cases:
    """Those that stand before those that are closed, each the newest first."""
    is_closed = ExpressionWrapper(Q(closed_at__isnull=False), output_field=BooleanField())
    return _with_state(cases).annotate(is_closed=is_closed).order_by("is_closed", "-pk")


def _with_state(cases: Cases) -> Cases:
    waiting = Alert.objects.standing().filter(case=OuterRef("pk"))
    hands = Note.objects.filter(case=OuterRef("pk"), kind__in=[Note.Kind.TAKEN, Note.Kind.PASSED_ON])
    last = Subquery(hands.order_by("-at", "-pk").values("kind")[:1])
    rows = cases.annotate(waits=Exists(waiting), last_hand=last)
    passed_on = ExpressionWrapper(Q(last_hand=Note.Kind.PASSED_ON), output_field=BooleanField())
    return rows.annotate(passed_on=passed_on)


def _called_for(actor: Any) -> QuerySet[Case]:
    """A child's mentor is called for it by the routes, and a counsellor for whichever child asks."""
    called = Wake.objects.filter(person=actor.pk).values("alert__case")
    return Case.objects.standing().filter(Q(pk__in=called) | Q(owner=actor.pk))


def relations_to_case(actor: Any, case: Case) -> set[Relation]:
    relations = programme_relations(actor)
    if close_to(actor).filter(pk=case.child_id).exists():
        relations.clear()
    if _called_for(actor).filter(pk=case.pk).exists():
        relations.add(Relation.DUTY_COUNSELLOR)
    return relations


def may_watch(actor: Any) -> bool:
    """The duty screen: coordinators, whoever has a shift to come, and who was called for a case that stands."""
    relations = programme_relations(actor)
    if not relations and actor.is_authenticated and actor.is_active:
        shifts = Shift.objects.filter(person=actor.pk, ends_at__gt=timezone.now())
        if shifts.exists() or _called_for(actor).exists():
            relations.add(Relation.DUTY_COUNSELLOR)
    return policy.allows("alert", "watch", relations)


def check_may_watch(actor: Any) -> None:
    if not may_watch(actor):
        raise NotYours


def kept_away(actor: Any) -> QuerySet[Child]:
    """Children for whom this person is never called: themselves, of the own family, and those of whom a case names them."""
    named = Case.objects.alive().filter(named=actor.pk)
    return Child.objects.filter(
        Q(user=actor.pk) | Q(pk__in=family_of(actor).values("pk")) | Q(pk__in=named.values("child"))
    )


def access_room_to_ask(actor: Any, room_id: int) -> Room:
    """A room for asking to read it, or NotYours."""
    room = Room.objects.with_people().filter(pk=room_id).first()
    if room is None or not may(actor, "reading", f"ask_{room.pairing.role}") or is_close(actor, room):
        raise NotYours
    return room


def is_close(actor: Any, room: Room) -> bool:
    """One of the two, or close to the child."""
    return room.side_of(actor) is not None or close_to(actor).filter(pk=room.pairing.child_id).exists()


def close_to(actor: Any) -> QuerySet[Child]:
    """Children about whom this person decides nothing: of the own family, those whose mentor they are in
    either room, and those of whom a case names them that stands or is sealed.
    """
    mentored = Pairing.objects.live().filter(mentor__user=actor.pk)
    away = kept_away(actor).values("pk")
    return Child.objects.filter(Q(pk__in=mentored.values("child")) | Q(pk__in=away))


def readings_for(actor: Any) -> Readings:
    """Those that this person asked for or may decide; a lead's are all. The newest first."""
    people = ("room__pairing__child__user", "room__pairing__mentor__user", "asked_by", "decided_by", "case")
    rows = Reading.objects.select_related(*people, "reviewed_by")
    if not may(actor, "reading", "list"):
        return rows.none()
    own = Q(asked_by=actor)
    others = (
        Q() if may(actor, "reading", "list_all") else Q(state=Reading.State.WAITING, room__in=_decides(actor))
    )
    near = (
        Q(room__pairing__child__in=close_to(actor))
        | Q(room__pairing__mentor__user=actor)
        | Q(case__named=actor.pk)
    )
    return rows.filter(own | (others & ~near))


def _decides(actor: Any) -> Any:
    roles = [role for role in ("academic", "wellbeing") if may(actor, "reading", f"decide_{role}")]
    return Room.objects.filter(pairing__role__in=roles)


def access_reading(actor: Any, reading_id: int, action: str = "list") -> Reading:
    """action: list, decide, review or attach. NotYours also for one's own where another must act."""
    reading = readings_for(actor).filter(pk=reading_id).first()
    if reading is None:
        raise NotYours
    right = f"decide_{reading.room.pairing.role}" if action == "decide" else action
    by_another = action in ("decide", "review")
    if not may(actor, "reading", right) or (by_another and reading.asked_by_id == actor.pk):
        raise NotYours
    return reading


def who_may_decide(reading: Reading) -> list[User]:
    """Everybody who could say yes to it now."""
    resource, action = "reading", f"decide_{reading.room.pairing.role}"
    staff = User.objects.filter(is_active=True, is_coordinator=True).exclude(pk=reading.asked_by_id)
    return [
        user
        for user in staff.order_by("pk")
        if policy.allows(resource, action, programme_relations(user))
        and not is_close(user, reading.room)
        and (reading.case is None or reading.case.named_id != user.pk)
    ]


def waiting_readings(actor: Any) -> Readings:
    """Those that wait for this person, the oldest first."""
    others = readings_for(actor).waiting(timezone.now()).exclude(asked_by=actor.pk)
    return others.filter(room__in=_decides(actor)).order_by("asked_at")


def own_waiting_readings(actor: Any) -> Readings:
    """Those that this person asked for and nobody has decided yet, the oldest first."""
    return readings_for(actor).waiting(timezone.now()).filter(asked_by=actor.pk).order_by("asked_at")


def readings_to_review(actor: Any) -> Readings:
    """What other leads did alone and nobody has looked at yet, the oldest first."""
    rows = readings_for(actor).to_review().exclude(asked_by=actor.pk).order_by("asked_at")
    return rows if may(actor, "reading", "review") else rows.none()
