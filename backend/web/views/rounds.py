"""Rounds: set up, started, followed, looked at as a whole, dropped."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may, may
from backend.rosters.models import Child, Mentor, Subject
from backend.rosters.reading.cells import availability
from backend.web import openings
from backend.web.filters import ChildFilter
from backend.web.forms import LEVEL_WORDS, StartForm, factor_words
from backend.web.plots import plots
from backend.web.templatetags.shuangdao import grade, local_name, role, slot
from matching import following, review, rounds
from matching.access import access_round, locks_for, rounds_for
from matching.core.weights import FACTORS, Weights
from matching.figures import made_of
from matching.models import Round, Unserved
from matching.states import State
from matching.wording import detail_of, remedy_in_words

PER_PAGE = 50
CHANGED = gettext_lazy("Changed since last time")
EXCEPTIONS = {
    "unserved": gettext_lazy("Places that stay open"),
    "low_fit": gettext_lazy("Poor fit"),
    "far_grade": gettext_lazy("Far from the grades that the mentor is used to"),
    "siblings": gettext_lazy("Brothers and sisters at the same hour"),
    "one_evening": gettext_lazy("Both meetings on one evening"),
    "full_days": gettext_lazy("Counsellors with days of more than three meetings"),
    "left_out": gettext_lazy("Could not take part"),
}


def index(request: HttpRequest) -> HttpResponse:
    """Setting up the next round, and all there were, newest first."""
    check_may(request.user, "round", "list")
    narrowing = _narrowing(request)
    narrowed = ChildFilter(narrowing, Child.objects.filter(active=True)).qs if narrowing else None
    form = StartForm(request.POST or None, narrowed=narrowed)
    if request.method == "POST" and form.is_valid():
        round_ = rounds.start_round(
            actor=request.user,
            child_ids=form.chosen(),
            weights=form.weights(),
            stickiness=form.cleaned_data["stickiness"],
            gap=form.cleaned_data["gap"],
        )
        return redirect("round", round_.pk)
    rows = rounds_for(request.user).defer("snapshot", "left_out").select_related("created_by")
    standing = locks_for(request.user)
    context = {
        "form": form,
        "narrowing": narrowing,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_write": may(request.user, "round", "write"),
        "current": rounds_for(request.user).filter(state=State.PUBLISHED).only("published_at").first(),
        "pins": standing.filter(kind="pin").count(),
        "forbids": standing.filter(kind="forbid").count(),
        "paused": Mentor.objects.filter(active=True, paused=True).count(),
    }
    return render(request, "rounds/index.html", context)


def _narrowing(request: HttpRequest) -> dict[str, str]:
    """How the list of children was narrowed from which the coordinator came."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given[name] for name in ChildFilter.base_filters if given.get(name)}


def show(request: HttpRequest, round_id: int) -> HttpResponse:
    """One round: how it stands, what needs a second look, and how it is as a whole."""
    round_ = access_round(request.user, round_id, lean=True)
    context = {**frame(request, round_), **_progress(round_)}
    if round_.summary:
        numbers = kinds(round_, context["changes"])
        context |= {
            "kinds": numbers,
            "without": [label for _name, label, number, _url in numbers if not number],
            "open": numbers[0][2],
            "plots": plots(round_),
            "load": review.load_of_mentors(round_),
            "worst": review.worst_off(round_).select_related("child", "mentor", "subject"),
            "openings": openings.told(round_),
            "levels": _levels(round_.summary),
            "counted": _what_counted(round_),
        }
    answer = render(request, "rounds/show.html", context)
    if round_.state == State.SOLVING:  # the page soon loads itself again: what was said stands there still
        messages.get_messages(request).used = False
    return answer


def frame(request: HttpRequest, round_: Round) -> dict[str, Any]:
    """What every page of a round shows around its own content."""
    chosen = 0 if round_.covers_all else round_.chosen.count()
    return {
        "round": round_,
        "chosen": chosen,
        "absent": chosen - round_.summary.get("children", chosen),
        "changes": review.changes(round_) if round_.state in (State.SOLVED, State.SUPERSEDED) else None,
        "made_of": made_of(round_.summary) if round_.summary else None,
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


def kinds(round_: Round, changes: review.Changes | None) -> list[tuple[str, Any, int, str]]:
    """Each kind of exception with its name, how many there are, and where they stand."""
    found = [
        (kind, EXCEPTIONS[kind], number, reverse("exceptions", args=[round_.pk, kind]))
        for kind, number in review.counted(round_).items()
    ]
    if changes is not None:
        number = changes.moved + changes.ended
        found.insert(1, ("changed", CHANGED, number, reverse("changes", args=[round_.pk])))
    return found


def _levels(summary: dict[str, Any]) -> list[tuple[str, int, int]]:
    """What the plan reaches at each level, and what no plan can exceed there, the first level first."""
    return [
        (_("Children with both mentors"), summary["complete"], summary["complete_bound"]),
        (_("Their priorities together"), summary["priority_complete"], summary["priority_bound"]),
        (_("Places filled"), summary["roles_filled"], summary["roles_bound"]),
        (_("Objective"), summary["objective"], summary["objective_bound"]),
    ]


def _what_counted(round_: Round) -> list[tuple[str, str]]:
    """What counted more or less than usual, in words; points that no level says, as points."""
    weights = Weights.from_json(round_.weights)
    found = []
    for factor, level in weights.levels().items():
        if level == 100:
            continue
        points = ", ".join(str(getattr(weights, name)) for name in FACTORS[factor])
        said = (
            str(LEVEL_WORDS[level]) if level in LEVEL_WORDS else _("points: %(points)s") % {"points": points}
        )
        found.append((f"{role(factor.partition('_')[0])}{_(': ')}{factor_words(factor)[0]}", said))
    return found


def _progress(round_: Round) -> dict[str, Any]:
    """How far the solver is. What is left is told only from earlier rounds like this one."""
    if round_.state != State.SOLVING:
        return {}
    return {"now": following.standing(round_, timezone.now())}


def progress(request: HttpRequest, round_id: int) -> HttpResponse:
    """The piece of the page that asks for itself every second while the round is being solved."""
    round_ = access_round(request.user, round_id, lean=True)
    if round_.state != State.SOLVING:
        return HttpResponse(headers={"Reload": "1"})
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
