"""Invitations for the people of the roster."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from backend.accounts.access import check_may
from backend.accounts.invitations import invite
from backend.accounts.models import User
from backend.errors import NotYours
from backend.rosters.models import Mentor


def invite_person(*, actor: Any, user_id: int) -> tuple[User, str]:
    """The person and the secret of an invitation: a day for mentors, two weeks for families.

    Never for coordinators: whoever holds such a link sets their password.
    """
    check_may(actor, "person", "invite")
    families = Q(child__isnull=False) | Q(guardianships__isnull=False) | Q(caring_for__isnull=False)
    mentors = Exists(Mentor.objects.filter(user=OuterRef("pk")))
    people = User.objects.filter(is_coordinator=False).alias(mentors=mentors)
    user = people.filter(families | Q(mentors=True)).filter(pk=user_id).first()
    if user is None:
        raise NotYours
    staff = Mentor.objects.filter(user=user).exists()
    return user, invite(actor=actor, user=user, staff=staff)
