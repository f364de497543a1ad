"""The site takes only hours in which rooms are open: a child's by its age, a mentor's by the latest that there are.

The `match` command takes every hour; there are no rooms where it runs.
"""

from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from backend.ages import age_on
from backend.rosters.reading.rows import Problem, RosterFile, Row
from chat.rules.hours import Hours


def keep_to(read: RosterFile, hours: Hours, today: date) -> None:
    """Leaves the other hours out of every row, with a warning; a row in which no hour remains is bad."""
    read.children = [_kept(row, _closing_of(row, hours, today), hours, read) for row in read.children]
    read.mentors = [_kept(row, hours.closes_grown, hours, read) for row in read.mentors]


def _closing_of(child: Row, hours: Hours, today: date) -> int:
    return hours.closing(age_on(child.get("birth_date"), today))


def _kept(row: Row, closes: int, hours: Hours, read: RosterFile) -> Row:
    given = row.get("availability")
    open_ = frozenset(slot for slot in given if hours.opens <= slot % 24 < closes)
    if open_ == given:
        return row
    outside = sorted({slot % 24 for slot in given - open_})
    wrong = _("rooms are closed at %(hours)s") % {"hours": _(", ").join(f"{hour}:00" for hour in outside)}
    between = {"opens": hours.opens, "closes": closes}
    if not open_:
        expected = _("an hour between %(opens)d:00 and %(closes)d:00") % between
        read.problems.append(Problem(row.file, row.number, "availability", wrong, expected))
        return row
    expected = _("hours between %(opens)d:00 and %(closes)d:00; the others are left out") % between
    read.warnings.append(Problem(row.file, row.number, "availability", wrong, expected))
    return replace(row, values={**row.values, "availability": open_})
