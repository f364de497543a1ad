"""The adult who is with the child at home, whom a parent lets in: a grandmother, often."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backend import policy
from backend.accounts.invitations import WayIn, end_unused, invite_newcomer
from backend.accounts.models import User
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.access import ABSENT, check_may, child_relations
from backend.rosters.models import Carer, Child


class CarerHasCome(Conflict):
    """Whoever holds a new way in could take the carer's account over: that is a coordinator's to make."""

    code = "carer.has_come"


def carer_of(*, actor: Any, child_id: int) -> tuple[Child, Carer | None]:
    """For who may invite one, else NotYours."""
    found = Child.objects.filter(pk=child_id, active=True).first()
    relations = child_relations(actor, found or ABSENT)
    if found is None or not policy.allows("carer", "invite", relations):
        raise NotYours
    return found, Carer.objects.select_related("user").filter(child=found).first()


@transaction.atomic
def invite_carer(*, actor: Any, child_id: int, name: str = "", relation: str = "") -> WayIn:
    """A way in for the carer that the child has, or for a new one of this name. Raises CarerHasCome, Invalid.

    Another carer in the place of one is a coordinator's to enter.
    """
    Child.objects.select_for_update().filter(pk=child_id).first()
    child, carer = carer_of(actor=actor, child_id=child_id)
    if carer is None:
        if not 1 <= len(name.strip()) <= 60:
            raise Invalid(_("Please say who it is."))
        user = User.objects.create_user(name=name.strip())
        carer = Carer.objects.create(child=child, user=user, relation=relation.strip()[:20])
        audit.record(actor, "carer.added", carer, child=child.pk)
    elif has_come(actor, carer):
        raise CarerHasCome(_("They have come already. For a new way in please ask the coordinator."))
    return invite_newcomer(actor=actor, user=carer.user)


@transaction.atomic
def end_carer(*, actor: Any, carer_id: int) -> Child:
    """They see and move nothing of this child from their next request on, and nobody is told.

    It is apart from what a guardian may see: somebody whom a parent let in may well stay when that parent is shut out.
    """
    check_may(actor, "carer", "end")
    carer = Carer.objects.select_for_update(of=("self",)).select_related("child").filter(pk=carer_id).first()
    if carer is None:
        raise NotYours
    audit.record(actor, "carer.ended", carer, child=carer.child_id, person=carer.user_id)
    carer.delete()
    return carer.child


def has_come(actor: Any, carer: Carer) -> bool:
    """Or is somebody else here besides: with a way in to that, the actor would see what is not theirs."""
    user = carer.user
    works = user.is_coordinator or hasattr(user, "mentor")
    if user.has_usable_password() or works or user.guardianships.exists():
        return True
    others = Carer.objects.filter(user=user).exclude(pk=carer.pk).select_related("child")
    return not all(policy.allows("carer", "invite", child_relations(actor, each.child)) for each in others)


def end_ways_in(guardian_id: int, child: Child) -> None:
    """Those that a guardian made and nobody has used: whoever is shut out shall not come back by one of them."""
    end_unused(made_by=guardian_id, of=Carer.objects.filter(child=child).values("user"))
