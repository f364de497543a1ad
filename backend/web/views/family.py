"""What a parent, a guardian or a carer sees: that somebody came, and when next."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy

from backend import policy
from backend.errors import NotYours
from backend.rosters import carers
from backend.rosters.models import Child
from backend.web.in_need import now_for
from backend.web.months import month_of, outcome, signs_in
from backend.web.saying import coming, first_sentences, spoken, teacher
from backend.web.templatetags.shuangdao import WEEKDAYS
from backend.web.views.signing import picture_of
from chat import history, meetings
from chat.access import children_of_family, meetings_for, relations_to_child
from chat.history import Line
from chat.models import Meeting
from matching.cards import mentors_of
from matching.models import Role

SUMMARY_COMES = timedelta(days=2)  # after a meeting: a day to write it, and the child's day
SHOWN = 4  # the next meetings of each child


def own(request: HttpRequest) -> HttpResponse:
    """The family's page of somebody who is something else besides, as a mentor with a child here."""
    children = children_of_family(request.user)
    if not children:
        raise NotYours
    return home(request, children)


def home(request: HttpRequest, children: list[Child]) -> HttpResponse:
    """Of each child whether somebody came, without a tap; what comes next; the month at a glance."""
    now, today = timezone.now(), timezone.localdate()
    taking_part = set(Child.objects.with_consent().filter(pk__in=[child.pk for child in children]))
    cards = [_card(request, child, now, today) for child in children]
    for card in cards:
        card["lacks_consent"] = card["reads"] and card["child"] not in taking_part
    context = {
        "now": now_for(request.user),
        "cards": cards,
        "weekdays": WEEKDAYS,
        "month": today.replace(day=1),
        "telephone": settings.PROGRAMME_PHONE,
    }
    return render(request, "family/home.html", context)


def _card(request: HttpRequest, child: Child, now: datetime, today: date) -> dict[str, Any]:
    relations = relations_to_child(request.user, child)
    reads = policy.allows("session", "read", relations)
    theirs = meetings_for(request.user).filter(child=child)
    ahead = theirs.ahead(now)
    rows = list(ahead.select_related("pairing__mentor").order_by("start"))
    back, off = meetings.to_take_back(actor=request.user, among=theirs, now=now), list(theirs.called_off(now))
    listed = sorted([*rows[:SHOWN], *(row for row in back if row not in off)], key=lambda row: row.start)
    rows_to_come = [_entry(row, back, now, today) for row in listed]
    card: dict[str, Any] = {
        "child": child,
        "reads": reads,
        "called_off": [_entry(row, back, now, today) for row in off],
        "now": teacher(rows[0].pairing.mentor.name) if rows and rows[0].start <= now else "",
        "next": coming(rows[0].start, today) if rows else "",
        "coming": rows_to_come,
        "meetings": [row for row in rows_to_come if not row["may_take_back"]],
    }
    if reads:
        told = history.first_line(actor=request.user, child_id=child.pk, now=now)
        weeks = month_of(
            today.replace(day=1), told.lately, rows, today, off=theirs.off_ahead(now), who=teacher
        )
        card |= {
            "firsts": first_sentences(told, child.call_name, today),
            "child_first": [line for line in told.lately if _is_child_first(line, now)]
            if policy.allows("summary", "read", relations)
            else [],
            "together": told.running and teacher(told.running.room.pairing.mentor.name),
            "since": told.running and told.running.opened_at,
            # Of the two, not of the one who is late: what was kept from this reader counts as not there.
            "not_yet": card["now"] and all(line.meeting != rows[0].pk for line in told.lately),
            "weeks": weeks,
            "signs": signs_in(weeks),
        }
    return card


def _entry(row: Meeting, back: list[Meeting], now: datetime, today: date) -> dict[str, Any]:
    """A meeting in a list. back: those that this reader may take back."""
    return {
        "meeting": row,
        "when": coming(row.start, today),
        "said": spoken(row.start, today),
        "who": teacher(row.pairing.mentor.name),
        "role": row.pairing.role,
        "may_change": meetings.may_change(row, now),
        "may_take_back": row in back,
    }


def _is_child_first(line: Line, now: datetime) -> bool:
    """A summary of it would still be the child's alone. Whether there is one must not show."""
    waits = line.role == Role.WELLBEING and line.summary is None and outcome(line) == "met"
    return waits and now - line.at < SUMMARY_COMES


def mentors(request: HttpRequest, child_id: int) -> HttpResponse:
    """Who the child's mentors are, and what has been proved of them to whom that may be told."""
    rows = mentors_of(actor=request.user, child_id=child_id, now=timezone.now())
    child = Child.objects.get(pk=child_id)
    return render(request, "family/mentors.html", {"child": child, "rows": rows})


class CarerForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    relation = forms.CharField(label=gettext_lazy("What the child calls them"), max_length=20, required=False)


def carer(request: HttpRequest, child_id: int) -> HttpResponse:
    """The adult at home: who it is, and a way in that is shown once on the parent's telephone."""
    child, known = carers.carer_of(actor=request.user, child_id=child_id)
    form = CarerForm(request.POST or None) if known is None else None
    context: dict[str, Any] = {"child": child, "carer": known, "form": form}
    context["came"] = known is not None and carers.has_come(request.user, known)
    if request.method == "POST" and (form is None or form.is_valid()):
        given = form.cleaned_data if form else {}
        way_in = carers.invite_carer(actor=request.user, child_id=child_id, **given)
        context |= {"way_in": way_in, "picture": picture_of(request.build_absolute_uri(way_in.link))}
    return render(request, "family/carer.html", context)


def hand_over(request: HttpRequest, child_id: int) -> HttpResponse:
    """How the child gets into the room from the telephone of the grown-up who is with it."""
    child = next((each for each in children_of_family(request.user) if each.pk == child_id), None)
    if child is None:
        raise NotYours
    return render(request, "family/hand_over.html", {"child": child})
