"""A solved plan, looked through: the exceptions, all pairs, who changes, and whom one would have to find."""

import csv
import io
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook

from backend.rosters.export import write_row
from backend.web import openings
from backend.web.filters import ProposalFilter
from backend.web.templatetags.shuangdao import slot
from backend.web.views.rounds import EXCEPTIONS, PER_PAGE, explained, frame, kinds
from matching import review
from matching.access import access_round
from matching.changes import Change, changes_of
from matching.models import Pairing, Proposal, Round
from matching.publishing import Difference
from matching.wording import change_in_words, left_out_in_words

WHAT = {
    "started": gettext_lazy("Pairs that begin"),
    "moved": gettext_lazy("Pairs with another hour"),
    "ended": gettext_lazy("Pairs that end"),
}


def first_exceptions(request: HttpRequest, round_id: int) -> HttpResponse:
    """To the first kind of which there is any."""
    round_ = access_round(request.user, round_id, lean=True)
    if not round_.summary:
        raise Http404
    all_ = kinds(round_, frame(request, round_)["changes"])
    return redirect(next((url for _name, _label, number, url in all_ if number), all_[0][3]))


def exceptions(request: HttpRequest, round_id: int, kind: str) -> HttpResponse:
    """What needs a second look, of one kind; the other kinds with their numbers beside it."""
    round_ = access_round(request.user, round_id, lean=True)
    if kind not in EXCEPTIONS or not round_.summary:
        raise Http404
    rows = round_.left_out if kind == "left_out" else review.EXCEPTIONS[kind](round_)
    if kind == "unserved":
        rows = rows.select_related("child")
    elif kind not in ("full_days", "left_out"):
        rows = rows.select_related("child", "mentor", "subject")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    show = {"unserved": _unserved, "full_days": _full_days, "left_out": _left_out, "siblings": _siblings}
    around = frame(request, round_)
    context = {
        **around,
        "kinds": kinds(round_, around["changes"]),
        "kind": kind,
        "show_terms": kind == "low_fit",
        "title": EXCEPTIONS[kind],
        "hint": _hint(kind),
        "page": page,
        "rows": show.get(kind, _places)(round_, page),
    }
    return render(request, "rounds/exceptions.html", context)


def _hint(kind: str) -> str:
    """What counts as one of this kind."""
    return {
        "low_fit": _("So poor that it costs the plan extra; the worst first."),
        "far_grade": _("Three grades or more from the middle of what the mentor takes."),
        "siblings": _(
            "Children with a guardian in common. Whether they share a device is not known here: ask."
        ),
        "one_evening": _("Both from 16:00 on, on the same day."),
        "full_days": _("All children of the counsellor counted; who has the fullest day comes first."),
    }.get(kind, "")


def _places(round_: Round, page: Page[Any]) -> list[Any]:
    return [{"place": place} for place in page]


def _siblings(round_: Round, page: Page[Any]) -> list[Any]:
    at_once = review.siblings_of(round_, list(page))
    return [{"place": place, "siblings": at_once[place.pk]} for place in page]


def _unserved(round_: Round, page: Page[Any]) -> list[Any]:
    return [{"open": row, "detail": why, "remedy": remedy} for row, why, remedy in explained(list(page))]


def _full_days(round_: Round, page: Page[Any]) -> list[Any]:
    days = review.full_days(round_, [mentor.pk for mentor in page])
    return [
        {"mentor": mentor, "days": [(day * 24, meetings) for day, meetings in days[mentor.pk]]}
        for mentor in page
    ]


def _left_out(_round: Round, page: Page[Any]) -> list[Any]:
    people = review.people_left_out(list(page))
    told = [(entry, people.get((entry["kind"], entry["id"]))) for entry in page]
    return [
        {"kind": entry["kind"], "person": person, "why": left_out_in_words(entry["reason"])}
        for entry, person in told
        if person
    ]


def proposals(request: HttpRequest, round_id: int) -> HttpResponse:
    """All pairs of the plan, to be narrowed and searched."""
    round_ = access_round(request.user, round_id, lean=True)
    filtered = ProposalFilter(request.GET, round_.proposals.select_related("child", "mentor", "subject"))
    page = Paginator(filtered.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "rounds/proposals.html", {**frame(request, round_), "form": filtered.form, "page": page}
    )


