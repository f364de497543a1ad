"""Before a round: what children need beside what mentors offer, who has hardly anybody, and who is left out.

Everything is counted in the database, but for who has hardly anybody (`scarcity`), over those whose pairing could be published on the day.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value

from backend.rosters.models import (
    Child,
    ChildSlot,
    ChildSubject,
    Mentor,
    Mentors,
    MentorSlot,
    Teaching,
    WellbeingBand,
)
from matching.core.roster import STAGES
from matching.models import Pairing, Role
from matching.snapshot import children_with_reasons, mentors_with_reasons

WELLBEING = ""  # stands for the subject where nobody teaches one


@dataclass(slots=True)
class Cell:
    """demand: children who ask for it.  supply: seats (or mentors) that could serve it."""

    demand: int = 0
    supply: int = 0

    @property
    def short(self) -> int:
        return max(0, self.demand - self.supply)


@dataclass(frozen=True, slots=True)
class Seats:
    """children: who could be matched.  both: seats of mentors with both roles, counted in each of the two.
    taken_…: of the role's seats, those on which a live pair of this role sits."""

    children: int
    academic: int
    wellbeing: int
    both: int
    taken_academic: int
    taken_wellbeing: int

    @property
    def short_academic(self) -> int:
        return max(0, self.children - self.academic)

    @property
    def short_wellbeing(self) -> int:
        return max(0, self.children - self.wellbeing)

    @property
    def short(self) -> int:
        """Seats that both roles together lack, where one seat is counted once."""
        return max(0, 2 * self.children - (self.academic + self.wellbeing - self.both))


def mentors_of(role: str, day: date) -> Mentors:
    """Mentors who could be given a child in this role."""
    mentors = Mentor.objects.publishable(day).filter(capacity__gt=0)
    if role == Role.ACADEMIC:
        return mentors.filter(is_academic=True)
    return mentors.with_certificate(day).filter(is_wellbeing=True, certified=True)


def seats(day: date) -> Seats:
    certified = Q(is_wellbeing=True, certified=True)
    counted = (
        Mentor.objects.publishable(day)
        .with_certificate(day)
        .aggregate(
            academic=Sum("capacity", filter=Q(is_academic=True), default=0),
            wellbeing=Sum("capacity", filter=certified, default=0),
            both=Sum("capacity", filter=certified & Q(is_academic=True), default=0),
        )
    )
    # Each asked by itself: inside one aggregate the mentors would be looked up for every pair.
    taken = {
        f"taken_{role}": Pairing.objects.live().filter(role=role, mentor__in=mentors_of(role, day)).count()
        for role in Role.values
    }
    return Seats(children=Child.objects.publishable().count(), **counted, **taken)


def subjects_and_grades(day: date) -> dict[tuple[str, int], Cell]:
    """(subject code or WELLBEING, index in STAGES) -> children who want it most, and seats. One query.

    A child counts once, where its first subject is; a mentor's seats count wherever they could be used, so the
    supply is the most there could be.
    """
    children = Child.objects.publishable()
    first = ChildSubject.objects.filter(rank=0, child__in=children).order_by()
    told = [
        first.values(of=F("subject_id"), at=F("child__grade"), what=Value("grade")).annotate(n=Count("pk")),
        children.order_by()
        .values(of=Value(WELLBEING), at=F("grade"), what=Value("grade"))
        .annotate(n=Count("pk")),
    ]
    for number, (low, high) in enumerate(STAGES):
        told.append(_seats_in(Teaching, Role.ACADEMIC, F("subject_id"), day, number, low, high))
        told.append(_seats_in(WellbeingBand, Role.WELLBEING, Value(WELLBEING), day, number, low, high))
    stage_of = {grade: number for number, (low, high) in enumerate(STAGES) for grade in range(low, high + 1)}
    found: dict[tuple[str, int], Cell] = {}
    for row in told[0].union(*told[1:], all=True):
        if row["what"] == "grade":
            found.setdefault((row["of"], stage_of[row["at"]]), Cell()).demand += row["n"]
        else:
            found.setdefault((row["of"], row["at"]), Cell()).supply += row["n"]
    return found


def _seats_in(rows: Any, role: str, of: Any, day: date, number: int, low: int, high: int) -> QuerySet[Any]:
    """Seats by subject in one stage; a mentor with two bands of a subject there counts once."""
    within = rows.objects.filter(low__lte=high, high__gte=low).order_by()
    same = {"mentor": OuterRef("mentor"), "pk__lt": OuterRef("pk")}
    if rows is Teaching:
        same["subject"] = OuterRef("subject")
    once = within.filter(~Exists(within.filter(**same)), mentor__in=mentors_of(role, day))
    return once.values(of=of, at=Value(number), what=Value("stage")).annotate(
        n=Sum("mentor__capacity", default=0)
    )


def hours(day: date) -> dict[str, dict[int, Cell]]:
    """By role and weekly hour: children who are free then, and mentors. One query."""
    free = ChildSlot.objects.filter(child__in=Child.objects.publishable()).order_by()
    told = [free.values("slot", who=Value("child")).annotate(n=Count("pk"))]
    for role in Role.values:
        mentors = MentorSlot.objects.filter(mentor__in=mentors_of(role, day)).order_by()
        told.append(mentors.values("slot", who=Value(role)).annotate(n=Count("pk")))
    found: dict[str, dict[int, Cell]] = {role: {} for role in Role.values}
    for row in told[0].union(*told[1:], all=True):
        for role in Role.values:
            cell = found[role].setdefault(row["slot"], Cell())
            if row["who"] == "child":
                cell.demand = row["n"]
            elif row["who"] == role:
                cell.supply = row["n"]
    return found


def children_left_out() -> Any:
    """Active children with the ``reason`` why they can't be matched."""
    return children_with_reasons(Child.objects.filter(active=True)).exclude(reason="")


def mentors_left_out(day: date) -> Any:
    """Active mentors with the ``reason`` why they can't be given anybody."""
    return mentors_with_reasons(day).filter(active=True).exclude(reason="")
