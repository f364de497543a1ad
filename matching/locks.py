"""Standing pins and forbids: made, checked and lifted."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import Child, Mentor
from matching.core.locks import check_locks
from matching.core.roster import Roster
from matching.models import Lock
from matching.snapshot import take_snapshot, today


class ImpossibleLocks(Invalid):
    """facts["problems"]: [{"code", "words", "people": [(child roster id, mentor roster id)]}]."""

    code = "locks.impossible"


class LockStands(Conflict):
    """The same lock, or another pin for this child and role, stands already."""

    code = "lock.stands"


@transaction.atomic
def add_lock(
    *, actor: Any, kind: str, child_id: int, mentor_id: int, role: str = "", slot: int | None = None
) -> Lock:
    """A pin (role required) or a forbid (role empty: both roles; no slot).

    Raises ImpossibleLocks for a pin that would break a rule, or that can't hold beside the others.
    """
    check_may(actor, "lock", "write")
    child = Child.objects.filter(pk=child_id).first()
    mentor = Mentor.objects.filter(pk=mentor_id).first()
    if child is None or mentor is None:
        raise NotYours
    if kind == Lock.Kind.PIN and not role:
        raise Invalid(_("A pin says for which role."))
    if kind == Lock.Kind.FORBID and slot is not None:
        raise Invalid(_("Only a pin can name an hour."))
    try:
        with transaction.atomic():
            lock = Lock.objects.create(
                kind=kind, child=child, mentor=mentor, role=role, slot=slot, made_by=actor
            )
    except IntegrityError as error:
        raise LockStands(_("Such a lock stands already. Lift it first.")) from error
    check_can_hold(take_snapshot(today()).roster)
    audit.record(actor, "lock.added", lock, kind=kind)
    return lock


@transaction.atomic
def lift_lock(*, actor: Any, lock_id: int) -> Lock:
    check_may(actor, "lock", "write")
    if not Lock.objects.filter(pk=lock_id, lifted_at=None).update(lifted_at=timezone.now()):
        raise NotYours
    lock = Lock.objects.get(pk=lock_id)
    audit.record(actor, "lock.lifted", lock)
    return lock


def check_can_hold(roster: Roster) -> None:
    """Raises ImpossibleLocks when a pin breaks a rule or pins and forbids contradict each other."""
    found = []
    for problem in check_locks(roster):
        locks = [roster.pins[at] for at in problem.pins] + [roster.forbids[at] for at in problem.forbids]
        people = [(lock.child, lock.mentor) for lock in locks]
        found.append({"code": problem.code, "words": problem_in_words(problem.code), "people": people})
    if found:
        raise ImpossibleLocks(_("These pins and forbids can't hold."), problems=found)


def problem_in_words(code: str) -> str:
    """What is wrong with a lock, in the reader's language. Raises KeyError for an unknown code."""
    return {
        "unknown_child": _("the child does not take part"),
        "unknown_mentor": _("the mentor does not take part"),
        "not_eligible": _("the mentor can't have this role for this child"),
        "hour_not_free": _("the hour is not free for both"),
        "no_common_hour": _("the two share no hour"),
        "no_seat": _("the mentor takes no children"),
        "pinned_twice": _("two pins for one child and role"),
        "pinned_and_forbidden": _("pinned and forbidden at once"),
        "contradiction": _("these pins can't all hold at once"),
    }[code]
