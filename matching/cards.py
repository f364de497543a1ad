"""What two who are paired may know of each other, and a child's family of its mentors."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from backend import policy
from backend.days import local_day
from backend.errors import NotYours
from backend.policy import Relation
from backend.rosters.access import ABSENT, child_relations, mentor_relations
from backend.rosters.looking import note_look
from backend.rosters.models import Child, Mentor
from matching.models import Pairing, Role


@dataclass(frozen=True, slots=True)
class MentorCard:
    """roles: towards whoever asks.  certificates, vetted: None for those who see the name only."""

    id: int
    name: str
    roles: list[str]
    certificates: list[str] | None
    vetted: bool | None


@dataclass(frozen=True, slots=True)
class ChildCard:
    """What a mentor prepares with. needs, quiet: None for those who may not know them.

    quiet: the family is to be left in peace, and whoever wants something of it asks the coordinator first.
    """

    id: int
    call_name: str
    grade: int
    subjects: list[str]
    free_slots: list[int]
    needs: str | None
    quiet: bool | None


def mentor_card(*, actor: Any, mentor_id: int, today: date) -> MentorCard:
    """For the mentor, for coordinators, and for children who have this mentor now, and their families."""
    found = Mentor.objects.filter(pk=mentor_id).first()
    mentor = found or Mentor(pk=0)  # asked about alike, whether absent or foreign
    relations = mentor_relations(actor, mentor)
    roles = [role for role in Role.values if getattr(mentor, f"is_{role}")]
    if not relations:
        pairings = _of_family(actor, mentor)
        relations = {each for pairing in pairings for each in child_relations(actor, pairing.child)}
        roles = sorted({pairing.role for pairing in pairings})
    if found is None or not policy.allows("mentor", "read_card", relations):
        raise NotYours
    if not policy.allows("mentor", "read_proofs", relations):
        return MentorCard(mentor.pk, mentor.name, roles, None, None)
    kinds = sorted(each.kind for each in mentor.certificates.all() if each.is_valid(today))
    vetted = mentor.vetted_until is not None and mentor.vetted_until >= today
    return MentorCard(mentor.pk, mentor.name, roles, kinds, vetted)


def mentors_of(*, actor: Any, child_id: int, now: datetime) -> list[tuple[Pairing, MentorCard]]:
    """The child's two mentors now, academic first, for its family and the coordinators."""
    found = Child.objects.filter(pk=child_id).first()
    child = found or ABSENT  # asked about alike, whether absent or foreign
    relations = child_relations(actor, child)
    if found is None or not policy.allows("pairing", "read", relations):
        raise NotYours
    note_look(actor=actor, child_id=child.pk, now=now)
    live = Pairing.objects.live().filter(child=child).select_related("subject").order_by("role", "pk")
    today = local_day(now)
    return [(each, mentor_card(actor=actor, mentor_id=each.mentor_id, today=today)) for each in live]


def _of_family(actor: Any, mentor: Mentor) -> list[Pairing]:
    if not actor.is_authenticated or not actor.is_active:
        return []
    theirs = (
        Q(child__user=actor)
        | Q(child__guardianships__in=actor.guardianships.exclude(status="suspended"))
        | Q(child__carer__user=actor)
    )
    live = Pairing.objects.live().filter(theirs, mentor=mentor).select_related("child")
    return list(live.distinct())


def child_card(*, actor: Any, child_id: int, now: datetime) -> ChildCard:
    """For the child's mentors, for coordinators, and for the child and its guardians."""
    found = Child.objects.filter(pk=child_id).first()
    child = found or ABSENT  # asked about alike, whether absent or foreign
    relations = child_relations(actor, child)
    if actor.is_authenticated and actor.is_active:
        live = Pairing.objects.live().filter(child=child, mentor__user=actor)
        relations |= {mentor_relation(role) for role in live.values_list("role", flat=True)}
    if found is None or not policy.allows("child", "read_card", relations):
        raise NotYours
    note_look(actor=actor, child_id=child.pk, now=now)
    return ChildCard(
        child.pk,
        child.call_name,
        child.grade,
        [wanted.subject_id for wanted in child.wanted.all()],
        [free.slot for free in child.free_slots.all()],
        child.needs if policy.allows("child", "read_needs", relations) else None,
        child.quiet_since is not None if policy.allows("child", "read_quiet", relations) else None,
    )


def mentor_relation(role: str) -> Relation:
    """What a mentor is to a child through a pairing in this role."""
    return Relation.ACADEMIC_MENTOR if role == Role.ACADEMIC else Relation.WELLBEING_MENTOR
