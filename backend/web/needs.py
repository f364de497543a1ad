"""What needs a person today, in words: on the coordinator's first page, and over each list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backend.accounts.access import may
from backend.accounts.models import User
from backend.rosters.models import Child, Guardianship
from chat.attention import Need
from matching.models import Pairing

# Of a list of pairs that were missed, all that ``ring`` asks for.
PEOPLE_TO_RING = ("child__guardianships__guardian", "child__carer__user")


@dataclass(frozen=True, slots=True)
class NeedWords:
    """count: a sentence with %(number)d.  title: of its page.  since: what its time says.  do: what to do."""

    count: Promise
    title: Promise
    since: Promise
    do: Promise


NEEDS: dict[Need, NeedWords] = {
    Need.HOURS: NeedWords(
        ngettext_lazy(
            "%(number)d weekly hour does not suit the mentor, or they have not said.",
            "%(number)d weekly hours do not suit the mentor, or they have not said.",
            "number",
        ),
        _("Hours not agreed yet"),
        _("Asked or answered"),
        _(
            "Where it says that the hour does not suit, match the child anew: the hour is no longer offered. Where "
            "nothing was said for 48 hours, ring the mentor."
        ),
    ),
    Need.MISSED: NeedWords(
        ngettext_lazy(
            "%(number)d pair missed its meeting and has not met since.",
            "%(number)d pairs missed their meeting and have not met since.",
            "number",
        ),
        _("Missed, and not met since"),
        _("Missed"),
        _(
            "Ring whoever was not there. One missed meeting is no fault: ask whether another hour would be easier."
        ),
    ),
    Need.FIRST: NeedWords(
        ngettext_lazy(
            "%(number)d pair has not met in its first week.",
            "%(number)d pairs have not met in their first week.",
            "number",
        ),
        _("First contact not made"),
        _("Paired"),
        _("Ask the mentor first, then the family: often only the way in is missing."),
    ),
    Need.SILENT: NeedWords(
        ngettext_lazy(
            "%(number)d pair has been silent for two weeks.",
            "%(number)d pairs have been silent for two weeks.",
            "number",
        ),
        _("Silent for two weeks"),
        _("Met last"),
        _("Neither met nor wrote for two weeks, also not by telephone. Ask both sides how it goes."),
    ),
    Need.SUMMARIES: NeedWords(
        ngettext_lazy(
            "%(number)d pair met and has no summary after a day.",
            "%(number)d pairs met and have no summary after a day.",
            "number",
        ),
        _("Summaries still to be written"),
        _("Met"),
        _(
            "The mentor was reminded once. Two or three sentences are enough; nobody is asked after three days."
        ),
    ),
}


def ring(actor: Any, pairings: Iterable[Pairing]) -> dict[int, list[tuple[str, str, str]]]:
    """By pair, whoever missed its meeting: "child" or "mentor", the name and the number, "" where none is known.

    For the child it is the first grown-up at home who has a number and may be told of everything, where the actor
    may read the family's numbers.
    """
    contacts = may(actor, "child", "read_contacts")
    told = {}
    for pairing in pairings:
        missed_by = pairing.missed_by  # type: ignore[attr-defined]
        people: list[tuple[str, User | None]] = []
        if missed_by in ("child", "both") and contacts:
            people.append(("child", _grown_up_of(pairing.child)))
        if missed_by in ("mentor", "both"):
            people.append(("mentor", pairing.mentor.user))
        told[pairing.pk] = [
            (side, user.name if user else "", (user.phone or "") if user else "") for side, user in people
        ]
    return told


def _grown_up_of(child: Child) -> User | None:
    links = child.guardianships.all()
    grown_ups = [link.guardian for link in links if link.status == Guardianship.Status.ACTIVE]
    if hasattr(child, "carer"):
        grown_ups.append(child.carer.user)
    return next((user for user in grown_ups if user.phone), next(iter(grown_ups), None))
