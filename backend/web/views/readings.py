"""Rooms read in an emergency: asked for, decided, reviewed."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may, may
from backend.care import readings
from backend.care.access import (
    access_room_to_ask,
    readings_for,
    readings_to_review,
    waiting_readings,
    who_may_decide,
)
from backend.care.models import Reading
from backend.care.rules import review_by
from backend.errors import Refusal
from backend.web.care_forms import AskForm
from backend.web.saying import teacher

PER_PAGE = 30
OFFERED = timedelta(days=7)  # what the form suggests: up to today, today included


def index(request: HttpRequest) -> HttpResponse:
    """What waits for this person, what is open to them, and everything that they may know of."""
    check_may(request.user, "reading", "list")
    now, today = timezone.now(), timezone.localdate()
    to_review = [
        {"reading": reading, "overdue": review_by(timezone.localdate(reading.asked_at)) < today}
        for reading in readings_to_review(request.user)
    ]
    waiting = waiting_readings(request.user)
    opened = readings_for(request.user).open(now).filter(asked_by=request.user)
    above = {*waiting, *(entry["reading"] for entry in to_review), *opened}
    others = readings_for(request.user).exclude(pk__in=[reading.pk for reading in above])
    context = {
        "waiting": waiting,
        "to_review": to_review,
        "open": opened,
        "others": bool(above),
        "page": Paginator(others, PER_PAGE).get_page(request.GET.get("page")),
        "reviews": Reading.Review.choices,
    }
    return render(request, "readings/index.html", context)


def ask(request: HttpRequest, room_id: int) -> HttpResponse:
    room = access_room_to_ask(request.user, room_id)
    today = timezone.localdate()
    form = AskForm(
        request.POST or None,
        may_go_ahead=may(request.user, "reading", "go_ahead_alone"),
        initial={"first_day": today - OFFERED + timedelta(days=1), "last_day": today},
    )
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = form.cleaned_data
        try:
            reading = readings.ask_in_emergency(actor=request.user, room_id=room_id, **asked)
        except Refusal as refused:
            form.add_error(None, str(refused))
        else:
            if reading.alone:
                messages.success(request, _("The room is open to you for 60 minutes."))
                return redirect("room", room_id)
            if who_may_decide(reading):
                messages.success(request, _("Those who may decide have been told."))
            else:
                messages.warning(
                    request, _("There is no second person who may decide at the moment. Invite one first.")
                )
            return redirect("readings")
    context = {"form": form, "room": room, "mentor": teacher(room.pairing.mentor.name)}
    return render(request, "readings/ask.html", context)


@require_POST
def decide(request: HttpRequest, reading_id: int) -> HttpResponse:
    approve = "approve" in request.POST
    readings.decide_reading(actor=request.user, reading_id=reading_id, approve=approve)
    messages.success(
        request,
        _("It is open to who asked, for 60 minutes.")
        if approve
        else _("It stays closed. Who asked is told."),
    )
    return redirect("readings")


@require_POST
def review(request: HttpRequest, reading_id: int) -> HttpResponse:
    chosen = request.POST.get("review", "")
    readings.review_reading(actor=request.user, reading_id=reading_id, review=chosen)
    messages.success(request, _("Your review is kept."))
    return redirect("readings")
