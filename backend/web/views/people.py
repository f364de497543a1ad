"""Lists of children and mentors, and one of each."""

from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from backend.accounts.access import check_may
from backend.errors import NotYours
from backend.rosters.models import Child, Mentor
from backend.web.filters import ChildFilter, MentorFilter, PairingFilter
from backend.web.templatetags.shuangdao import WEEKDAYS
from matching.access import pairings_for

PER_PAGE = 50


def children(request: HttpRequest) -> HttpResponse:
    check_may(request.user, "child", "list")
    rows = Child.objects.select_related("district").prefetch_related("wanted__subject")
    return _list(request, "people/children.html", ChildFilter(request.GET, rows))


def mentors(request: HttpRequest) -> HttpResponse:
    check_may(request.user, "mentor", "list")
    rows = Mentor.objects.select_related("district").prefetch_related("teachings__subject", "wellbeing_bands")
    return _list(request, "people/mentors.html", MentorFilter(request.GET, rows))


def _list(request: HttpRequest, template: str, filtered: django_filters.FilterSet) -> HttpResponse:
    page = Paginator(filtered.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, template, {"form": filtered.form, "page": page})


def pairings(request: HttpRequest) -> HttpResponse:
    """Who works with whom now."""
    check_may(request.user, "pairing", "list")
    return _list(
        request, "people/pairings.html", PairingFilter(request.GET, pairings_for(request.user).live())
    )


def child(request: HttpRequest, child_id: int) -> HttpResponse:
    check_may(request.user, "child", "read")
    rows = Child.objects.select_related("district", "carer__user").prefetch_related(
        "wanted__subject", "free_slots", "guardianships__guardian"
    )
    found = rows.filter(pk=child_id).first()
    if found is None:
        raise NotYours
    consent = found.consents.filter(withdrawn_on=None).first()
    live = found.pairings.filter(ended_at=None).select_related("mentor", "subject")
    context = {"child": found, "consent": consent, "pairings": live, "week": _week(found)}
    return render(request, "people/child.html", context)


def mentor(request: HttpRequest, mentor_id: int) -> HttpResponse:
    check_may(request.user, "mentor", "read")
    rows = Mentor.objects.select_related("district", "user").prefetch_related(
        "teachings__subject", "wellbeing_bands", "free_slots", "certificates"
    )
    found = rows.filter(pk=mentor_id).first()
    if found is None:
        raise NotYours
    live = found.pairings.filter(ended_at=None).select_related("child", "subject")
    context = {"mentor": found, "pairings": live, "week": _week(found), "today": timezone.localdate()}
    return render(request, "people/mentor.html", context)


def _week(person: Child | Mentor) -> dict[str, Any]:
    """The free hours as a grid: a heading of weekdays, then a row an hour that anybody has free."""
    free = {row.slot for row in person.free_slots.all()}
    hours = range(min(s % 24 for s in free), max(s % 24 for s in free) + 1) if free else range(0)
    grid = [(f"{hour:02}:00", [day * 24 + hour in free for day in range(7)]) for hour in hours]
    return {"days": WEEKDAYS, "rows": grid}
