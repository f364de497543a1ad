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
from backend.rosters.family import families_of
from backend.rosters.models import Carer
from backend.web.saying import coming, teacher
from chat import meetings
from chat.access import access_meeting, relations_to_pairing
from chat.models import Meeting
from chat.rules.meetings import MeetingState
from chat.telling import side_of


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
    if found.state == MeetingState.CANCELLED:
        context["may_take_back"] = meetings.may_take_back(request.user, found, timezone.now())
        context["cancelled"] = _cancelled(request.user, found, is_mentor)
    return render(request, "meeting.html", context)


def _cancelled(reader: Any, meeting: Meeting, is_mentor: bool) -> str:
    """That it is cancelled, and by whom, where that was one of the two sides."""
    if meeting.changed_by_id == reader.pk:
        return _("You cancelled this meeting. The weekly hour stays.")
    child = meeting.pairing.child
    by = side_of(meeting.changed_by_id, meeting.pairing, families_of([child.pk])[child.pk])
    if by == "mentor":
        said = _("%(mentor)s cancelled this meeting. The weekly hour stays.")
        return said % {"mentor": teacher(meeting.pairing.mentor.name)}
    if by == "family" and is_mentor:
        return _("The child's family cancelled this meeting. The weekly hour stays.")
    carer = Carer.objects.filter(child=child, user=meeting.changed_by_id).first() if by == "family" else None
    if carer and carer.relation:
        said = _("%(who)s cancelled this meeting. The weekly hour stays.")
        return said % {"who": carer.relation}
    if by == "family":
        return _("Somebody in the family cancelled this meeting. The weekly hour stays.")
    return _("This meeting is cancelled. The weekly hour stays.")


@require_POST
def change(request: HttpRequest, meeting_id: int) -> HttpResponse:
    """Moves the meeting to the hour that was chosen, cancels it, or takes that back."""
    if "start" in request.POST:
        start = _moment(request.POST["start"])
        done = meetings.move_meeting(actor=request.user, meeting_id=meeting_id, start=start)
        said = _("The meeting is at another time now: %(when)s. Both sides see it.")
    elif "take_back" in request.POST:
        done = meetings.take_back_cancelling(actor=request.user, meeting_id=meeting_id)
        said = _("The meeting of %(when)s takes place after all. Both sides see it.")
    else:
        meetings.cancel_meeting(actor=request.user, meeting_id=meeting_id)
        return redirect("meeting", meeting_id)  # which says so, and where a slip can be taken back
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
