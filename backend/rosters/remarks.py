"""What a file says that may well be right, and that somebody should look at before it is taken."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from django.utils.translation import gettext as _

from backend.ages import usual_grade
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.rows import Problem, RosterFile, Row

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


def not_themselves(found: RosterFile, same: Collection[tuple[str, int, str]]) -> list[Problem]:
    """Rows with the id of somebody here that would make another person of them, as a mistyped id does: a child's with
    another name and another birth date, a mentor's with another name and neither the telephone nor the address.

    same: (kind, row, unlike) of those of whom somebody said that they are the same person all the same.
    """
    problems = [*_other_children(found), *_other_mentors(found)]
    kinds = {"child_id": "children", "mentor_id": "mentors"}
    twice = {
        (one.file, one.row) for one in found.problems if one.column in kinds
    }  # whose id is asked about already
    return [
        one
        for one in problems
        if (one.file, one.row) not in twice and (kinds[one.column], one.row, one.unlike) not in same
    ]


def _other_children(found: RosterFile) -> Iterator[Problem]:
    rows = {row.get("child_id"): row for row in found.children}
    here = Child.objects.filter(roster_id__in=list(rows)).values_list("roster_id", "name", "birth_date")
    for roster_id, name, born in here:
        row = rows[roster_id]
        new, becomes = row.get("name"), row.get("birth_date")
        if new == name or becomes == born:
            continue
        wrong = _(
            "%(id)s is %(old)s here, born %(born)s; this row would make %(new)s of them, born %(becomes)s"
        )
        told = {"id": roster_id, "old": name, "born": born, "new": new, "becomes": becomes}
        yield _unlike(row, "child_id", wrong % told, f"{name} {born} → {new} {becomes}")


def _other_mentors(found: RosterFile) -> Iterator[Problem]:
    rows = {row.get("mentor_id"): row for row in found.mentors}
    for mentor in Mentor.objects.filter(roster_id__in=list(rows)).select_related("user"):
        row = rows[mentor.roster_id]
        new, user = row.get("name"), mentor.user
        reached = {("phone", user.phone), ("email", user.email)} - {("phone", None), ("email", None)}
        if new == mentor.name or reached & {("phone", row.get("phone")), ("email", row.get("email"))}:
            continue
        wrong = _(
            "%(id)s is %(old)s here; this row would make %(new)s of them, with another telephone and address"
        )
        told = {"id": mentor.roster_id, "old": mentor.name, "new": new}
        yield _unlike(row, "mentor_id", wrong % told, f"{mentor.name} → {new}")


def _unlike(row: Row, column: str, wrong: str, unlike: str) -> Problem:
    expected = _("the person's own id, unless it really is the same person")
    return Problem(row.file, row.number, column, wrong, expected, unlike=unlike)
