"""Rows that were left out of an import: who waits, and bringing them in or dismissing them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.rosters import aside, blank_files
from backend.rosters.access import access_aside
from backend.rosters.forgetting import ROWS_WAIT
from backend.rosters.people import BadCells
from backend.rosters.reading.columns import headed
from backend.web.cells_form import fields, posted
from backend.web.views.imports import as_file

PER_PAGE = 50


def index(request: HttpRequest) -> HttpResponse:
    """Everybody who was set aside and waits."""
    page = Paginator(aside.waiting(request.user), PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.lines = [one | {"label": headed(row.kind, one["column"])} for one in row.problems]
    context = {"page": page, "days": ROWS_WAIT.days}
    return render(request, "imports/aside.html", context)


def bring_in(request: HttpRequest, aside_id: int) -> HttpResponse:
    """The row as it was left out, to be put right and brought in."""
    row = access_aside(request.user, aside_id)
    cells, problems, refusal = row.cells, row.problems, None
    if request.method == "POST":
        cells = posted(row.kind, request.POST)
        try:
            saved = aside.bring_in(
                actor=request.user, aside_id=aside_id, cells=cells, apart=request.POST.get("apart", "")
            )
        except aside.RowMovedOn as moved:
            messages.warning(request, str(moved))
            return redirect("aside")
        except BadCells as error:
            refusal, problems = error, error.facts["problems"]
        else:
            messages.success(request, _("%(name)s is in the programme now.") % {"name": saved.name})
            return redirect("aside")
    elif row.closed_at:
        messages.warning(request, aside.how_it_ended(row))
        return redirect("aside")
    context = {"row": row, "rows": fields(row.kind, cells, problems), "refusal": refusal}
    return render(request, "imports/bring_in.html", context, status=refusal.kind.http if refusal else 200)


@require_POST
def dismiss(request: HttpRequest, aside_id: int) -> HttpResponse:
    try:
        aside.dismiss(actor=request.user, aside_id=aside_id)
    except aside.RowMovedOn as moved:
        messages.warning(request, str(moved))
    return redirect("aside")


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Everybody who waits, as a file that comes in again."""
    return as_file(blank_files.rows_waiting(actor=request.user), "rows-set-aside.xlsx")
