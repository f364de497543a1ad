"""Before a round: is there enough of everything, who has hardly anybody, and who is left out."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.access import check_may, may
from backend.rosters.models import Child, Mentor, Subject
from backend.web.templatetags.shuangdao import WEEKDAYS, grade, local_name, role
from matching import readiness
from matching.core.roster import STAGES
from matching.models import Role
from matching.readiness import WELLBEING, Cell
from matching.scarcity import with_hardly_anybody
from matching.snapshot import today
from matching.wording import left_out_in_words

PER_PAGE = 50
WEEKS = {
    "academic": gettext_lazy("Hours of the week: academic mentors"),
    "wellbeing": gettext_lazy("Hours of the week: wellbeing mentors"),
}
TIGHT = 1.1  # seats for each child, below which any mishap leaves somebody without
FEW, VERY_FEW = 0.85, 0.6  # of the mentors for each child that the week has on average


def show(request: HttpRequest) -> HttpResponse:
    """Demand beside supply: by subject and grades, and by hour of the week."""
    day = today()
    context = _head(request, "show")
    subjects = readiness.subjects_and_grades(day)
    hours = readiness.hours(day)
    context |= {
        "stages": [f"{grade(low)}–{grade(high)}" for low, high in STAGES],
        "subjects": _subjects(subjects),
        "weeks": [{"title": WEEKS[each], **_week(hours[each])} for each in Role.values],
        "days": WEEKDAYS,
    }
    return render(request, "rounds/readiness.html", context)


def _head(request: HttpRequest, tab: str) -> dict[str, Any]:
    """What stands around each of the three: seats against children, and the numbers of the lists."""
    check_may(request.user, "round", "list")
    day = today()
    seats = readiness.seats(day)
    scarce = with_hardly_anybody(day)
    return {
        "tab": tab,
        "seats": seats,
        "scarce": scarce,
        "few": [(each, len(scarce[each])) for each in Role.values],
        "out": [
            ("child", readiness.children_left_out().count()),
            ("mentor", readiness.mentors_left_out(day).count()),
        ],
        "may_write": may(request.user, "round", "write"),
    }


def _subjects(found: dict[tuple[str, int], Cell]) -> list[dict[str, Any]]:
    """Rows of the table: first wellbeing, then each subject that anybody asks for or teaches."""
    rows = [(WELLBEING, role(Role.WELLBEING))]
    rows += [(subject.code, local_name(subject)) for subject in Subject.objects.all()]
    return [
        {"label": label, "cells": [_shaded(found.get((code, at), Cell())) for at in range(len(STAGES))]}
        for code, label in rows
        if any((code, at) in found for at in range(len(STAGES)))
    ]


def _shaded(cell: Cell) -> dict[str, Any]:
    """heat: 0 enough, 1 tight, 2 short, 3 nobody at all; the words say the same."""
    heat, words = 0, ""
    if cell.demand and not cell.supply:
        heat, words = 3, _("no mentor")
    elif cell.short:
        heat, words = 2, _("%(number)s short") % {"number": cell.short}
    elif cell.demand and cell.supply < TIGHT * cell.demand:
        heat, words = 1, _("tight")
    return {"demand": cell.demand, "supply": cell.supply, "heat": heat, "words": words}


def _week(cells: dict[int, Cell]) -> dict[str, Any]:
    """Rows an hour, cells a day; few: fewer mentors for each child than FEW of the week's average."""
    demand, supply = (sum(getattr(cell, what) for cell in cells.values()) for what in ("demand", "supply"))
    average = supply / demand if demand else 0.0
    used = {slot % 24 for slot in cells}
    rows = []
    for hour in range(min(used, default=0), max(used, default=-1) + 1):
        row = []
        for weekday in range(7):
            cell = cells.get(weekday * 24 + hour, Cell())
            heat = _heat_of_hour(cell, average)
            words = ("", _("few"), _("very few"), _("no mentor"))[heat]
            # An hour without mentors is no alarm: a child needs one of its hours.
            row.append({"demand": cell.demand, "supply": cell.supply, "heat": min(2, heat), "words": words})
        if any(cell["demand"] or cell["supply"] for cell in row):
            rows.append((f"{hour:02}:00", row))
    return {"rows": rows}


def _heat_of_hour(cell: Cell, average: float) -> int:
    """0 enough, 1 few, 2 very few, 3 nobody at all."""
    if cell.demand and not cell.supply:
        return 3
    steps = (FEW, VERY_FEW)
    return sum(cell.supply < step * average * cell.demand for step in steps)


def hardly_anybody(request: HttpRequest, role: str) -> HttpResponse:
    """Children with no possible mentor of a role, or with a single one."""
    context = _head(request, f"few_{role}")
    if role not in Role.values:
        raise Http404
    page = Paginator(context["scarce"][role], PER_PAGE).get_page(request.GET.get("page"))
    rows = Child.objects.select_related("district").prefetch_related("wanted__subject")
    children = rows.in_bulk([scarce.child for scarce in page])
    mentors = Mentor.objects.in_bulk({scarce.only for scarce in page if scarce.only})
    context |= {
        "role": role,
        "page": page,
        "rows": [
            {"child": children[scarce.child], "only": mentors.get(scarce.only)}
            for scarce in page
            if scarce.child in children
        ],
    }
    return render(request, "rounds/hardly_anybody.html", context)


def left_out(request: HttpRequest, kind: str) -> HttpResponse:
    """Children or mentors whom a round of today would leave out, each with the reason."""
    context = _head(request, f"out_{kind}")
    rows = {"child": readiness.children_left_out, "mentor": lambda: readiness.mentors_left_out(today())}
    if kind not in rows:
        raise Http404
    page = Paginator(rows[kind]().select_related("district"), PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "kind": kind,
        "page": page,
        "rows": [{"person": person, "why": left_out_in_words(person.reason)} for person in page],
        "title": _("Children who can't be matched")
        if kind == "child"
        else _("Mentors who can't be given anybody"),
    }
    return render(request, "rounds/left_out.html", context)
