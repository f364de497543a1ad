"""A month of meetings at a glance: which day has which sign. Pure but for the reader's language."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from chat.history import Line, months_before
from chat.rules.meetings import TO_COME, MeetingState
from chat.rules.times import local_day

# What became of a meeting, as the family reads it: a sign for the grid, and the words beside it.
OUTCOMES = {
    "met": ("✓", _("met")),
    "not_met": ("○", _("did not meet")),
    "cancelled": ("×", _("cancelled")),
    "void": ("–", _("not counted")),
    "moved": ("→", _("moved to another day")),
    "ahead": ("·", _("planned")),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a meeting was to be by the weekly hour, and on which other day it is instead."""

    at: datetime
    to: datetime
    mentor_name: str
    role: str


@dataclass(slots=True)
class Day:
    """marks: (outcome, who) of that day, in the order of the hours.  day: None before and after the month."""

    day: date | None
    is_today: bool = False
    marks: list[tuple[str, str]] = field(default_factory=list)
    is_ahead: bool = False

    @property
    def best(self) -> str:
        """What the day is coloured by: that somebody came counts first."""
        return min((what for what, _who in self.marks), key=list(OUTCOMES).index, default="")

    @property
    def is_told(self) -> bool:
        """The history below says something of it; of what is planned, or was cancelled before its day, it does not."""
        signs = {what for what, _who in self.marks}
        return bool(signs - {"ahead", "cancelled"} or ("cancelled" in signs and not self.is_ahead))


def outcome(line: Line) -> str:
    """One of OUTCOMES. Whom the family says not to have come counts neither way."""
    if line.disputed or line.state == MeetingState.VOID:
        return "void"
    if line.state == MeetingState.HELD or (line.state in TO_COME and line.session is not None):
        return "met"
    return "cancelled" if line.state == MeetingState.CANCELLED else "not_met"


def gaps(lines: Iterable[Line], ahead: Iterable[Any]) -> list[Gap]:
    """What meetings that were given another day have left behind; of past ones and of those to come."""
    found = [Gap(*line.moved, line.mentor_name, line.role) for line in lines if line.moved]
    found += [
        Gap(meeting.moved_from, meeting.start, meeting.pairing.mentor.name, meeting.pairing.role)
        for meeting in ahead
        if meeting.moved_from is not None
    ]
    return [gap for gap in found if local_day(gap.at) != local_day(gap.to)]


def month_of(
    first: date,
    lines: Iterable[Line],
    ahead: Iterable[Any],
    today: date,
    *,
    off: Iterable[Any] = (),
    who: Any = str,
) -> list[list[Day]]:
    """The weeks of the month, Monday first. lines may hold other months too; ahead: meetings to come.

    off: those that were to come and were cancelled.  who: how a mentor's name is said.  A meeting that took place by telephone instead stands there once.
    """
    lines, ahead = list(lines), list(ahead)
    instead = {line.meeting for line in lines if line.kind == "elsewhere" and not line.disputed}
    told = [line for line in lines if line.kind == "elsewhere" or line.meeting not in instead - {None}]
    found = [(line.at, outcome(line), line.mentor_name) for line in told]
    found += [(meeting.start, "ahead", meeting.pairing.mentor.name) for meeting in ahead]
    found += [(meeting.start, "cancelled", meeting.pairing.mentor.name) for meeting in off]
    found += [(gap.at, "moved", gap.mentor_name) for gap in gaps(lines, ahead)]
    by_day: dict[date, list[tuple[str, str]]] = defaultdict(list)
    for at, what, name in sorted(found, key=lambda each: each[0]):
        by_day[local_day(at)].append((what, who(name)))
    end = months_before(first, -1)
    monday = first - timedelta(days=first.weekday())
    weeks = []
    while monday < end:
        days = [monday + timedelta(days=n) for n in range(7)]
        weeks.append(
            [
                Day(day, day == today, by_day.get(day, []), is_ahead=day > today)
                if (day.year, day.month) == (first.year, first.month)
                else Day(None)
                for day in days
            ]
        )
        monday += timedelta(days=7)
    return weeks


def signs_in(weeks: list[list[Day]]) -> list[str]:
    """The outcomes that stand in it, for the key below."""
    there = {what for week in weeks for day in week for what, _who in day.marks}
    return [what for what in OUTCOMES if what in there]
