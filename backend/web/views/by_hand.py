"""One child or mentor, added or changed by hand: the cells of a roster row, under the import's rules."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.rosters import export as roster_export
from backend.rosters import people
from backend.rosters.access import access_mentor
from backend.rosters.looking import open_child
from backend.web.cells_form import fields, in_words, posted
from backend.web.forms import PasswordAgainForm

PLURAL = {"child": "children", "mentor": "mentors"}


def child(request: HttpRequest, child_id: int | None = None) -> HttpResponse:
    """The form for one child; without an id for a new one."""
    if child_id is None:
        check_may(request.user, "child", "write")
        found = None
    else:
        found = open_child(actor=request.user, child_id=child_id, now=timezone.now(), action="write")

    def save(cells: Mapping[str, str]) -> Any:
        apart = request.POST.get("apart", "")
        return people.save_child(actor=request.user, child_id=child_id, cells=cells, apart=apart)

    return _form(request, "child", found, save)


def mentor(request: HttpRequest, mentor_id: int | None = None) -> HttpResponse:
    """The form for one mentor; without an id for a new one."""
    if mentor_id is None:
        check_may(request.user, "mentor", "write")
        found = None
    else:
        found = access_mentor(request.user, mentor_id, "write")

    def save(cells: Mapping[str, str]) -> Any:
        return people.save_mentor(actor=request.user, mentor_id=mentor_id, cells=cells)

    return _form(request, "mentor", found, save)


def _form(request: HttpRequest, kind: str, found: Any, save: Any) -> HttpResponse:
    cells = in_words(people.cells_of(found), found.district.name) if found else {}
    refused = None
    if request.method == "POST":
        cells = posted(PLURAL[kind], request.POST)
        # An id can't be changed, and an empty cell of a new person was not given.
        given = {name: text for name, text in cells.items() if text or found}
        try:
            saved = save(given)
        except people.BadCells as error:
            refused = error
        else:
            messages.success(request, _("Saved."))
            return redirect(kind, saved.pk)
    problems = refused.facts["problems"] if refused else ()
    fixed = f"{kind}_id" if found else ""
    rows = fields(PLURAL[kind], cells, problems, fixed=fixed)
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
