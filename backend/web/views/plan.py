"""The plan of a solved round: looked through, changed by hand, published."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.errors import NotYours
from backend.rosters.models import Child, Mentor
from backend.web.filters import ProposalFilter
from backend.web.forms import PublishForm
from backend.web.templatetags.shuangdao import slot
from backend.web.views.rounds import PER_PAGE, explained, frame
from matching.access import access_round
from matching.changes import Change, changes_of
from matching.comparing import choices_with_costs, compare_choices, comparison_of
from matching.core.weights import Weights
from matching.edits import BreaksARule, Choice, change_proposal, choices_for
from matching.models import Role, Round
from matching.publishing import WorldMoved, difference, publish_round
from matching.rounds import RoundMovedOn
from matching.states import State
from matching.wording import change_in_words, cost_in_words, rule_in_words, terms_in_words

MOST_SHOWN = 200


def proposals(request: HttpRequest, round_id: int) -> HttpResponse:
    round_ = access_round(request.user, round_id)
    rows = round_.proposals.select_related("child", "mentor", "subject")
    filtered = ProposalFilter(request.GET, rows)
    page = Paginator(filtered.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "rounds/proposals.html", {**frame(request, round_), "form": filtered.form, "page": page}
    )


def changes(request: HttpRequest, round_id: int) -> HttpResponse:
    """Who moves when this plan is published, and why."""
    round_ = access_round(request.user, round_id)
    context = {**frame(request, round_), **_against_live(round_)}
    return render(request, "rounds/changes.html", context)


def _against_live(round_: Round) -> dict[str, Any]:
    """The difference to the live pairings, each that does not stay with its reason in words."""
    found = difference(round_)
    ended, moved = changes_of(round_, found)
    return {
        "difference": found,
        "ended": [(change, _why(change)) for change in ended[:MOST_SHOWN]],
        "moved": [(change, _why(change)) for change in moved[:MOST_SHOWN]],
        "most": MOST_SHOWN,
    }


def _why(change: Change) -> str:
    return change_in_words(
        change.reason, change.facts, slot(change.facts["hour"]) if "hour" in change.facts else ""
    )


def change(request: HttpRequest, round_id: int, child_id: int, role: str) -> HttpResponse:
    """Every mentor and hour that this child could have instead; POST takes one of them."""
    round_, child = _about(request, round_id, child_id, role)
    broken = None
    if request.method == "POST":
        try:
            change_proposal(
                actor=request.user, round_id=round_id, child_id=child_id, role=role, **_given(request)
            )
        except BreaksARule as refused:
            broken = refused
        else:
            messages.success(request, _("Changed. The plan's figures were counted again."))
            return redirect("proposals", round_id)
    choices = choices_for(round_, child.roster_id, role)
    people = Mentor.objects.select_related("district").in_bulk(
        {choice.mentor for choice in choices}, field_name="roster_id"
    )
    costs = _costs(round_, child, role, choices)
    now = costs["now"]
    still_open = round_.unserved.filter(child=child, role=role).select_related("child")
    had = (now.mentor.roster_id, now.slot) if now else None
    free = [choice for choice in choices if choice.free and (choice.mentor, choice.slot) != had]
    context = {
        **costs,
        "why": terms_in_words(role, now.terms, Weights.from_json(round_.weights)) if now else [],
        "still_open": explained(list(still_open)),
        "offers": _by_mentor(free, people),
        "others": _by_mentor([choice for choice in choices if not choice.free], people)[:MOST_SHOWN],
        "refusal": broken,
        "rules": [rule_in_words(row["rule"]) for row in broken.facts.get("rules", [])] if broken else [],
    }
    return render(request, "rounds/change.html", context, status=broken.kind.http if broken else 200)


def comparison(request: HttpRequest, round_id: int, child_id: int, role: str) -> HttpResponse:
    """POST asks what other choices would cost; the piece of the page with the answer asks for itself till then."""
    round_, child = _about(request, round_id, child_id, role)
    if request.method == "POST":
        compare_choices(actor=request.user, round_id=round_id, child_id=child_id, role=role)
        return redirect("change", round_id, child_id, role)
    return render(request, "rounds/costs.html", _costs(round_, child, role))


def _about(request: HttpRequest, round_id: int, child_id: int, role: str) -> tuple[Round, Child]:
    round_ = access_round(request.user, round_id, "write")
    child = Child.objects.filter(pk=child_id).first()
    if child is None:
        raise NotYours
    if role not in Role.values:
        raise Http404
    return round_, child


def _costs(round_: Round, child: Child, role: str, choices: list[Choice] | None = None) -> dict[str, Any]:
    """What other choices would cost the others: not asked yet, being worked out, or each in words."""
    asked = comparison_of(round_, child, role)
    rows = choices_with_costs(asked, choices) if asked else []
    people = Mentor.objects.select_related("district").in_bulk(
        {choice.mentor for choice, _cost in rows}, field_name="roster_id"
    )
    return {
        "round": round_,
        "child": child,
        "role": role,
        "now": round_.proposals.filter(child=child, role=role).select_related("mentor", "subject").first(),
        "asked": asked,
        "seconds": int((timezone.now() - asked.asked_at).total_seconds()) if asked else 0,
        "costs": [
            {"mentor": people[choice.mentor], "choice": choice, "words": cost_in_words(cost)}
            for choice, cost in rows
        ],
    }


def _given(request: HttpRequest) -> dict[str, int]:
    try:
        return {name: int(request.POST[name]) for name in ("version", "mentor_id", "slot")}
    except (KeyError, ValueError) as error:
        raise Http404 from error


def _by_mentor(choices: list[Choice], people: dict[str, Mentor]) -> list[dict[str, Any]]:
    """One entry a mentor, best value first, with the hours in order."""
    found = []
    ordered = sorted(choices, key=lambda choice: (-choice.value, choice.mentor, choice.slot))
    for mentor, hours in groupby(ordered, key=lambda choice: choice.mentor):
        each = list(hours)
        found.append({"mentor": people[mentor], "best": each[0], "hours": each})
    return found


def publish(request: HttpRequest, round_id: int) -> HttpResponse:
    """What publishing would change; POST does it. A second click finds it done and says so."""
    round_ = access_round(request.user, round_id, "publish")
    form = PublishForm(request.POST or None, user=request.user, initial={"version": round_.version})
    if request.method == "POST" and form.is_valid():
        try:
            publish_round(actor=request.user, round_id=round_id, version=form.cleaned_data["version"])
        except WorldMoved as refused:
            return _world_moved(request, round_, refused)
        except RoundMovedOn:
            round_.refresh_from_db()
            if round_.state != State.PUBLISHED:
                raise
        messages.success(request, _("Published. The pairs hold from now on."))
        return redirect("round", round_id)
    return render(request, "rounds/publish.html", {"round": round_, "form": form, **_against_live(round_)})


def _world_moved(request: HttpRequest, round_: Round, refused: WorldMoved) -> HttpResponse:
    rows = refused.facts["rows"]
    children = Child.objects.in_bulk({row["child"] for row in rows}, field_name="roster_id")
    mentors = Mentor.objects.in_bulk({row["mentor"] for row in rows}, field_name="roster_id")
    named = [
        {
            "child": children[row["child"]],
            "mentor": mentors[row["mentor"]],
            "role": row["role"],
            "wrong": rule_in_words(row["rule"]),
        }
        for row in rows
    ]
    context = {"round": round_, "refusal": refused, "rows": named}
    return render(request, "rounds/world_moved.html", context, status=refused.kind.http)
