"""Rounds: started, followed, looked at, dropped."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from backend.accounts.access import check_may, may
from backend.errors import Conflict, Invalid
from backend.rosters.models import Child, Mentor, Subject
from backend.rosters.reading.cells import availability
from backend.web.forms import LockForm, StartForm
from backend.web.templatetags.shuangdao import grade, local_name, role, slot
from matching import locks, rounds
from matching.access import access_round, locks_for, rounds_for
from matching.models import Round, Unserved
from matching.publishing import difference
from matching.states import State
from matching.wording import detail_of, left_out_in_words, opening_in_words, remedy_in_words

PER_PAGE = 50


def index(request: HttpRequest) -> HttpResponse:
    """All rounds, newest first, and the form for the next one."""
    check_may(request.user, "round", "list")
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        round_ = rounds.start_round(
            actor=request.user,
            child_ids=form.chosen(),
            weights=form.weights(),
            stickiness=form.cleaned_data["stickiness"],
        )
        return redirect("round", round_.pk)
    rows = rounds_for(request.user).defer("snapshot", "left_out").select_related("created_by")
    context = {
        "form": form,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_write": may(request.user, "round", "write"),
    }
    return render(request, "rounds/index.html", context)


def show(request: HttpRequest, round_id: int) -> HttpResponse:
    """One round: how it stands, its figures, and first of all the exceptions."""
    round_ = access_round(request.user, round_id)
    context = {**frame(request, round_), **_progress(round_)}
    if round_.summary:
        unserved = round_.unserved.select_related("child").order_by("reason", "child__roster_id", "role")
        page = Paginator(unserved, PER_PAGE).get_page(request.GET.get("page"))
        context["page"] = page
        context["rows"] = explained(list(page))
        context["left_out"] = _left_out(round_)
        context["openings"] = _openings(round_)
        context["levels"] = _levels(round_.summary)
    return render(request, "rounds/show.html", context)


def frame(request: HttpRequest, round_: Round) -> dict[str, Any]:
    """What every page of a round shows around its own content."""
    found = difference(round_) if round_.state == State.SOLVED else None
    return {
        "round": round_,
        "difference": found,
        "short": round_.summary.get("objective_bound", 0) - round_.summary.get("objective", 0),
        "may_write": may(request.user, "round", "write"),
        "may_publish": may(request.user, "round", "publish")
        and round_.state in (State.SOLVED, State.SUPERSEDED),
        "may_discard": may(request.user, "round", "write") and round_.state in (State.DRAFT, State.SOLVED),
    }


def explained(rows: list[Unserved]) -> list[tuple[Unserved, str, str]]:
    """Each open place with why, and with the smallest change that would fill it, in words."""
    ids = {row.remedy["mentor"] for row in rows if "mentor" in row.remedy}
    mentors = Mentor.objects.in_bulk(ids, field_name="roster_id")
    subjects = Subject.objects.in_bulk()
    found = []
    for row in rows:
        facts, remedy = dict(row.facts), dict(row.remedy)
        for told in (facts, remedy):
            if "grade" in told:
                told["grade"] = grade(told["grade"], row.child.school_system)
        codes = facts.get("subjects", "").split(";")
        facts["subjects"] = ";".join(local_name(subjects.get(code, code)) for code in codes)
        if remedy.get("mentor") in mentors:
            remedy["mentor"] = f"{mentors[remedy['mentor']].name} ({remedy['mentor']})"
        if remedy.get("subject") in subjects:
            remedy["subject"] = local_name(subjects[remedy["subject"]])
        if "slot" in remedy:
            remedy["slot"] = slot(next(iter(availability(remedy["slot"]))))
        found.append((row, detail_of(row.reason, facts), remedy_in_words(remedy)))
    return found


def _levels(summary: dict[str, Any]) -> list[tuple[str, int, int]]:
    """What the plan reaches at each level, and what no plan can exceed there, the first level first."""
    return [
        (_("Children with both mentors"), summary["complete"], summary["complete_bound"]),
        (_("Their priorities together"), summary["priority_complete"], summary["priority_bound"]),
        (_("Places filled"), summary["roles_filled"], summary["roles_bound"]),
        (_("Points of fit together"), summary["objective"], summary["objective_bound"]),
    ]


def _openings(round_: Round) -> list[str]:
    """Where one more mentor would help most, the best first."""
    subjects, found = Subject.objects.in_bulk(), []
    for opening in round_.summary.get("openings", []):
        who = role(opening["role"])
        if opening["subject"] in subjects:
            who = f"{who} · {local_name(subjects[opening['subject']])}"
        grades = f"{grade(opening['low'])}–{grade(opening['high'])}"
        hours = _(", ").join(slot(each) for each in opening["slots"])
        found.append(opening_in_words(opening, who, grades, hours))
    return found


def _left_out(round_: Round) -> list[tuple[str, Any, str]]:
    """Who could not take part: kind, person, and why in words."""
    people = {}
    for kind, model in (("child", Child), ("mentor", Mentor)):
        ids = [entry["id"] for entry in round_.left_out if entry["kind"] == kind]
        for person in model.objects.filter(roster_id__in=ids):
            people[kind, person.roster_id] = person
    return [
        (entry["kind"], people[entry["kind"], entry["id"]], left_out_in_words(entry["reason"]))
        for entry in round_.left_out
        if (entry["kind"], entry["id"]) in people
    ]


def _progress(round_: Round) -> dict[str, Any]:
    return {
        "seconds": int((timezone.now() - round_.created_at).total_seconds()),
        "stage": round_.progress.get("stage", ""),
        "waiting": round_.lease_until is None,
    }


def progress(request: HttpRequest, round_id: int) -> HttpResponse:
    """The piece of the page that asks for itself every second while the round is being solved."""
    round_ = access_round(request.user, round_id)
    if round_.state != State.SOLVING:
        return HttpResponseClientRefresh()
    return render(request, "rounds/progress.html", {"round": round_, **_progress(round_)})


@require_POST
def cancel(request: HttpRequest, round_id: int) -> HttpResponse:
    rounds.cancel_round(actor=request.user, round_id=round_id)
    messages.success(request, _("The round was stopped."))
    return redirect("round", round_id)


@require_POST
def discard(request: HttpRequest, round_id: int) -> HttpResponse:
    rounds.discard_round(actor=request.user, round_id=round_id)
    messages.success(request, _("The round was discarded. Published pairs stay as they are."))
    return redirect("rounds")


def lock_list(request: HttpRequest) -> HttpResponse:
    """Standing pins and forbids, and the form for another one."""
    check_may(request.user, "lock", "list")
    form = LockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            locks.add_lock(
                actor=request.user,
                kind=given["kind"],
                child_id=given["child"].pk,
                mentor_id=given["mentor"].pk,
                role=given["role"],
                slot=given["hour"],
            )
        except (Invalid, Conflict) as refused:
            form.add_error(None, refused.message)
            for problem in refused.facts.get("problems", []):
                form.add_error(None, problem["words"])
        else:
            messages.success(request, _("Noted. It holds from the next round on."))
            return redirect("locks")
    page = Paginator(locks_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "rounds/locks.html", {"form": form, "page": page})


@require_POST
def lift_lock(request: HttpRequest, lock_id: int) -> HttpResponse:
    locks.lift_lock(actor=request.user, lock_id=lock_id)
    return redirect("locks")
