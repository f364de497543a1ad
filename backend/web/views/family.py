"""What a parent, a guardian or a carer sees: that somebody came, and when next."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend import policy
from backend.errors import NotYours
from backend.rosters.models import Child
from backend.web.saying import coming, teacher, what_happened
from chat import history, meetings
from chat.access import children_of_family, meetings_for, relations_to_child


def own(request: HttpRequest) -> HttpResponse:
    """The family's page of somebody who is something else besides, as a mentor with a child here."""
    children = children_of_family(request.user)
    if not children:
        raise NotYours
    return home(request, children)


def home(request: HttpRequest, children: list[Child]) -> HttpResponse:
    """The first line of each child, without a tap, and what comes in the next week."""
    now = timezone.now()
    today = timezone.localdate()
    cards = []
    taking_part = set(Child.objects.with_consent().filter(pk__in=[child.pk for child in children]))
    for child in children:
        reads = policy.allows("session", "read", relations_to_child(request.user, child))
        line = history.first_line(actor=request.user, child_id=child.pk, now=now) if reads else None
        running = line.running if line else None
        ahead = meetings_for(request.user).ahead(now).filter(child=child)
        rows = ahead.select_related("pairing__mentor").order_by("start")[:4]
        cards.append(
            {
                "child": child,
                "reads": reads,
                "lacks_consent": reads and child not in taking_part,
                "last": what_happened(line.last, child.call_name, today) if line and line.last else "",
                "together": running and teacher(running.room.pairing.mentor.name),
                "since": running and running.opened_at,
                "now": teacher(rows[0].pairing.mentor.name) if rows and rows[0].start <= now else "",
                "next": coming(rows[0].start, today) if rows else "",
                "meetings": [
                    {
                        "meeting": row,
                        "when": coming(row.start, today),
                        "who": teacher(row.pairing.mentor.name),
                        "role": row.pairing.role,
                        "may_change": meetings.may_change(row, now),
                    }
                    for row in rows
                ],
            }
        )
    return render(request, "family/home.html", {"cards": cards})


def month(request: HttpRequest, child_id: int) -> HttpResponse:
    """All meetings of a month with both mentors, and their summaries."""
    today = timezone.localdate()
    asked = _month(request.GET["month"]) if request.GET.get("month") else today
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
        "may_dispute": policy.allows("meeting", "dispute", relations_to_child(request.user, child)),
        "lines": [
            {"line": line, "words": what_happened(line, child.call_name, today)} for line in found.lines
        ],
    }
    return render(request, "family/month.html", context)


def _month(text: str) -> date:
    try:
        asked = parse_date(f"{text}-01")
    except ValueError as error:
        raise Http404 from error
    if asked is None or not 2000 <= asked.year < 2100:
        raise Http404
    return asked


@require_POST
def dispute(request: HttpRequest, report_id: int) -> HttpResponse:
    """The family says that a meeting which the mentor told did not take place."""
    report = meetings.dispute_meeting_elsewhere(actor=request.user, report_id=report_id)
    messages.success(request, _("Noted. The mentor and the coordinators see it."))
    return redirect("history", report.room.pairing.child_id)
