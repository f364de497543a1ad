"""The gate for people of the roster: what somebody is to a child or a mentor, and who may see them."""

from typing import Any

from django.db.models import Q

from backend import policy
from backend.accounts.access import check_may, programme_relations
from backend.errors import NotYours
from backend.policy import Relation
from backend.rosters.models import Child, Children, Guardianship, Mentor, Mentors, RosterUpload, SetAside

GUARDIANS = {
    Guardianship.Status.ACTIVE: Relation.GUARDIAN,
    Guardianship.Status.LIMITED: Relation.LIMITED_GUARDIAN,
}

ABSENT = Child(pk=0)  # stands in for one that is not there


def child_relations(user: Any, child: Child) -> set[Relation]:
    """What the user is to this child by the roster alone; pairings add their own further up.

    Of ABSENT it takes the same queries: the time may not tell a missing child from somebody else's.
    """
    relations = programme_relations(user)
    if not user.is_authenticated or not user.is_active:
        return relations
    if child.user_id == user.pk:
        relations.add(Relation.CHILD)
    links = {Guardianship.Status(link.status) for link in child.guardianships.filter(guardian_id=user.pk)}
    relations |= {GUARDIANS[status] for status in links & GUARDIANS.keys()}
    cares = Child.objects.filter(pk=child.pk, carer__user_id=user.pk).exists()
    # A suspended guardian sees nothing by the side of it either.
    if cares and Guardianship.Status.SUSPENDED not in links:
        relations.add(Relation.CARER)
    return relations


def consent_relations(user: Any, child: Child) -> set[Relation]:
    """As child_relations; and whoever withdrew their own consent finds the way back, and nothing else."""
    relations = child_relations(user, child)
    if not user.is_authenticated or not user.is_active:
        return relations
    if child.guardianships.filter(guardian_id=user.pk, withdrew_at__isnull=False).exists():
        relations.add(Relation.WITHDRAWN_GUARDIAN)
    return relations


def withdrawn_from(user: Any) -> Children:
    """Active children with whom this guardian shares nothing since they withdrew their own consent."""
    mine = Guardianship.objects.filter(guardian_id=user.pk, withdrew_at__isnull=False)
    return Child.objects.filter(active=True, pk__in=mine.values("child"))


def access_guardianship(actor: Any, link_id: int) -> Guardianship:
    """A guardian's link, for whoever may change it; NotYours whether it is missing or forbidden."""
    check_may(actor, "guardianship", "write")
    link = Guardianship.objects.select_related("child", "guardian").filter(pk=link_id).first()
    if link is None:
        raise NotYours
    return link


def mentor_relations(user: Any, mentor: Mentor) -> set[Relation]:
    relations = programme_relations(user)
    if user.is_authenticated and user.is_active and mentor.user_id == user.pk:
        relations.add(Relation.MENTOR)
    return relations


def access_child(actor: Any, child_id: int, action: str = "read") -> Child:
    """The child, or NotYours whether it is missing or forbidden."""
    rows = Child.objects.select_related("district", "carer__user", "previous_academic", "previous_wellbeing")
    child = rows.filter(pk=child_id).first()
    relations = child_relations(actor, child or ABSENT)
    if child is None or not policy.allows("child", action, relations):
        raise NotYours
    return child


def access_mentor(actor: Any, mentor_id: int, action: str = "read") -> Mentor:
    """The mentor, or NotYours whether they are missing or forbidden."""
    mentor = Mentor.objects.select_related("district", "user").filter(pk=mentor_id).first()
    if mentor is None or not policy.allows("mentor", action, mentor_relations(actor, mentor)):
        raise NotYours
    return mentor


def access_upload(actor: Any, upload_id: int) -> RosterUpload:
    """The upload with its report, without its bytes; NotYours whether it is missing or forbidden."""
    check_may(actor, "roster", "import")
    upload = RosterUpload.objects.defer("content").filter(pk=upload_id).first()
    if upload is None:
        raise NotYours
    return upload


def access_aside(actor: Any, aside_id: int) -> SetAside:
    """A row that was set aside, waiting or closed; NotYours whether it is missing or forbidden."""
    check_may(actor, "roster", "import")
    aside = SetAside.objects.select_related("upload", "closed_by").filter(pk=aside_id).first()
    if aside is None:
        raise NotYours
    return aside


def children_for(user: Any) -> Children:
    """Children whose row the user may read: all for those who may list them, else their own."""
    if policy.allows("child", "list", programme_relations(user)):
        return Child.objects.all()
    if not user.is_authenticated or not user.is_active:
        return Child.objects.none()
    guarded = Guardianship.objects.filter(guardian_id=user.pk, status=Guardianship.Status.ACTIVE)
    return Child.objects.filter(Q(user_id=user.pk) | Q(pk__in=guarded.values("child_id")))


def mentors_for(user: Any) -> Mentors:
    """Mentors whose row the user may read: all for those who may list them, else their own."""
    if policy.allows("mentor", "list", programme_relations(user)):
        return Mentor.objects.all()
    if not user.is_authenticated or not user.is_active:
        return Mentor.objects.none()
    return Mentor.objects.filter(user_id=user.pk)
