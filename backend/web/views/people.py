"""Lists of children and mentors, and one of each."""

from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import F, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from backend import policy
from backend.accounts.access import check_may, may
from backend.care.access import close_to
from backend.rosters.access import access_mentor, child_relations, mentor_relations
from backend.rosters.looking import open_child
from backend.rosters.models import Child, Mentor
from backend.web.care_forms import CaseForm
from backend.web.filters import ChildFilter, MentorFilter, PairingFilter
from backend.web.views.cases import people_to_name
from backend.web.weeks import free_week
from matching.access import pairings_for
from matching.models import Role

PER_PAGE = 50


def children(request: HttpRequest) -> HttpResponse:
    check_may(request.user, "child", "list")
    rows = Child.objects.select_related("district").prefetch_related("wanted__subject")
    return _list(request, "people/children.html", ChildFilter(request.GET, rows), "child")


def mentors(request: HttpRequest) -> HttpResponse:
    check_may(request.user, "mentor", "list")
    rows = Mentor.objects.select_related("district").prefetch_related("teachings__subject", "wellbeing_bands")
    return _list(request, "people/mentors.html", MentorFilter(request.GET, rows), "mentor")


def _list(
    request: HttpRequest, template: str, filtered: django_filters.FilterSet, kind: str = ""
) -> HttpResponse:
    page = Paginator(filtered.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        template,
        {"form": filtered.form, "page": page, "may_write": bool(kind) and may(request.user, kind, "write")},
    )


def pairings(request: HttpRequest) -> HttpResponse:
    """Who works with whom now."""
    check_may(request.user, "pairing", "list")
    return _list(
        request, "people/pairings.html", PairingFilter(request.GET, pairings_for(request.user).live())
    )


def child(request: HttpRequest, child_id: int) -> HttpResponse:
    found = open_child(actor=request.user, child_id=child_id, now=timezone.now())
    relations = child_relations(request.user, found)
    prefetch_related_objects([found], "wanted__subject", "free_slots", "guardianships__guardian")
    pairings = list(found.pairings.filter(ended_at=None).select_related("mentor", "subject", "room"))
    taken = {pairing.role for pairing in pairings}
    context = {
        "child": found,
        "consent": found.consents.order_by(F("withdrawn_on").desc(nulls_first=True), "-pk").first(),
        "pairings": pairings,
        "lacking": [role for role in Role.values if found.active and role not in taken],
        "may_match": may(request.user, "round", "write"),
        **_safeguarding(request, found),
        "week": week_of(found),
        "may_write": policy.allows("child", "write", relations),
        "shows_contacts": policy.allows("child", "read_contacts", relations),
        "may_change_guardians": may(request.user, "guardianship", "write"),
        "shows_needs": policy.allows("child", "read_needs", relations),
    }
    return render(request, "people/child.html", context)


def _safeguarding(request: HttpRequest, found: Child) -> dict[str, Any]:
    """What is offered to whoever may; nothing about a child whom they are close to."""
    if close_to(request.user).filter(pk=found.pk).exists():
        return {}
    may_ask = [role for role in Role.values if may(request.user, "reading", f"ask_{role}")]
    if not may(request.user, "case", "open"):
        return {"may_ask": may_ask}
    return {"may_ask": may_ask, "case_form": CaseForm(people=people_to_name(found.pk))}


def mentor(request: HttpRequest, mentor_id: int) -> HttpResponse:
    found = access_mentor(request.user, mentor_id)
    prefetch_related_objects([found], "teachings__subject", "wellbeing_bands", "free_slots", "certificates")
    context = {
        "mentor": found,
        "pairings": found.pairings.filter(ended_at=None).select_related("child", "subject"),
        "week": week_of(found),
        "today": timezone.localdate(),
        "runs_out": Mentor.objects.running_out(timezone.localdate()).filter(pk=found.pk).exists(),
        "may_write": policy.allows("mentor", "write", mentor_relations(request.user, found)),
    }
    return render(request, "people/mentor.html", context)


def week_of(person: Child | Mentor) -> dict[str, Any]:
    return free_week(row.slot for row in person.free_slots.all())
