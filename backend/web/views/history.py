"""The history of a child: a month at a glance and in a list, on paper, and as a file of the family's own."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend import policy
from backend.care.own_data import access_own_data, own_data
from backend.policy import Relation
from backend.rosters.models import Child
from backend.web.filters import ROLES
from backend.web.months import OUTCOMES, gaps, month_of, outcome, signs_in
from backend.web.own_file import zipped
from backend.web.saying import first_sentences, teacher, what_happened
from backend.web.templatetags.shuangdao import WEEKDAYS
from chat import history, meetings
from chat.access import meetings_for, relations_to_child

YEAR = 12


class HistoryForm(forms.Form):
    """What a month is narrowed by. A value that is none narrows nothing."""

    month = forms.CharField(required=False, widget=forms.HiddenInput)
    role = forms.ChoiceField(
        label=gettext_lazy("With"), required=False, choices=[("", gettext_lazy("both mentors")), *ROLES]
    )
    what = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        required=False,
        choices=[
            ("", gettext_lazy("all")),
            *((name, words) for name, (_sign, words) in OUTCOMES.items() if name not in ("ahead", "moved")),
        ],
    )
    span = forms.ChoiceField(
        label=gettext_lazy("Time"),
        required=False,
        choices=[("", gettext_lazy("this month")), ("year", gettext_lazy("the last twelve months"))],
    )

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in ("role", "what", "span")}


def show(request: HttpRequest, child_id: int) -> HttpResponse:
    """All meetings of a month with both mentors, and their summaries."""
    context = _read(request, child_id)
    child, first, today = context["child"], context["month"], timezone.localdate()
    context["is_child"] = child.user_id == request.user.pk
    if not context["is_child"]:  # a child is shown no signs for what it missed
        weeks = month_of(
            first, context["all_lines"], context["ahead"], today, off=context["off"], who=teacher
        )
        context |= {"weeks": weeks, "signs": signs_in(weeks), "weekdays": WEEKDAYS}
    if Relation.GUARDIAN in context["relations"] and first == today.replace(day=1):
        told = history.first_line(actor=request.user, child_id=child_id)
        context["firsts"] = first_sentences(told, child.call_name, today)
    return render(request, "family/history.html", context)


def on_paper(request: HttpRequest, child_id: int) -> HttpResponse:
    """The same as a table, without anything around it."""
    context = _read(request, child_id)
    context["up"] = f"{reverse('history', args=[child_id])}?{context['query']}"
    return render(request, "family/on_paper.html", context)


def _read(request: HttpRequest, child_id: int) -> dict[str, Any]:
    today = timezone.localdate()
    month = _month(request.GET["month"]) if request.GET.get("month") else today
    form = HistoryForm(request.GET)
    chosen = form.chosen()
    months = YEAR if chosen["span"] else 1
    found = history.history_for(actor=request.user, child_id=child_id, month=month, months=months)
    child = Child.objects.get(pk=child_id)
    relations = relations_to_child(request.user, child)
    first = month.replace(day=1)
    following = history.months_before(first, -1)
    called = _("you") if child.user_id == request.user.pk else child.call_name
    lines = [
        {
            "at": line.at,
            "line": line,
            "words": what_happened(line, called, today),
            "outcome": OUTCOMES[outcome(line)],
        }
        for line in found.lines
        if chosen["role"] in ("", line.role) and chosen["what"] in ("", outcome(line))
    ]
    now, theirs = timezone.now(), meetings_for(request.user).filter(child=child)
    ahead = list(theirs.ahead(now))
    all_lines = [*found.lines, *found.moved_on]
    moved = [
        {"at": gap.at, "gap": gap, "who": teacher(gap.mentor_name)}
        for gap in gaps(all_lines, ahead)
        if found.first_day <= timezone.localdate(gap.at) < following
        and chosen["role"] in ("", gap.role)
        and not chosen["what"]
    ]
    return {
        "child": child,
        "relations": relations,
        "month": first,
        "since": found.first_day,
        "previous": history.months_before(first, 1),
        "following": following if following <= today else None,
        "form": form,
        "narrowed": any(chosen.values()),
        "lines": lines,
        "entries": _anchored(lines + moved),
        "all_lines": all_lines,
        "ahead": ahead,
        "off": theirs.off_ahead(now),
        "between": found.between,
        "may_dispute": policy.allows("meeting", "dispute", relations),
        "may_export": policy.allows("child", "export", relations),
        "query": request.GET.urlencode(),
    }


def _anchored(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Newest first; the first of each day is where the month's sign leads."""
    entries = sorted(entries, key=lambda entry: entry["at"], reverse=True)
    days: set[date] = set()
    for entry in entries:
        day = timezone.localdate(entry["at"])
        entry["anchor"] = "" if day in days else f"{day}"
        days.add(day)
    return entries


def _month(text: str) -> date:
    try:
        asked = parse_date(f"{text}-01")
    except ValueError as error:
        raise Http404 from error
    if asked is None or not 2000 <= asked.year < 2100:
        raise Http404
    return asked


def own_file(request: HttpRequest, child_id: int) -> HttpResponse:
    """What the file holds and what it doesn't; and the file."""
    child = access_own_data(request.user, child_id)
    if request.method != "POST":
        return render(request, "family/own_file.html", {"child": child})
    content = zipped(own_data(actor=request.user, child_id=child_id, now=timezone.now()))
    headers = {"Content-Disposition": f'attachment; filename="shuangdao-{timezone.localdate()}.zip"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)


@require_POST
def dispute(request: HttpRequest, report_id: int) -> HttpResponse:
    """The family says that a meeting which the mentor told did not take place."""
    report = meetings.dispute_meeting_elsewhere(actor=request.user, report_id=report_id)
    messages.success(request, _("Noted. The mentor and the coordinators see it."))
    return redirect("history", report.room.pairing.child_id)
