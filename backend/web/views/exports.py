"""Files for Excel and for a calendar."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy

from backend.accounts.access import check_may
from backend.errors import Invalid
from backend.rosters.aside import waiting
from backend.rosters.sheets import FORMATS
from backend.web.forms import PasswordAgainForm
from backend.web.templatetags.shuangdao import grade, local_name, slot
from chat.calendar import calendar_of_mentor
from chat.export import Words, export_meetings, export_pairs
from matching.access import rounds_for
from matching.states import State

KINDS = {"pairs": ("pairing", "export"), "meetings": ("meeting", "export")}
LAST_DAYS = timedelta(days=30)
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ExportForm(PasswordAgainForm):
    form = forms.ChoiceField(
        label=gettext_lazy("As"), choices=[("xlsx", gettext_lazy("Excel workbook (XLSX)")), ("csv", "CSV")]
    )


class MeetingsForm(ExportForm):
    first = forms.DateField(label=gettext_lazy("First day"), widget=DATE)
    last = forms.DateField(label=gettext_lazy("Last day"), widget=DATE)


def index(request: HttpRequest) -> HttpResponse:
    """Every file that can be taken along, in one place."""
    check_may(request.user, *KINDS["pairs"])
    rounds = rounds_for(request.user).filter(state__in=(State.SOLVED, State.PUBLISHED))
    newest = rounds.defer("snapshot", "left_out").first()
    return render(request, "exports/index.html", {"round": newest, "waiting": waiting(request.user).count()})


def export(request: HttpRequest, what: str) -> HttpResponse:
    """The live pairs, or the log of meetings of some days, for the password once more."""
    check_may(request.user, *KINDS[what])
    today = timezone.localdate()
    initial = {"first": today - LAST_DAYS, "last": today}
    kind = MeetingsForm if what == "meetings" else ExportForm
    form = kind(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {k: v for k, v in form.cleaned_data.items() if k != "password"}
        try:
            if what == "meetings":
                content = export_meetings(actor=request.user, **given)
            else:
                content = export_pairs(actor=request.user, words=Words(grade, slot, local_name), **given)
        except Invalid as refused:
            form.add_error(None, str(refused))
        else:
            return _file(content, f"{what}-{today}.{given['form']}", FORMATS[given["form"]])
    return render(request, "exports/ask.html", {"form": form, "what": what})


def calendar(request: HttpRequest) -> HttpResponse:
    """One's own meetings as a mentor, for the calendar of a telephone."""
    return calendar_file(calendar_of_mentor(actor=request.user, now=timezone.now()))


def calendar_file(content: bytes) -> HttpResponse:
    return _file(content, "meetings.ics", "text/calendar; charset=utf-8")


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)
