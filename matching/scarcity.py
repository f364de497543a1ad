"""Children for whom no mentor, or a single one, comes into question.

Looked for here and not by the database: it would try the mentors of a province one after the other for each child who
has nobody, which is when this is asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.rosters.models import Child, ChildSlot, ChildSubject, MentorSlot, Teaching, WellbeingBand
from matching.models import Lock, Role
from matching.readiness import WELLBEING, mentors_of

GRADES = range(1, 13)
Cells = dict[tuple[str, int, int], list[int]]  # (subject or WELLBEING, grade, weekly hour) -> mentors


@dataclass(frozen=True, slots=True)
class Scarce:
    """child: its id.  only: the id of the one mentor who comes into question, or None."""

    child: int
    roster_id: str
    only: int | None


def with_hardly_anybody(day: date) -> dict[str, list[Scarce]]:
    """By role, those with nobody first. Seven queries, however many people.

    A mentor comes into question who could have the role for the child, shares an hour with it, and is not forbidden
    for it; others may need the same seat.
    """
    children = list(Child.objects.publishable().order_by("roster_id").values_list("pk", "roster_id", "grade"))
    free = _lists(ChildSlot.objects.order_by().values_list("child", "slot"))
    wanted = _lists(ChildSubject.objects.order_by().values_list("child", "subject"))
    barred = _barred()
    hours = _lists(MentorSlot.objects.order_by().values_list("mentor", "slot"))
    taught = Teaching.objects.filter(mentor__in=mentors_of(Role.ACADEMIC, day)).order_by()
    bands = WellbeingBand.objects.filter(mentor__in=mentors_of(Role.WELLBEING, day)).order_by()
    cells = {
        Role.ACADEMIC: _cells(taught.values_list("subject", "low", "high", "mentor"), hours),
        Role.WELLBEING: _cells(
            ((WELLBEING, *row) for row in bands.values_list("low", "high", "mentor")), hours
        ),
    }
    found: dict[str, list[Scarce]] = {}
    for role in Role.values:
        scarce = []
        for pk, roster_id, grade in children:
            subjects = wanted[pk] if role == Role.ACADEMIC else (WELLBEING,)
            where = ((subject, grade, slot) for subject in subjects for slot in free[pk])
            several, one = _several(_mentors_at(cells[Role(role)], where), barred[pk, role])
            if not several:
                scarce.append(Scarce(pk, roster_id, one))
        found[role] = sorted(scarce, key=lambda each: each.only is not None)
    return found


def _lists(rows: Iterable[tuple[int, Any]]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for person, value in rows:
        found[person].append(value)
    return found


def _barred() -> defaultdict[tuple[int, str], set[int]]:
    """By child and role: mentors who are forbidden."""
    found: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    standing = Lock.objects.filter(kind=Lock.Kind.FORBID, lifted_at=None)
    for child, role, mentor in standing.values_list("child", "role", "mentor"):
        for each in (role,) if role else Role.values:
            found[child, each].add(mentor)
    return found


def _cells(bands: Iterable[tuple[str, int, int, int]], hours: defaultdict[int, list[int]]) -> Cells:
    """bands: (subject, lowest grade, highest, mentor). A mentor with two bands may stand twice."""
    found: Cells = {}
    for subject, low, high, mentor in bands:
        for grade in range(max(low, GRADES.start), min(high + 1, GRADES.stop)):
            for slot in hours[mentor]:
                found.setdefault((subject, grade, slot), []).append(mentor)
    return found


def _mentors_at(cells: Cells, where: Iterable[tuple[str, int, int]]) -> Iterator[int]:
    for key in where:
        yield from cells.get(key, ())


def _several(mentors: Iterator[int], barred: set[int]) -> tuple[bool, int | None]:
    """Whether two different ones are among them; and the first."""
    first = None
    for mentor in mentors:
        if mentor in barred or mentor == first:
            continue
        if first is not None:
            return True, first
        first = mentor
    return False, first
