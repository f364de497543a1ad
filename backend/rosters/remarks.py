"""What a file says that may well be right, and that somebody should look at before it is taken."""

from collections.abc import Collection, Mapping
from datetime import date

from django.utils.translation import gettext as _

from backend.ages import usual_grade
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.rows import Problem, RosterFile

GRADES_APART = 2  # from the usual one: who began early or late, left out or repeated a year


def remarks(found: RosterFile, file_name: str, beside: Mapping[str, set[str]], day: date) -> list[Problem]:
    """beside: by kind, ids of rows that were set aside."""
    return [
        *_of_locks(found, file_name),
        *_loose_ends(found, beside),
        *_unusual_grades(found, day),
    ]


def _of_locks(found: RosterFile, file_name: str) -> list[Problem]:
    """Pins and forbids are standing on the site, with who made them; a file can't bring them in."""
    if not found.locks:
        return []
    wrong, expected = (
        _("the sheet of pins and forbids is not taken"),
        _("them on the page of pins and forbids"),
    )
    return [Problem(file_name, 1, "kind", wrong, expected)]


def _loose_ends(found: RosterFile, beside: Mapping[str, set[str]]) -> list[Problem]:
    """Earlier mentors who are neither here nor in the file: the cell is left out, and it is said."""
    known = set(Mentor.objects.values_list("roster_id", flat=True))
    known |= {row.get("mentor_id") for row in found.mentors}
    warnings = []
    for row in found.children:
        for column in ("previous_academic", "previous_wellbeing"):
            mentor = row.get(column)
            if mentor is None or mentor in known:
                continue
            aside = mentor in beside.get("mentors", ())
            wrong = _("mentor %(id)s was set aside") if aside else _("there is no mentor %(id)s")
            expected = _("a mentor who is here; the cell is left empty")
            warnings.append(Problem(row.file, row.number, column, wrong % {"id": mentor}, expected))
    return warnings


def _unusual_grades(found: RosterFile, day: date) -> list[Problem]:
    """A grade that the birth date does not lead to: one of the two is likely to be mistyped, and both decide much."""
    warnings = []
    for row in found.children:
        grade, birth = row.get("grade"), row.get("birth_date")
        if abs(grade - usual_grade(birth, day)) > GRADES_APART:
            wrong = _("grade %(grade)d and the birth date %(birth)s do not fit")
            expected = _("the grade the child is in now, and the birth date on its papers")
            told = wrong % {"grade": grade, "birth": birth.isoformat()}
            warnings.append(Problem(row.file, row.number, "grade", told, expected))
    return warnings


def look_alikes(found: RosterFile, apart: Collection[tuple[int, str]]) -> list[Problem]:
    """The same child under two ids, as when another list numbers them anew: nobody but a person can tell.

    apart: (row, the other's id) of those of whom somebody said that they are two children.
    """
    first = {
        (name, born): (roster_id, "")
        for name, born, roster_id in Child.objects.values_list("name", "birth_date", "roster_id")
    }
    ids = set(Child.objects.values_list("roster_id", flat=True))
    problems = []
    for row in found.children:
        if row.get("child_id") in ids:
            continue
        who = (row.get("name"), row.get("birth_date"))
        other, where = first.setdefault(who, (row.get("child_id"), _("row %(row)d") % {"row": row.number}))
        if other == row.get("child_id") or (row.number, other) in apart:
            continue
        wrong = (
            _("the child in %(where)s has the same name and birth date") % {"where": where}
            if where
            else _("child %(id)s of the programme has the same name and birth date") % {"id": other}
        )
        expected = _("a decision on this page: the same child, or two children")
        problems.append(Problem(row.file, row.number, "child_id", wrong, expected, looks_like=other))
    return problems
