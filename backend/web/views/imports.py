"""The roster, in: a file is looked at first, put right or set aside where it must be, and then taken or dropped."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.errors import Conflict, Invalid
from backend.rosters import blank_files, choosing, imports
from backend.rosters.access import access_upload
from backend.rosters.aside import waiting
from backend.rosters.forgetting import FILES_LIVE
from backend.rosters.models import Child, Mentor, RosterUpload
from backend.rosters.moving_on import said
from backend.rosters.people import set_gone_inactive
from backend.rosters.reading.chosen import KINDS, ROWS_SHOWN
from backend.rosters.reading.columns import COLUMNS, headed
from backend.rosters.reading.tables import MOST_BYTES
from backend.web import changed_cells
from backend.web.mending import asked_again, corrected, grouped, warned
from backend.web.numbers import number_of
from chat.gates import open_rooms_of
from matching.wording import left_out_in_words

PER_PAGE = 20
GROUPS_PER_PAGE = 15
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REFUSED = "correction_refused"  # in the session until the page is shown again
View = Callable[..., HttpResponse]
GONE_SHOWN = 200  # of each kind
KIND_WORDS = {"children": gettext_lazy("Children"), "mentors": gettext_lazy("Mentors")}


def told(view: View) -> View:
    """A refusal leads back to the upload as it is now, with the reason above it: nobody loses their place."""

    @wraps(view)
    def wrapped(request: HttpRequest, upload_id: int, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, upload_id, *args, **kwargs)
        except (Conflict, Invalid) as refusal:
            if isinstance(refusal, imports.UploadMovedOn) and not refusal.facts["changes"]:
                raise  # nobody was faster: the page offers nothing of the kind
            messages.warning(request, str(refusal))
            return redirect("import", upload_id)

    return wrapped


def version_of(request: HttpRequest) -> int:
    """The version that the page was of; 0, which none is, when the form doesn't say."""
    return number_of(request.POST.get("version", "")) or 0


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Roster file"),
        help_text=gettext_lazy(
            "One XLSX workbook with the sheets “children” and “mentors” (学生, 导师), or a CSV file of one of them."
        ),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            most = MOST_BYTES // 1024**2
            raise forms.ValidationError(_("The file is larger than %(most)d MB.") % {"most": most})
        return file


