"""One coming meeting: today it can't be, or another time. For the mentor, parents and the carer."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend import policy
from backend.web.saying import coming, teacher
from chat import meetings
from chat.access import access_meeting, relations_to_pairing


def show(request: HttpRequest, meeting_id: int) -> HttpResponse:
    """One coming meeting: today it can't be, or another time."""
    found = access_meeting(request.user, meeting_id)
    is_mentor = found.pairing.mentor.user_id == request.user.pk
    today = timezone.localdate()
    context: dict[str, Any] = {
        "meeting": found,
        "child": None if is_mentor else found.pairing.child,
        "who": found.pairing.child.call_name if is_mentor else teacher(found.pairing.mentor.name),
        "when": coming(found.start, today),
        "is_today": timezone.localdate(found.start) == today,
        "hours": [],
    }
    context["may_move"] = policy.allows("meeting", "move", relations_to_pairing(request.user, found.pairing))
    if context["may_move"] and meetings.may_change(found, timezone.now()):
        offered = meetings.hours_to_offer(actor=request.user, meeting_id=meeting_id)
        context["hours"] = [(hour.start.isoformat(), coming(hour.start, today)) for hour in offered[:24]]
        context["may_cancel"] = True
    return render(request, "meeting.html", context)


@require_POST
def change(request: HttpRequest, meeting_id: int) -> HttpResponse:
    """Moves the meeting to the hour that was chosen, or cancels it."""
    if "start" in request.POST:
        start = _moment(request.POST["start"])
        done = meetings.move_meeting(actor=request.user, meeting_id=meeting_id, start=start)
        said = _("The meeting is at another time now: %(when)s. Both sides see it.")
    else:
        done = meetings.cancel_meeting(actor=request.user, meeting_id=meeting_id)
        said = _("The meeting of %(when)s is cancelled, this one only. The weekly hour stays.")
    messages.success(request, said % {"when": coming(done.start, timezone.localdate())})
    return redirect("home")


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError as error:
        raise Http404 from error
    if found is None or timezone.is_naive(found):
        raise Http404
    return found
