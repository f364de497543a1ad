"""Which notices a person may still know: by what they are to the child now, not when it was written."""

from typing import Any

from django.db.models import Exists, Model, OuterRef, Q

from backend import policy
from backend.notices.kinds import RULES, Audience, Kind
from backend.notices.models import Notices
from backend.policy import Relation
from backend.rosters.access import GUARDIANS
from backend.rosters.models import Carer, Child, Guardianship
from chat.sealing import sealed_abouts
from matching.models import Pairing

PERSON, CHILD = OuterRef("person"), OuterRef("child")


def narrow(notices: Notices) -> Notices:
    return notices.filter(
        Q(audience__in=[Audience.SELF, Audience.DUTY])  # those of the duty name nobody
        | Q(audience=Audience.COORDINATOR, person__is_coordinator=True)
        | Q(audience=Audience.MENTOR) & _mentor()
        | Q(audience=Audience.CHILD) & Q(_is(Child, user=PERSON, pk=CHILD))
        | Q(audience=Audience.FAMILY) & _family() & ~Q(about__in=sealed_abouts())
    ).exclude(Q(rationed=True) & Q(_is(Child, pk=CHILD, quiet_since__isnull=False)))


def _is(model: type[Model], **what: Any) -> Exists:
    return Exists(model._default_manager.filter(**what))


def _mentor() -> Q:
    """A mentor is nothing to a child when the pairing has ended, but may know that it has."""
    lives = Exists(Pairing.objects.live().filter(child=CHILD, mentor__user=PERSON))
    return Q(kind=Kind.PAIRING_ENDED) | Q(lives)


def _family() -> Q:
    """By the policy: some kinds are schedule, which a carer and a limited guardian may know, some are not."""
    kinds: dict[frozenset[Relation], list[Kind]] = {}
    for kind, rule in RULES.items():
        if rule.right is not None:
            resource, action = rule.right
            may = policy.TABLE[resource][action] & {*GUARDIANS.values(), Relation.CARER}
            kinds.setdefault(may, []).append(kind)
    found = Q(pk=None)
    for may, theirs in kinds.items():
        statuses = [status for status, relation in GUARDIANS.items() if relation in may]
        known = Q(_is(Guardianship, child=CHILD, guardian=PERSON, status__in=statuses))
        if Relation.CARER in may:
            suspended = _is(Guardianship, child=CHILD, guardian=PERSON, status=Guardianship.Status.SUSPENDED)
            known |= Q(_is(Carer, child=CHILD, user=PERSON)) & ~Q(suspended)
        found |= Q(kind__in=theirs) & known
    return found
