"""Who can read a room, as the child reads it before its first message: simple for a small one, whole for an older."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.care.seeing import AROUND
from backend.policy import Relation
from backend.web.bands import Band
from backend.web.saying import teacher
from chat.access import CHILD_FIRST
from chat.explaining import Around, WhoReads
from matching.models import Role


@dataclass(frozen=True, slots=True)
class Told:
    """can, cannot: whom one names.  besides: sentences."""

    can: list[str]
    cannot: list[str]
    besides: list[str]


def told(who: WhoReads, role: str, band: Band) -> Told:
    reading, family = _named(who.can)
    others, more = _named(who.cannot)
    if family:
        along = ngettext("%(number)d grown-up of your family", "%(number)d grown-ups of your family", family)
        reading.append(along % {"number": family})
    carer = any(around is Around.CARER for around, _name in (*who.can, *who.cannot))
    if more:
        others.append(_("the others of your family") if family or carer else _("your family"))
    others.append(_("other children, and everybody else"))
    reads_along = any(around in (Around.FAMILY, Around.CARER) for around, _name in who.can)
    besides = _small(who) if band is Band.SMALL else _older(who, role, reads_along)
    return Told(can=reading, cannot=others, besides=list(besides))


def _named(people: tuple[tuple[Around, str], ...]) -> tuple[list[str], int]:
    """Those whom a child knows from here by name, or by what they are to it, and how many more of its family."""
    names = [
        _("you") if around is Around.SELF else name if around is Around.CARER else teacher(name)
        for around, name in people
        if around is not Around.FAMILY
    ]
    return names, len(people) - len(names)


def _small(who: WhoReads) -> Iterator[str]:
    if who.emergency or who.called:
        yield _(
            "If you are in danger, a grown-up whose job it is may look, to help you. Each time is written down."
        )


def _older(who: WhoReads, role: str, reads_along: bool) -> Iterator[str]:
    if role == Role.WELLBEING:
        yield _("No parent can read this room, at any age.")
    elif who.may_ask:
        yield _("A parent can ask to read along here. You decide, and can change your mind at any time.")
    if who.log and not reads_along:
        yield _("Your parents can see when you met, how long, and what the mentor notes about it afterwards.")
    if who.log and role == Role.WELLBEING:
        hours = int(CHILD_FIRST.total_seconds() // 3600)
        yield _("That note is yours alone for the first %(hours)d hours.") % {"hours": hours}
    if who.emergency:
        yield _emergency(who.emergency)
    if who.called:
        yield _(
            "A program looks for words that sound like danger, and does not find everything. Where it does, "
            "somebody is called to help you: they read those words and up to %(lines)d messages around them."
        ) % {"lines": AROUND}
    if who.looks_first:
        yield _(
            "Where a mentor writes a telephone number or the like, somebody of the programme looks at that message first."
        )


def _emergency(who: frozenset[Relation]) -> str:
    if Relation.COORDINATOR in who:
        return _(
            "In an emergency a coordinator or a safeguarding lead can ask to read some days of this room. A second "
            "person decides; in immediate danger a lead may look at once. Each look stays on record."
        )
    return _(
        "In an emergency a safeguarding lead can ask to read some days of this room, and no coordinator. A second "
        "lead decides; in immediate danger one may look at once. Each look stays on record."
    )