def index(request: HttpRequest) -> HttpResponse:
    """The files that were brought, newest first, and the form for the next one."""
    check_may(request.user, "roster", "import")
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        upload = imports.check_upload(actor=request.user, file_name=file.name, content=file.read(), asks=True)
        return redirect("import", upload.pk)
    rows = RosterUpload.objects.defer("content", "report", "choices").select_related("uploaded_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "waiting": waiting(request.user).count()}
    return render(request, "imports/index.html", context)


def template(request: HttpRequest) -> HttpResponse:
    """An empty roster to fill in."""
    language = "en" if request.GET.get("headings") == "en" else "zh"
    return as_file(blank_files.template(actor=request.user, language=language), f"roster-{language}.xlsx")


def as_file(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def show(request: HttpRequest, upload_id: int) -> HttpResponse:
    """What was found in a file, what is to be put right in it, and what taking it would change."""
    upload = access_upload(request.user, upload_id)
    report = upload.report
    headings = _headings(report)
    groups = grouped(_not_asked_above(report["problems"], headings))
    whole = any(not one.get("kind") for one in report["problems"])
    is_open = upload.state in RosterUpload.OPEN
    known = {row["heading"] for row in headings} if is_open else ()
    page = Paginator(groups, GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    asked_again(page, request.session.pop(REFUSED, {}))
    context = {
        "upload": upload,
        "open": is_open,
        "lives_until": upload.uploaded_at + FILES_LIVE,
        "page": page,
        "cells": len(report["problems"]),
        "bad_rows": len({(one["kind"], one["row"]) for one in report["problems"] if one.get("kind")}),
        "warnings": warned(one for one in report["warnings"] if one["column"] not in known),
        "sheets": _sheets(report),
        "whole_file": whole,
        "headings": headings,
        "to_answer": any(row["near"] or (whole and not row["column"]) for row in headings),
        "corrections": corrected(upload.choices.get("corrections", []), report.get("corrected", {})),
        "aside": report.get("aside", []),
        "kinds": KIND_WORDS,
        "apart": upload.choices.get("apart", []),
        "themselves": upload.choices.get("themselves", []),
        "loud": any(one.get("unlike") for one in report["warnings"]),
        "changes": [said(change) for change in reversed(upload.changes)],
        "difference": _difference(report),
        "losing_rooms": _losing_rooms(report) if is_open else [],
        "gone": {kind: len(found.get("gone", ())) for kind, found in report["difference"].items()},
    }
    return render(request, "imports/show.html", context)


def _not_asked_above(problems: list[dict[str, Any]], headings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the missing columns of which a heading is likely to be one: what it means is asked first."""
    likely = {row["near"] for row in headings} - {""}
    return [one for one in problems if one.get("kind") or one["column"] not in likely]


def _difference(report: dict[str, Any]) -> dict[str, Any]:
    """With the first of those who change, cell by cell, and of those who are not in the file, by name; and who can't be
    matched, by reason."""
    shown = {}
    for kind, people in report["difference"].items():
        reasons = report.get("not_yet", {}).get(kind, {})
        shown[kind] = {
            **people,
            "gone": _gone(kind, people.get("gone", [])),
            "changes": len(people["changed"]),
            "changing": changed_cells.told(kind, report.get("changing", {}).get(kind, ())),
            "not_yet": [(left_out_in_words(why), told) for why, told in reasons.items()],
        }
    return shown


def _gone(kind: str, ids: list[str]) -> dict[str, Any]:
    """How many, and the first of them as (id, name)."""
    model = Child if kind == "children" else Mentor
    first = model.objects.filter(roster_id__in=ids[:GONE_SHOWN]).order_by("roster_id")
    return {"count": len(ids), "named": list(first.values_list("roster_id", "name"))}


def _losing_rooms(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Mentors whose rooms would shut, as their vetting would have run out: each with the rooms that are open now."""
    losing = {one["id"]: one for one in report.get("losing_vetting", ())}
    rooms = open_rooms_of(list(losing))
    names = dict(Mentor.objects.filter(roster_id__in=rooms).values_list("roster_id", "name"))
    return [{**losing[id_], "name": names[id_], "rooms": count} for id_, count in sorted(rooms.items())]


def _sheets(report: dict[str, Any]) -> dict[str, Any]:
    """Where each kind was found or is likely, to choose from. None while the file can't be opened."""
    found = report.get("sheets", [])
    likely = {sheet["kind"]: sheet for sheet in reversed(found) if sheet["kind"]}
    kinds = []
    for kind in KINDS:
        place = report.get("places", {}).get(kind)
        if place is None:
            sheet = likely.get(kind)
            place = {"title": sheet and sheet["title"], "heading_row": sheet["heading_row"] if sheet else 1}
        kinds.append({"kind": kind, "label": KIND_WORDS[kind], **place})
    return {"titles": [sheet["title"] for sheet in found], "kinds": kinds, "rows": range(1, ROWS_SHOWN + 1)}


def _headings(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Headings that are not known by themselves, each with the columns that it may mean."""
    rows = []
    for kind, found in report.get("headings", {}).items():
        columns = [(name, headed(kind, name)) for name in COLUMNS[kind]]
        for row in found:
            chosen = row["column"] or row["near"]
            rows.append(
                {**row, "kind": kind, "label": KIND_WORDS[kind], "columns": columns, "chosen": chosen}
            )
    return rows


@require_POST
@told
def take(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Twice by the same person, as a double click is, is once."""
    upload = access_upload(request.user, upload_id)
    last = upload.changes[-1] if upload.changes else {}
    if (last.get("what"), last.get("by_id")) != ("taken", request.user.pk):
        seen = number_of(request.POST.get("version", ""))
        imports.take_upload(actor=request.user, upload_id=upload_id, version=seen)
    if upload.choices.get("aside"):
        messages.success(
            request, _("The file was imported, except for the rows set aside: they wait on the home page.")
        )
    else:
        messages.success(request, _("The file was imported. Everybody in it is in the programme now."))
    return redirect("import", upload_id)


@require_POST
@told
def drop(request: HttpRequest, upload_id: int) -> HttpResponse:
    choosing.drop_upload(actor=request.user, upload_id=upload_id, version=version_of(request))
    messages.success(request, _("The file was dropped. Nobody was added by it."))
    return redirect("imports")


@require_POST
def bad_rows(request: HttpRequest, upload_id: int) -> HttpResponse:
    """The rows that can't be taken, as a file with their errors."""
    content = blank_files.bad_rows_of(actor=request.user, upload_id=upload_id)
    return as_file(content, f"bad-rows-{upload_id}.xlsx")


@require_POST
@told
def gone_inactive(request: HttpRequest, upload_id: int) -> HttpResponse:
    """People of the programme who are not in the file take no part in the next round."""
    gone = set_gone_inactive(actor=request.user, upload_id=upload_id)
    count = sum(len(ids) for ids in gone.values())
    messages.success(
        request, _("%(count)d people no longer take part. Nobody was deleted.") % {"count": count}
    )
    return redirect("import", upload_id)
