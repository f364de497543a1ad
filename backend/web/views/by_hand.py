"""One child or mentor, added or changed by hand: the cells of a roster row, under the import's rules."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.rosters import export as roster_export
from backend.rosters import people
from backend.rosters.access import access_mentor
from backend.rosters.looking import open_child
from backend.rosters.reading.columns import CHILDREN, MENTORS
from backend.web.forms import PasswordAgainForm

LABELS = {
    "child_id": gettext_lazy("Number"),
    "mentor_id": gettext_lazy("Number"),
    "name": gettext_lazy("Name"),
    "school_system": gettext_lazy("School system"),
    "grade": gettext_lazy("Grade"),
    "subjects": gettext_lazy("Subjects, most wanted first"),
    "availability": gettext_lazy("Free hours"),
    "district": gettext_lazy("District"),
    "gender": gettext_lazy("Gender"),
    "preferred_mentor_gender": gettext_lazy("Mentor's gender asked for"),
    "priority": gettext_lazy("Priority, 0 to 3"),
    "previous_academic": gettext_lazy("Academic mentor before"),
    "previous_wellbeing": gettext_lazy("Wellbeing mentor before"),
    "call_name": gettext_lazy("Called"),
    "needs": gettext_lazy("Needs"),
    "birth_date": gettext_lazy("Birth date"),
    "parent_name": gettext_lazy("Parent's name"),
    "parent_phone": gettext_lazy("Parent's phone"),
    "parent_email": gettext_lazy("Parent's e-mail"),
    "parent2_name": gettext_lazy("Second parent's name"),
    "parent2_phone": gettext_lazy("Second parent's phone"),
    "parent2_email": gettext_lazy("Second parent's e-mail"),
    "carer_name": gettext_lazy("Carer at home"),
    "carer_relation": gettext_lazy("Carer is the child's"),
    "carer_phone": gettext_lazy("Carer's phone"),
    "address": gettext_lazy("Address"),
    "consent_date": gettext_lazy("Guardian's consent on paper, of"),
    "roles": gettext_lazy("Roles"),
    "teaches": gettext_lazy("Teaches"),
    "wellbeing_grades": gettext_lazy("Wellbeing grades"),
    "certificate": gettext_lazy("Certificate"),
    "capacity": gettext_lazy("Capacity"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
    "vetted_until": gettext_lazy("Vetted until"),
}
HINTS = {
    "grade": "五年级 · 初一 · 11",
    "subjects": "数学；英语",
    "availability": "周一至周五 19-21点；周六 9-11点",
    "district": "历下区",
    "roles": "学业；心理",
    "teaches": "数学:七至九年级；物理:8-9",
    "wellbeing_grades": "1-6",
    "birth_date": "2012-05-04",
    "consent_date": "2020-02-17",
    "vetted_until": "2021-08-31",
}


def child(request: HttpRequest, child_id: int | None = None) -> HttpResponse:
    """The form for one child; without an id for a new one."""
    if child_id is None:
        check_may(request.user, "child", "write")
        found = None
    else:
        found = open_child(actor=request.user, child_id=child_id, now=timezone.now(), action="write")

    def save(cells: Mapping[str, str]) -> Any:
        return people.save_child(actor=request.user, child_id=child_id, cells=cells)

    return _form(request, "child", CHILDREN, found, save)


def mentor(request: HttpRequest, mentor_id: int | None = None) -> HttpResponse:
    """The form for one mentor; without an id for a new one."""
    if mentor_id is None:
        check_may(request.user, "mentor", "write")
        found = None
    else:
        found = access_mentor(request.user, mentor_id, "write")

    def save(cells: Mapping[str, str]) -> Any:
        return people.save_mentor(actor=request.user, mentor_id=mentor_id, cells=cells)

    return _form(request, "mentor", MENTORS, found, save)


def _form(request: HttpRequest, kind: str, columns: Mapping[str, Any], found: Any, save: Any) -> HttpResponse:
    cells = people.cells_of(found) if found else {}
    refused = None
    if request.method == "POST":
        cells = {name: request.POST.get(name, "").strip() for name in columns}
        # An id can't be changed, and an empty cell of a new person was not given.
        given = {name: text for name, text in cells.items() if text or found}
        try:
            saved = save(given)
        except people.BadCells as error:
            refused = error
        else:
            messages.success(request, _("Saved."))
            return redirect(kind, saved.pk)
    wrong = {problem["column"]: problem for problem in refused.facts["problems"]} if refused else {}
    rows = [
        {
            "name": name,
            "label": LABELS[name],
            "hint": HINTS.get(name, ""),
            "text": cells.get(name, ""),
            "needed": bool(column.need),
            "fixed": found is not None and name in ("child_id", "mentor_id"),
            "wrong": wrong.get(name),
        }
        for name, column in columns.items()
    ]
    context = {"kind": kind, "person": found, "rows": rows, "refusal": refused}
    return render(request, "people/by_hand.html", context, status=refused.kind.http if refused else 200)


@require_POST
def set_active(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    if kind not in ("child", "mentor"):
        raise Http404
    people.set_active(actor=request.user, kind=kind, pk=pk, active=request.POST.get("active") == "yes")
    return redirect(kind, pk)


@require_POST
def set_paused(request: HttpRequest, mentor_id: int) -> HttpResponse:
    people.set_paused(actor=request.user, mentor_id=mentor_id, paused=request.POST.get("paused") == "yes")
    return redirect("mentor", mentor_id)


def export(request: HttpRequest) -> HttpResponse:
    """The roster as a workbook that comes in again unchanged, for the password once more."""
    check_may(request.user, "roster", "export")
    form = PasswordAgainForm(request.POST if request.method == "POST" else None, user=request.user)
    if not form.is_valid():
        return render(request, "imports/export.html", {"form": form})
    content = roster_export.export_roster(actor=request.user)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    headers = {"Content-Disposition": 'attachment; filename="roster.xlsx"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)
