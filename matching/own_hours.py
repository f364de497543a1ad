"""A mentor's free hours, set by the mentor. What children have of them already is not touched here."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.access import access_mentor
from backend.rosters.models import Mentor, MentorSlot
from matching.models import Pairing


@dataclass(frozen=True, slots=True)
class OwnHours:
    """free: as they are.  taken: by weekly hour the child who has it; those are no free choice.

    opens, closes: the hours of the day in which there are rooms at all; from closes_young on only the older
    children's (`ages.LATE_HOURS`).
    """

    mentor: Mentor
    free: frozenset[int]
    taken: dict[int, Pairing]
    opens: int
    closes: int
    closes_young: int


def own_hours(*, actor: Any) -> OwnHours:
    return _hours_of(_own(actor))


def _hours_of(mentor: Mentor) -> OwnHours:
    hours = settings.ROOM_HOURS
    live = Pairing.objects.live().filter(mentor=mentor).select_related("child")
    free = frozenset(MentorSlot.objects.filter(mentor=mentor).values_list("slot", flat=True))
    taken = {pairing.slot: pairing for pairing in live}
    return OwnHours(mentor, free, taken, hours.opens, hours.closes_grown, hours.closes)


def to_keep(asked: Collection[int], before: OwnHours, no_choice: Collection[int] = ()) -> frozenset[int]:
    """The free hours that follow from what was asked for. Pure. Raises Invalid.

    An hour that a child has stays as it was: whether it suits is answered about the pairing. So does one that was
    ``no_choice`` when it was asked for, as a child had it then.
    """
    outside = [slot for slot in asked if not 0 <= slot < 168 or not before.opens <= slot % 24 < before.closes]
    if outside:
        facts = {"opens": before.opens, "closes": before.closes}
        raise Invalid(_("Rooms are open from %(opens)d:00 to %(closes)d:00 only.") % facts)
    stay = before.taken.keys() | set(no_choice)
    kept = frozenset(asked) - stay | (before.free & stay)
    if not kept:
        raise Invalid(_("Please leave at least one hour. If you need a break, pause instead."))
    return kept


@transaction.atomic
def set_own_hours(
    *,
    actor: Any,
    slots: Collection[int],
    seen: Collection[int],
    no_choice: Collection[int] = (),
) -> frozenset[int]:
    """All free hours at once. Rounds that come use them, and meetings can be moved there. Raises Invalid, Conflict.

    seen: the free hours as they were shown when these were chosen. The second of two pages is told, and changes nothing.
    no_choice: the hours that were shown as a child's then.
    """
    mentor = Mentor.objects.select_for_update().get(pk=_own(actor).pk)
    before = _hours_of(mentor)
    if frozenset(seen) != before.free:
        raise Conflict(
            _("Your hours were changed on another page meanwhile. Here they are as they stand now.")
        )
    after = to_keep(slots, before, no_choice)
    gone, new = before.free - after, after - before.free
    MentorSlot.objects.filter(mentor=mentor, slot__in=gone).delete()
    MentorSlot.objects.bulk_create(MentorSlot(mentor=mentor, slot=slot) for slot in sorted(new))
    if gone or new:
        mentor.save(update_fields=["updated_at"])
        audit.record(actor, "mentor.hours_set", mentor, added=len(new), removed=len(gone))
    return after


def _own(actor: Any) -> Mentor:
    own = Mentor.objects.filter(user=actor.pk, active=True).first()
    if own is None:
        raise NotYours
    return access_mentor(actor, own.pk, "write_own")
