"""One child's place in a solved plan: looked at, changed, swapped, undone, done again, solved again around."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from backend.errors import Conflict, Invalid
from backend.rosters.looking import open_child
from backend.rosters.models import Child, Mentor
from backend.web.edits import told
from backend.web.filters import NameFilter
from backend.web.numbers import numbers
from backend.web.views.rounds import PER_PAGE, explained, frame
from backend.web.way_back import way_back, with_way_back
from backend.web.weeks import week_of_two
from matching import locks, steps
from matching.access import access_round, locks_for
from matching.again import HandChoicesGone, solve_again
from matching.comparing import choices_with_costs, compare_choices, comparison_of
from matching.core.weights import Weights
from matching.edits import Choice, Swap, change_proposal, choices_for, swap_children, swaps_for
from matching.models import Lock, Proposal, Role, Round
from matching.states import State
from matching.steps import BreaksARule, PlanChanged, edits_since, stacks
from matching.wording import cost_in_words, rule_in_words, terms_in_words

MOST_SHOWN = 200
OFFERS_SHOWN = 30
OTHERS_SHOWN = 60
SWAPS_SHOWN = 12


def change(request: HttpRequest, round_id: int, child_id: int, role: str) -> HttpResponse:
    """The two beside each other, and all that the child could have instead; POST takes one of the offers."""
    round_, child = _about(request, round_id, child_id, role)
    broken = None
    if request.method == "POST":
        version, mentor_id, slot = _numbers(request, "version", "mentor_id", "slot")
        given = {"child_id": child_id, "role": role, "mentor_id": mentor_id, "slot": slot}
        try:
            change_proposal(actor=request.user, round_id=round_id, version=version, **given)
        except PlanChanged as refused:
            return changed_meanwhile(request, round_, version, refused, child=child, role=role)
        except BreaksARule as refused:
            broken = refused
        else:
            messages.success(request, _("Changed. The plan's figures were counted again."))
            return redirect(way_back(request, round_id) or reverse("proposals", args=[round_id]))
    return _pair(request, round_, child, role, broken)


@require_POST
def swap(request: HttpRequest, round_id: int, child_id: int, role: str) -> HttpResponse:
    round_, child = _about(request, round_id, child_id, role)
    version, other_id = _numbers(request, "version", "other_id")
    given = {"child_id": child_id, "role": role, "other_id": other_id}
    try:
        swap_children(actor=request.user, round_id=round_id, version=version, **given)
    except PlanChanged as refused:
        return changed_meanwhile(request, round_, version, refused, child=child, role=role)
    except BreaksARule as refused:
        return _pair(request, round_, child, role, refused)
    messages.success(request, _("The two have changed places. The plan's figures were counted again."))
    return redirect(way_back(request, round_id) or reverse("edits", args=[round_id]))


def _pair(
    request: HttpRequest, round_: Round, child: Child, role: str, broken: BreaksARule | None
) -> HttpResponse:
    choices = choices_for(round_, child.roster_id, role)
    costs = _costs(round_, child, role, choices)
    now = costs["now"]
    had = (now.mentor.roster_id, now.slot) if now else None
    filtered = NameFilter(request.GET, Mentor.objects.all())
    if any(request.GET.get(name) for name in filtered.filters):
        named = set(filtered.qs.values_list("roster_id", flat=True))
        choices = [choice for choice in choices if choice.mentor in named]
    free = [choice for choice in choices if choice.free and (choice.mentor, choice.slot) != had]
    page = Paginator(_by_mentor(free), OFFERS_SHOWN).get_page(request.GET.get("page"))
    others = _by_mentor([choice for choice in choices if not choice.free])
    swaps = swaps_for(round_, child.roster_id, role)[:SWAPS_SHOWN] if round_.state == State.SOLVED else []
    shown = {hours[0].mentor for hours in [*page, *others[:OTHERS_SHOWN]]} | {swap.mentor for swap in swaps}
    people = _mentors(shown)
    still_open = round_.unserved.filter(child=child, role=role).select_related("child")
    standing = locks_for(request.user).filter(child=child, role__in=("", role))
    context = {
        **costs,
        "back": way_back(request, round_.pk),
        "off": now.fit - now.value if now else 0,
        "other_role": next(each for each in Role.values if each != role),
        "wanted": child.wanted.select_related("subject"),
        "seats": round_.proposals.filter(mentor=now.mentor).count() if now else 0,
        "week": week_of_two(round_, child, role, now),
        "why": terms_in_words(role, now.terms, Weights.from_json(round_.weights)) if now else [],
        "still_open": explained(list(still_open)),
        "locks": standing,
        "forbidden": any(
            now and each.kind == "forbid" and each.mentor_id == now.mentor_id for each in standing
        ),
        "form": filtered.form,
        "page": page,
        "offers": _with_people(page, people),
        "others": _with_people(others[:OTHERS_SHOWN], people),
        "others_left_out": max(0, len(others) - OTHERS_SHOWN),
        "swaps": _with_children(swaps, people),
        "refusal": broken,
        "rules": [rule_in_words(row["rule"]) for row in broken.facts.get("rules", [])] if broken else [],
    }
    return render(request, "rounds/change.html", context, status=broken.kind.http if broken else 200)


def _with_children(swaps: list[Swap], people: dict[str, Mentor]) -> list[dict[str, Any]]:
    children = Child.objects.in_bulk([swap.child for swap in swaps], field_name="roster_id")
    return [{"child": children[s.child], "mentor": people[s.mentor], "swap": s} for s in swaps]


def _mentors(roster_ids: set[str]) -> dict[str, Mentor]:
    return Mentor.objects.select_related("district").in_bulk(roster_ids, field_name="roster_id")


@require_POST
def lock(request: HttpRequest, round_id: int, child_id: int, role: str) -> HttpResponse:
    """Pins or forbids the mentor whom the plan gives, or lifts what stands."""
    _round, child = _about(request, round_id, child_id, role)
    if "lift" in request.POST:
        locks.lift_lock(actor=request.user, lock_id=_numbers(request, "lift")[0])
        messages.success(request, _("Lifted. It holds from the next round on."))
        return _to_place(request, round_id, child_id, role)
    kind, (mentor_id,) = request.POST.get("kind", ""), _numbers(request, "mentor_id")
    if kind not in Lock.Kind.values:
        raise Http404
    pins = kind == Lock.Kind.PIN
    try:
        given = {"kind": kind, "child_id": child.pk, "mentor_id": mentor_id}
        locks.add_lock(actor=request.user, **given, role=role if pins else "")
    except (Invalid, Conflict) as refused:
        problems = [problem["words"] for problem in refused.facts.get("problems", [])]
        messages.warning(request, " ".join([str(refused), *problems]))
    else:
        said = (
            _("Pinned: every later round keeps these two together.")
            if pins
            else _(
                "Noted: these two are never matched again. This plan still has them together: choose somebody "
                "else below, or solve again."
            )
        )
        messages.success(request, said)
    return _to_place(request, round_id, child_id, role)


def comparison(request: HttpRequest, round_id: int, child_id: int, role: str) -> HttpResponse:
    """POST asks what other choices would cost; the piece of the page with the answer asks for itself till then."""
    round_, child = _about(request, round_id, child_id, role)
    if request.method == "POST":
        compare_choices(actor=request.user, round_id=round_id, child_id=child_id, role=role)
        return _to_place(request, round_id, child_id, role)
    context = {**_costs(round_, child, role), "back": way_back(request, round_id)}
    return render(request, "rounds/costs.html", context)


def edits(request: HttpRequest, round_id: int) -> HttpResponse:
    """What was changed by hand, the newest first, and what can be taken back."""
    round_ = access_round(request.user, round_id)
    rows = list(round_.edits.select_related("made_by", "of"))
    done, undone = stacks(rows)
    page = Paginator(rows[::-1], PER_PAGE).get_page(request.GET.get("page"))
    ends = told([*done[-1:], *undone[-1:]])
    context = {
        **frame(request, round_),
        "page": page,
        "rows": told(page),
        "taken_back": {edit.pk for edit in undone},
        "to_undo": ends[0] if done else None,
        "to_redo": ends[-1] if undone else None,
        "by_hand": round_.proposals.filter(by_hand=True).count(),
    }
    return render(request, "rounds/edits.html", context)


@require_POST
def undo(request: HttpRequest, round_id: int, again: bool = False) -> HttpResponse:
    """Takes back the last step, or makes again what was taken back."""
    round_ = access_round(request.user, round_id, "write")
    (version,) = _numbers(request, "version")
    try:
        (steps.redo if again else steps.undo)(actor=request.user, round_id=round_id, version=version)
    except PlanChanged as refused:
        return changed_meanwhile(request, round_, version, refused)
    messages.success(request, _("Done again.") if again else _("Taken back."))
    return redirect("edits", round_id)


@require_POST
def again(request: HttpRequest, round_id: int) -> HttpResponse:
    round_ = access_round(request.user, round_id, "write")
    (version,) = _numbers(request, "version")
    try:
        new = solve_again(actor=request.user, round_id=round_id, version=version)
    except PlanChanged as refused:
        return changed_meanwhile(request, round_, version, refused)
    except HandChoicesGone as refused:
        return not_holding(request, round_, refused)
    kept = new.proposals.count()
    said = ngettext(
        "Being solved again around %(number)d place chosen by hand. The plan of before stays as it is.",
        "Being solved again around %(number)d places chosen by hand. The plan of before stays as it is.",
        kept,
    )
    messages.success(request, said % {"number": kept})
    return redirect("round", new.pk)


def changed_meanwhile(
    request: HttpRequest, round_: Round, version: int, refused: Conflict, **place: Any
) -> HttpResponse:
    """Nothing was written; what the others did since the page was loaded, and by whom."""
    round_.refresh_from_db()
    rows = told(edits_since(round_, version)[:MOST_SHOWN])
    context = {"round": round_, "refusal": refused, "rows": rows, **place}
    return render(request, "rounds/changed_meanwhile.html", context, status=refused.kind.http)


def not_holding(request: HttpRequest, round_: Round, refused: Conflict) -> HttpResponse:
    """Nothing was written: the places that do not hold with today's people, each with why."""
    context = {"round": round_, "refusal": refused, "rows": named_places(refused.facts["rows"])}
    return render(request, "rounds/world_moved.html", context, status=refused.kind.http)