def changes(request: HttpRequest, round_id: int) -> HttpResponse:
    """Who changes when this plan is published, and why: those who end first, or what is asked for."""
    round_ = access_round(request.user, round_id, lean=True)
    around = frame(request, round_)
    counts = around["changes"] or review.changes(round_)
    numbers = {what: getattr(counts, what) for what in ("ended", "moved", "started")}
    what = request.GET.get("what", "")
    if what not in WHAT:
        what = next((each for each, number in numbers.items() if number), "started")
    lists = {"started": review.beginning, "moved": review.moving, "ended": review.ending}
    rows = lists[what](round_).select_related("child", "mentor", "subject")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **around,
        "kinds": kinds(round_, counts),
        "kind": "changed",
        "counts": counts,
        "what": what,
        "title": WHAT[what],
        "whats": [(each, WHAT[each], number) for each, number in numbers.items()],
        "page": page,
        "rows": list(page) if what == "started" else with_reasons(round_, what, list(page)),
    }
    return render(request, "rounds/changes.html", context)


def with_reasons(round_: Round, what: str, rows: list[Any]) -> list[tuple[Change, str]]:
    """what: ended (rows: pairings) or moved (rows: proposals). Each with why, in words."""
    if what == "ended":
        told = changes_of(round_, Difference(ended=rows))[0]
    else:
        told = changes_of(round_, Difference(moved=_with_their_pairs(rows)))[1]
    return [(change, _why(change)) for change in told]


def _with_their_pairs(moving: list[Proposal]) -> list[tuple[Pairing, Proposal]]:
    """Without those whose pair has ended since the places were read."""
    live = Pairing.objects.live().filter(child__in=[row.child_id for row in moving])
    pairs = {(pair.child_id, pair.role, pair.mentor_id): pair for pair in live}
    found = [(pairs.get((row.child_id, row.role, row.mentor_id)), row) for row in moving]
    return [(pair, row) for pair, row in found if pair]


def _why(change: Change) -> str:
    hour = slot(change.facts["hour"]) if "hour" in change.facts else ""
    return change_in_words(change.reason, change.facts, hour)


FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}


def wanted(request: HttpRequest, round_id: int) -> HttpResponse:
    """Where one more mentor helps most: to print, to download, to send to a school. Names nobody."""
    round_ = access_round(request.user, round_id, lean=True)
    rows = openings.told(round_)
    kind = request.GET.get("format", "")
    if kind in FORMATS and rows:
        content = {"xlsx": _workbook, "csv": _csv, "txt": _letter}[kind](rows)
        headers = {"Content-Disposition": f'attachment; filename="mentors-wanted.{kind}"'}
        return HttpResponse(content, content_type=FORMATS[kind], headers=headers)
    return render(
        request,
        "rounds/wanted.html",
        {**frame(request, round_), "rows": rows, "open": round_.unserved.exists()},
    )


def _heading() -> list[str]:
    return [
        _("Role"),
        _("Subject"),
        _("Grades"),
        _("Needs"),
        _("Free at (the more of these, the better)"),
        _("Children"),
        _("So many more would have both mentors"),
    ]


def _cells(row: openings.Told) -> list[str]:
    hours = _("; ").join(row.hours)
    return [row.who, row.subject, row.grades, row.needs, hours, str(row.capacity), str(row.children)]


def _workbook(rows: list[openings.Told]) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = _("Mentors wanted")
    for number, texts in enumerate([_heading(), *map(_cells, rows)], start=1):
        write_row(sheet, number, texts)  # type: ignore[arg-type]
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _csv(rows: list[openings.Told]) -> bytes:
    """With a byte order mark: Excel takes it for the local encoding else. No cell holds what anybody typed."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_heading(), *map(_cells, rows)])
    return buffer.getvalue().encode("utf-8-sig")


def _letter(rows: list[openings.Told]) -> bytes:
    lines = [_("We look for volunteer mentors for children of medical staff."), ""]
    lines += [f"{number}. {row.words}" for number, row in enumerate(rows, start=1)]
    return "\r\n".join(lines).encode()
