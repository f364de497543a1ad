"""What people choose about a file before it is taken: sheets, headings, corrections, rows set aside."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from backend.errors import Invalid, NotYours
from backend.rosters import choosing
from backend.rosters.access import access_upload
from backend.rosters.models import RosterUpload
from backend.rosters.reading.chosen import KINDS, Place
from backend.rosters.rereading import reopen
from backend.web.cells_form import fields, posted
from backend.web.numbers import number_of
from backend.web.views.imports import REFUSED, told, version_of


@require_POST
@told
def sheets(request: HttpRequest, upload_id: int) -> HttpResponse:
    upload = access_upload(request.user, upload_id)
    titles = [sheet["title"] for sheet in upload.report.get("sheets", ())]
    places = {}
    for kind in KINDS:
        at = number_of(request.POST.get(f"{kind}_sheet", ""))
        row = number_of(request.POST.get(f"{kind}_row", "")) or 1
        places[kind] = Place(titles[at] if at is not None and at < len(titles) else None, row)
    choosing.choose_sheets(
        actor=request.user, upload_id=upload_id, version=version_of(request), places=places
    )
    return redirect("import", upload_id)


@require_POST
@told
def headings(request: HttpRequest, upload_id: int) -> HttpResponse:
    chosen: dict[str, dict[str, str]] = {}
    parts = (request.POST.getlist(name) for name in ("kind", "heading", "column"))
    for kind, heading, column in zip(*parts, strict=False):
        chosen.setdefault(kind, {})[heading] = column
    choosing.name_headings(
        actor=request.user, upload_id=upload_id, version=version_of(request), headings=chosen
    )
    messages.success(request, _("It is remembered for the next file with these headings."))
    return redirect("import", upload_id)


@require_POST
@told
def correct(request: HttpRequest, upload_id: int) -> HttpResponse:
    """One wrong value: put right, emptied, or its rows set aside; or who a row is, that looks like another or is
    another than it seems."""
    given = request.POST
    common = {
        "actor": request.user,
        "upload_id": upload_id,
        "version": version_of(request),
        **{name: given.get(name, "") for name in ("kind", "column", "was")},
        "rows": set(_numbers(given.getlist("row"))) if given.get("some") else None,
    }
    if given.get("do") == "two":
        upload = choosing.say_two_children(
            actor=request.user,
            upload_id=upload_id,
            version=version_of(request),
            row=number_of(given.get("row", "")) or 0,
        )
        messages.success(request, _("Both are taken. It can be taken back below."))
    elif given.get("do") == "one":
        choosing.say_same_person(
            actor=request.user,
            upload_id=upload_id,
            version=version_of(request),
            kind=common["kind"],
            row=number_of(given.get("row", "")) or 0,
        )
        messages.success(request, _("The row is taken as it stands. It can be taken back below."))
    elif given.get("do") in ("aside", "same"):
        upload = choosing.set_value_aside(**common, same=given["do"] == "same")
        messages.success(request, _set_aside(upload.changes[-1]["facts"]["rows"]))
    else:
        becomes = "" if given.get("do") == "empty" else given.get("becomes", "")
        try:
            choosing.correct_cells(**common, becomes=becomes)
        except Invalid as why:
            typed = {name: common[name] for name in ("kind", "column", "was")}
            rows = common["rows"] and sorted(common["rows"])
            request.session[REFUSED] = {**typed, "rows": rows, "becomes": becomes, "why": str(why)}
            page = number_of(request.GET.get("page", "")) or 1
            return redirect(reverse("import", args=[upload_id], query={"page": page}))
        messages.success(request, _("Corrected. It can be taken back below."))
    return _back(upload_id)


@require_POST
@told
def undo(request: HttpRequest, upload_id: int) -> HttpResponse:
    common = {"actor": request.user, "upload_id": upload_id, "version": version_of(request)}
    if row := number_of(request.POST.get("apart", "")):
        choosing.ask_again(**common, row=row)
    elif said := request.POST.get("themselves", ""):
        kind, _colon, number = said.partition(":")
        choosing.doubt_again(**common, kind=kind, row=number_of(number) or 0)
    else:
        choosing.undo_correction(**common, correction=number_of(request.POST.get("correction", "")) or 0)
    return _back(upload_id)


@require_POST
@told
def aside(request: HttpRequest, upload_id: int) -> HttpResponse:
    """All rows that remain set aside, or rows put back."""
    common = {"actor": request.user, "upload_id": upload_id, "version": version_of(request)}
    back = request.POST.get("back", "")
    if remarked := request.POST.get("remarked", ""):
        kind, _colon, number = remarked.partition(":")
        choosing.set_rows_aside(**common, rows={(kind, number_of(number) or 0)})
        messages.success(request, _set_aside(1))
        return redirect("import", upload_id)
    if not back:
        upload = choosing.set_rows_aside(**common)
        messages.success(request, _set_aside(upload.changes[-1]["facts"]["rows"]))
    elif back == "all":
        choosing.put_rows_back(**common)
    else:
        kind, _colon, number = back.partition(":")
        choosing.put_rows_back(**common, rows={(kind, number_of(number) or 0)})
    return _back(upload_id)


def row(request: HttpRequest, upload_id: int, kind: str, number: int) -> HttpResponse:
    """One row of the file as it reads now, to be put right as a whole."""
    upload = access_upload(request.user, upload_id)
    if upload.state not in RosterUpload.OPEN or kind not in KINDS:
        raise NotYours
    cells = choosing.cells_of_row(reopen(upload), kind, number)
    refusal = None
    if request.method == "POST":
        cells = posted(kind, request.POST)
        try:
            return _save_row(request, upload_id, kind, number, cells)
        except Invalid as error:
            refusal = error
    problems = [one for one in upload.report["problems"] if (one.get("kind"), one["row"]) == (kind, number)]
    context = {
        "upload": upload,
        "kind": kind,
        "number": number,
        "name": cells.get("name", ""),
        "rows": fields(kind, cells, problems),
        "refusal": refusal,
    }
    return render(request, "imports/row.html", context, status=400 if refusal else 200)


@told
def _save_row(
    request: HttpRequest, upload_id: int, kind: str, number: int, cells: dict[str, str]
) -> HttpResponse:
    choosing.correct_row(
        actor=request.user,
        upload_id=upload_id,
        version=version_of(request),
        kind=kind,
        row=number,
        cells=cells,
    )
    messages.success(request, _("Corrected. It can be taken back below."))
    return _back(upload_id)


def _back(upload_id: int) -> HttpResponse:
    """To where the next thing to put right stands: a hundred of them are done in one evening."""
    return redirect(reverse("import", args=[upload_id]) + "#mend")


def _set_aside(count: int) -> str:
    said = ngettext("%(count)d row was set aside.", "%(count)d rows were set aside.", count)
    return said % {"count": count}


def _numbers(texts: Iterable[str]) -> list[int]:
    return [number for text in texts if (number := number_of(text)) is not None]
