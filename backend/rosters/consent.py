"""Consent to take part: given, withdrawn as easily, given again; and the child's own stop.

Who may do what at which age stands in `backend.ages`. What follows for pairings, rooms and cases happens
above, in the same transaction (`backend.rosters.signals`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend import policy
from backend.ages import rules_at
from backend.audit import log as audit
from backend.days import local_day
from backend.errors import Conflict, NotYours
from backend.policy import Relation
from backend.rosters import signals
from backend.rosters.access import ABSENT, consent_relations
from backend.rosters.carers import end_ways_in
from backend.rosters.models import Child, Consent, Guardianship

Status = Guardianship.Status
WITHDREW = "withdrew"  # a guardianship's reason, besides Guardianship.Reason
# One who sees the schedule only can't carry a consent.
_GOES_ON = Q(status=Status.ACTIVE, guardian__is_active=True)


class ConsentStands(Conflict):
    code = "consent.stands"


class NoConsent(Conflict):
    code = "consent.none"


@dataclass(frozen=True, slots=True)
class Standing:
    """A child's consent, as one person may see it.

    given_on, source: of the one that stands; by_you: the reader gave it.  you_withdrew: and another goes on.
    stopped: the child ended it itself.  is_last: the reader may withdraw, and nobody else would go on after that.
    """

    child: Child
    given_on: date | None
    source: str
    by_you: bool
    you_withdrew: bool
    stopped: bool
    may_give: bool
    may_withdraw: bool
    is_last: bool


def consent_of(*, actor: Any, child_id: int) -> Standing:
    """For the family and the coordinators, or NotYours."""
    child, relations = _access(actor, Child.objects.filter(pk=child_id).first(), "read")
    now = timezone.now()
    stands = child.consents.filter(withdrawn_on=None).first()
    you_withdrew = Relation.WITHDRAWN_GUARDIAN in relations
    shown = None if you_withdrew else stands  # how the others go on is not theirs to know
    may_withdraw = stands is not None and _may(relations, "withdraw", child, now)
    return Standing(
        child=child,
        given_on=shown.given_on if shown else None,
        source=shown.source if shown else "",
        by_you=shown is not None
        and shown.source == Consent.Source.ONLINE
        and shown.recorded_by_id == actor.pk,
        you_withdrew=you_withdrew,
        stopped=child.stopped_at is not None and not you_withdrew,
        may_give=(stands is None or you_withdrew) and _may(relations, "give", child, now),
        may_withdraw=may_withdraw,
        is_last=may_withdraw and not _others(child, actor).exists(),
    )


@transaction.atomic
def give_consent(*, actor: Any, child_id: int) -> None:
    """By a guardian, from 18 by the person. Whoever withdrew theirs shares again. Raises ConsentStands."""
    child, now = _asked(actor, child_id, "give")
    links = child.guardianships.select_for_update()
    link = links.filter(guardian_id=actor.pk, withdrew_at__isnull=False).first()
    if link is not None:
        # Only an active guardian can have withdrawn, and no coordinator has changed the link since.
        link.status, link.status_reason, link.withdrew_at = Status.ACTIVE, "", None
        link.save(update_fields=["status", "status_reason", "withdrew_at"])
        audit.record(actor, "guardian.came_back", link, child=child.pk)
        signals.guardianship_changed.send(Child, child=child, actor=actor, now=now)
    if not child.consents.filter(withdrawn_on=None).exists():
        consent = Consent.objects.create(
            child=child,
            guardian=None if child.user_id == actor.pk else actor,
            source=Consent.Source.ONLINE,
            given_on=local_day(now),
            recorded_by=actor,
        )
        audit.record(actor, "consent.given", consent, child=child.pk)
    elif link is None:
        raise ConsentStands(_("The consent stands already."))


@transaction.atomic
def withdraw_consent(*, actor: Any, child_id: int) -> bool:
    """By a guardian. Returns whether the child's taking part ends, which it does unless another goes on.

    With another active guardian only the sharing with this one stops, and a person looks after it.
    """
    child, now = _asked(actor, child_id, "withdraw")
    stands = child.consents.filter(withdrawn_on=None).first()
    if stands is None:
        raise NoConsent(_("There is no consent that could be withdrawn."))
    if _others(child, actor).exists():
        link = child.guardianships.get(guardian_id=actor.pk)
        link.status, link.status_reason, link.withdrew_at = Status.SUSPENDED, WITHDREW, now
        link.save(update_fields=["status", "status_reason", "withdrew_at"])
        end_ways_in(link.guardian_id, child)
        audit.record(actor, "guardian.withdrew", link, child=child.pk)
        signals.guardianship_changed.send(Child, child=child, actor=actor, now=now)
        signals.guardian_withdrew.send(Child, child=child, actor=actor, now=now)
        return False
    _end(actor, stands, child, withdrawn_by=actor, now=now)
    return True


@transaction.atomic
def stop_taking_part(*, actor: Any, child_id: int) -> bool:
    """By the child. Old enough, it ends its taking part now (True); else a grown-up comes and asks (False)."""
    child, now = _asked(actor, child_id, "stop")
    if not rules_at(child.birth_date, now).stops_itself:
        audit.record(actor, "child.asked_to_stop", child)
        signals.stop_asked.send(Child, child=child, actor=actor, now=now)
        return False
    if child.stopped_at is not None:
        raise NoConsent(_("You have stopped already."))
    child.stopped_at = now
    child.save(update_fields=["stopped_at"])
    audit.record(actor, "child.stopped", child)
    signals.taking_part_ended.send(Child, child=child, actor=actor, now=now)
    return True


@transaction.atomic
def come_back(*, actor: Any, child_id: int) -> None:
    """The child takes its own stop back; a guardian's consent is a matter of its own."""
    child, _now = _asked(actor, child_id, "stop")
    if child.stopped_at is None:
        raise ConsentStands(_("You are taking part."))
    child.stopped_at = None
    child.save(update_fields=["stopped_at"])
    audit.record(actor, "child.came_back", child)


