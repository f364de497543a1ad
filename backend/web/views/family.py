"""What a parent, a guardian or a carer sees: that somebody came, when next, and moving one meeting."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend import policy
from backend.rosters.models import Child
from backend.web.saying import coming, teacher, what_happened
from chat import history, meetings
from chat.access import access_meeting, meetings_for, relations_to_child
from chat.rules.meetings import may_change


def home(request: HttpRequest, children: list[Child]) -> HttpResponse:
    """The first line of each child, without a tap, and what comes in the next week."""
    now = timezone.now()
    today = timezone.localdate()
    cards = []
    for child in children:
        reads = policy.allows("session", "read", relations_to_child(request.user, child))
        last = history.first_line(actor=request.user, child_id=child.pk, now=now).last if reads else None
        ahead = meetings_for(request.user).to_come().filter(child=child, start__gt=now - timedelta(hours=1))
        rows = ahead.select_related("pairing__mentor").order_by("start")[:4]
        cards.append(
            {
                "child": child,
                "reads": reads,
                "last": what_happened(last, child.call_name, today) if last else "",
                "next": coming(rows[0].start, today) if rows else "",
                "meetings": [
                    {
                        "meeting": row,
                        "when": coming(row.start, today),
                        "who": teacher(row.pairing.mentor.name),
                        "role": row.pairing.role,
                    }
                    for row in rows
                ],
            }
        )
    return render(request, "family/home.html", {"cards": cards})


def month(request: HttpRequest, child_id: int) -> HttpResponse:
    """All meetings of a month with both mentors, and their summaries."""
    today = timezone.localdate()
    asked = parse_date(f"{request.GET.get('month', '')}-01") if request.GET.get("month") else today
    if asked is None:
        raise Http404
    found = history.history_for(actor=request.user, child_id=child_id, month=asked)
    child = Child.objects.get(pk=child_id)
    first = found.first_day
    following = (first + timedelta(days=32)).replace(day=1)
    context = {
        "child": child,
        "month": first,
        "previous": first - timedelta(days=1),
        "following": following if following <= today else None,
        "between": found.between,
        "lines": [
            {"line": line, "words": what_happened(line, child.call_name, today)} for line in found.lines
        ],
    }
    return render(request, "family/month.html", context)


def meeting(request: HttpRequest, meeting_id: int) -> HttpResponse:
    """One coming meeting: today it can't be, or another time."""
    found = access_meeting(request.user, meeting_id)
    today = timezone.localdate()
    context: dict[str, Any] = {
        "meeting": found,
        "child": found.pairing.child,
        "who": teacher(found.pairing.mentor.name),
        "when": coming(found.start, today),
        "hours": [],
    }
    if may_change(found.value(), timezone.now()):
        offered = meetings.hours_to_offer(actor=request.user, meeting_id=meeting_id)
        context["hours"] = [(hour.start.isoformat(), coming(hour.start, today)) for hour in offered[:24]]
        context["may_cancel"] = True
    return render(request, "family/meeting.html", context)


@require_POST
def change_meeting(request: HttpRequest, meeting_id: int) -> HttpResponse:
    """Moves the meeting to the hour that was chosen, or cancels it."""
    if "start" in request.POST:
        meetings.move_meeting(actor=request.user, meeting_id=meeting_id, start=_moment(request.POST["start"]))
        messages.success(request, _("The meeting has another time now. The mentor sees it too."))
    else:
        meetings.cancel_meeting(actor=request.user, meeting_id=meeting_id)
        messages.success(request, _("This one meeting is cancelled. The weekly hour stays."))
    return redirect("home")


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError as error:
        raise Http404 from error
    if found is None or timezone.is_naive(found):
        raise Http404
    return found
