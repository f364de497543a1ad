"""Pairs and meetings as files, for coordinators. Times and counts, never words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Invalid, NotYours
from backend.rosters.sheets import FORMATS, sheet
from chat.access import family_of, kept_from
from chat.models import Meeting
from chat.rules.times import local_day, local_time
from matching.models import Pairing

MOST = 100_000  # rows in one file
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)  # days behind them have no hours to reckon with
Row = list[str]


@dataclass(frozen=True, slots=True)
class Words:
    """How the reader of a file writes a grade of a school system, a weekly hour, and a district or subject."""

    grade: Callable[[int, str], str]
    slot: Callable[[int], str]
    name: Callable[[object], str]


@transaction.atomic
def export_pairs(*, actor: Any, form: str, words: Words) -> bytes:
    """All live pairs; the export is recorded. form: xlsx or csv."""
    _check_form(form)
    check_may(actor, "pairing", "export")
    pairs = (
        Pairing.objects.live()
        .select_related("child__district", "mentor", "subject")
        .order_by("child__roster_id", "role")
    )
    headings = [
        _("Child's number"),
        _("Child"),
        _("Grade"),
        _("District"),
        _("Role"),
        _("Subject"),
        _("Mentor's number"),
        _("Mentor"),
        _("Weekly hour"),
        _("Since"),
        _("Does the hour suit?"),
    ]
    rows = list(_of_pairs(pairs, words))
    audit.record(actor, "pairs.exported", rows=len(rows))
    return sheet(form, _("Pairs"), headings, rows)


def _of_pairs(pairs: Any, words: Words) -> Iterator[Row]:
    for pairing in pairs.iterator(chunk_size=2000):
        child, mentor = pairing.child, pairing.mentor
        yield [
            child.roster_id,
            child.name,
            words.grade(child.grade, child.school_system),
            words.name(child.district) if child.district else "",
            str(pairing.get_role_display()),
            words.name(pairing.subject) if pairing.subject else "",
            mentor.roster_id,
            mentor.name,
            words.slot(pairing.slot),
            str(local_day(pairing.started_at)),
            str(pairing.get_answer_display()),
        ]


@transaction.atomic
def export_meetings(*, actor: Any, form: str, first: date, last: date) -> bytes:
    """The log of meetings of these days, both included; the export is recorded.

    Without children whose log the asker may not read as staff, as in every list. Raises Invalid for too many.
    """
    _check_form(form)
    check_may(actor, "meeting", "export")
    if last < first:
        raise Invalid(_("The last day can't be before the first."))
    first, last = max(first, EARLIEST), min(last, LATEST)
    meetings = (
        Meeting.objects.filter(start__gte=local_time(first, 0), start__lt=local_time(last, 24))
        .exclude(child__in=family_of(actor))
        .exclude(child__in=kept_from(actor))
        .select_related("pairing__child", "pairing__mentor")
        .order_by("start", "pk")
    )
    if meetings.count() > MOST:
        raise Invalid(_("These are too many meetings for one file: choose fewer days."))
    headings = [
        _("Day"),
        _("Hour"),
        _("Child's number"),
        _("Child"),
        _("Role"),
        _("Mentor's number"),
        _("Mentor"),
        _("State"),
        _("Missed by"),
        _("Minutes of the child"),
        _("Minutes of the mentor"),
        _("Minutes together"),
    ]
    rows = list(_of_meetings(meetings))
    audit.record(actor, "meetings.exported", rows=len(rows), first=str(first), last=str(last))
    return sheet(form, _("Meetings"), headings, rows)


def _of_meetings(meetings: Any) -> Iterator[Row]:
    for meeting in meetings.iterator(chunk_size=2000):
        child, mentor, day = meeting.pairing.child, meeting.pairing.mentor, local_day(meeting.start)
        hour = (meeting.start - local_time(day, 0)).total_seconds() / 3600
        seconds = (meeting.child_s, meeting.mentor_s, meeting.both_s)
        yield [
            str(day),
            f"{int(hour):02}:{round(hour % 1 * 60):02}",
            child.roster_id,
            child.name,
            str(meeting.pairing.get_role_display()),
            mentor.roster_id,
            mentor.name,
            _state(meeting.state),
            _missed_by(meeting.missed_by),
            *("" if each is None else str(each // 60) for each in seconds),
        ]


def _state(state: str) -> str:
    return {
        "planned": _("planned"),
        "moved": _("moved"),
        "cancelled": _("cancelled"),
        "held": _("held"),
        "missed": _("missed"),
        "void": _("not counted"),
    }[state]


def _missed_by(who: str) -> str:
    return {"": "", "child": _("child"), "mentor": _("mentor"), "both": _("both")}[who]


def _check_form(form: str) -> None:
    if form not in FORMATS:
        raise NotYours