def end_if_nobody_goes_on(*, actor: Any, child: Child, now: datetime) -> None:
    """Under the child's lock, after a guardian's link was changed: a withdrawal that left the child to
    others becomes the whole one when none of them is left."""
    links = child.guardianships.all()
    withdrew = links.filter(withdrew_at__isnull=False).order_by("-withdrew_at").first()
    stands = child.consents.filter(withdrawn_on=None).first()
    if withdrew is None or stands is None or not rules_at(child.birth_date, now).guardian_consents:
        return
    if not links.filter(_GOES_ON).exists():
        _end(actor, stands, child, withdrawn_by=withdrew.guardian, now=now)


def _end(actor: Any, stands: Consent, child: Child, *, withdrawn_by: Any, now: datetime) -> None:
    stands.withdrawn_on, stands.withdrawn_by = max(local_day(now), stands.given_on), withdrawn_by
    stands.save(update_fields=["withdrawn_on", "withdrawn_by"])
    audit.record(actor, "consent.withdrawn", stands, child=child.pk)
    signals.taking_part_ended.send(Child, child=child, actor=actor, now=now)


def access_consent(actor: Any, child_id: int, action: str) -> Child:
    """The child whose consent this person may give, withdraw or end at its age; else NotYours."""
    return _allowed(actor, Child.objects.filter(pk=child_id).first(), action, timezone.now())


def _asked(actor: Any, child_id: int, action: str) -> tuple[Child, datetime]:
    """Under the child's lock: two guardians who withdraw at once are one after the other."""
    now = timezone.now()
    child = Child.objects.select_for_update().filter(pk=child_id).first()
    return _allowed(actor, child, action, now), now


def _allowed(actor: Any, found: Child | None, action: str, now: datetime) -> Child:
    child, relations = _access(actor, found, action)
    if not _may(relations, action, child, now):
        raise NotYours
    return child


def _access(actor: Any, child: Child | None, action: str) -> tuple[Child, set[Relation]]:
    relations = consent_relations(actor, child or ABSENT)
    if child is None or not policy.allows("consent", action, relations):
        raise NotYours
    return child, relations


def _may(relations: set[Relation], action: str, child: Child, now: datetime) -> bool:
    """By the table, and by who it is at this age that consents."""
    if action in ("give", "withdraw"):
        guardians = rules_at(child.birth_date, now).guardian_consents
        family = {Relation.GUARDIAN, Relation.WITHDRAWN_GUARDIAN}
        relations = relations & (family if guardians else {Relation.CHILD})
    return policy.allows("consent", action, relations)


def _others(child: Child, actor: Any) -> Any:
    """Guardians who would go on."""
    return child.guardianships.filter(_GOES_ON).exclude(guardian_id=actor.pk)
