"""What a mentor sets about their own time: free hours of the week, a pause, the calendar of their telephone."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backend.ages import LATE_HOURS
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters import people
from backend.web.numbers import numbers
from backend.web.templatetags.shuangdao import WEEKDAYS
from backend.web.views.exports import calendar_file
from backend.web.views.signing import picture_of
from chat import calendar
from matching.own_hours import OwnHours, own_hours, set_own_hours


def show(request: HttpRequest) -> HttpResponse:
    """The week as boxes to tick; a script lets one paint over them."""
    hours = own_hours(actor=request.user)
    refused, status = "", 200
    if request.method == "POST":
        asked, taken, seen = (numbers(request.POST.getlist(name)) for name in ("slot", "taken", "seen"))
        try:
            set_own_hours(actor=request.user, slots=asked, no_choice=taken, seen=seen)
        except (Invalid, Conflict) as error:
            refused, status = str(error), error.kind.http
        else:
            messages.success(request, _("Your free hours are kept."))
            return redirect("my_hours")
    context = {"hours": hours, "rows": _grid(hours), "weekdays": WEEKDAYS, "refused": refused}
    context["late_age"] = LATE_HOURS
    return render(request, "mentor/hours.html", context, status=status)


def _grid(hours: OwnHours) -> list[tuple[str, bool, list[dict[str, Any]]]]:
    """Of each hour of the day: its name, whether only older children's rooms are open then, its week."""
    return [
        (
            f"{hour:02}",
            hour >= hours.closes_young,
            [
                {
                    "slot": slot,
                    "free": slot in hours.free,
                    "child": hours.taken[slot].child if slot in hours.taken else None,
                }
                for slot in (day * 24 + hour for day in range(7))
            ],
        )
        for hour in range(hours.opens, hours.closes)
    ]


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """One's own: no new children while it lasts."""
    mentor = own_hours(actor=request.user).mentor
    paused = request.POST.get("paused") == "yes"
    people.set_paused(actor=request.user, mentor_id=mentor.pk, paused=paused)
    if paused:
        messages.success(
            request, _("You are pausing: no new children come to you. Those you have go on as before.")
        )
    else:
        messages.success(request, _("The pause is over: new children can come to you again."))
    return redirect("my_hours")


def my_calendar(request: HttpRequest) -> HttpResponse:
    """The address for a calendar application: made, shown once, ended."""
    own_hours(actor=request.user)
    context: dict[str, Any] = {}
    if request.method == "POST" and "end" in request.POST:
        calendar.end_feed(actor=request.user)
        messages.success(
            request, _("The address is dead. What is in your calendar stays until you delete it.")
        )
        return redirect("my_calendar")
    if request.method == "POST":
        secret = calendar.make_feed(actor=request.user, now=timezone.now())
        address = f"{settings.SITE_ORIGIN}{reverse('calendar_feed', args=[secret])}"
        webcal = f"webcal:{address.partition(':')[2]}"
        context = {"address": address, "webcal": webcal, "picture": picture_of(address)}
    context["feed"] = calendar.feed_of(request.user)
    return render(request, "mentor/calendar.html", context)


@require_GET
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """By its secret alone: calendar applications can't sign in, and are not sent there. Logs leave it out."""
    try:
        return calendar_file(calendar.calendar_by_secret(secret, timezone.now()))
    except NotYours as refused:
        raise Http404 from refused