def named_places(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    children = Child.objects.in_bulk({row["child"] for row in rows}, field_name="roster_id")
    mentors = Mentor.objects.in_bulk({row["mentor"] for row in rows}, field_name="roster_id")
    return [
        {
            "child": children[row["child"]],
            "mentor": mentors[row["mentor"]],
            "role": row["role"],
            "wrong": rule_in_words(row["rule"]),
        }
        for row in rows
    ]


def _about(request: HttpRequest, round_id: int, child_id: int, role: str) -> tuple[Round, Child]:
    round_ = access_round(request.user, round_id, "write")
    child = open_child(actor=request.user, child_id=child_id, now=timezone.now())
    if role not in Role.values:
        raise Http404
    return round_, child


def _to_place(request: HttpRequest, round_id: int, child_id: int, role: str) -> HttpResponse:
    place = reverse("change", args=[round_id, child_id, role])
    return redirect(with_way_back(place, way_back(request, round_id)))


def _costs(round_: Round, child: Child, role: str, choices: list[Choice] | None = None) -> dict[str, Any]:
    """What other choices would cost the others: not asked yet, being worked out, or each in words."""
    asked = comparison_of(round_, child, role)
    rows = choices_with_costs(asked, choices) if asked else []
    people = _mentors({choice.mentor for choice, _cost in rows})
    return {
        "round": round_,
        "child": child,
        "role": role,
        "now": _now(round_, child, role),
        "asked": asked,
        "seconds": int((timezone.now() - asked.asked_at).total_seconds()) if asked else 0,
        "costs": [
            {"mentor": people[choice.mentor], "choice": choice, "words": cost_in_words(cost)}
            for choice, cost in rows
        ],
    }


def _now(round_: Round, child: Child, role: str) -> Proposal | None:
    rows = round_.proposals.filter(child=child, role=role)
    return rows.select_related("mentor__district", "subject").first()


def _numbers(request: HttpRequest, *names: str) -> list[int]:
    return numbers(request.POST.get(name, "") for name in names)


def _by_mentor(choices: list[Choice]) -> list[list[Choice]]:
    """One list a mentor, best value first, with the hours in order."""
    ordered = sorted(choices, key=lambda choice: (-choice.value, choice.mentor, choice.slot))
    return [list(hours) for _mentor, hours in groupby(ordered, key=lambda choice: choice.mentor)]


def _with_people(offers: Iterable[list[Choice]], people: dict[str, Mentor]) -> list[dict[str, Any]]:
    return [{"mentor": people[hours[0].mentor], "best": hours[0], "hours": hours} for hours in offers]
