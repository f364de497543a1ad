"""What another choice would cost the others: asked for, worked out apart, kept until the plan changes."""

import dataclasses
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from backend.accounts.models import User
from backend.errors import NotYours
from matching import comparing, solving
from matching.comparing import choices_with_costs, compare_choices, comparison_of, run_next_comparison
from matching.core.plan import Alternative, Options
from matching.core.roster import Pin, Place
from matching.core.solve import solve
from matching.core.weights import Weights
from matching.edits import change_proposal, choices_for, snapshot_of
from matching.models import Comparison, Proposal, Round
from matching.publishing import publish_round
from matching.rounds import RoundMovedOn, start_round
from matching.wording import cost_in_words

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def round_(imported: User) -> Round:
    started = start_round(actor=imported)
    assert solving.run_next_round()
    started.refresh_from_db()
    return started


def ask(coordinator: User, place: Proposal) -> Comparison:
    return compare_choices(
        actor=coordinator, round_id=place.round_id, child_id=place.child_id, role=place.role
    )


def test_each_choice_costs_what_the_plan_loses_when_it_is_pinned(coordinator: User, round_: Round) -> None:
    place = round_.proposals.select_related("child", "mentor").first()
    assert ask(coordinator, place).state == "waiting"
    assert choices_with_costs(comparison_of(round_, place.child, place.role)) == []
    assert run_next_comparison() and not run_next_comparison()
    asked = comparison_of(round_, place.child, place.role)
    found = choices_with_costs(asked)
    assert asked.state == "answered" and found
    assert [cost.cost for _choice, cost in found] == sorted(cost.cost for _choice, cost in found)
    snapshot, child = snapshot_of(round_), place.child.roster_id
    for choice, cost in found:
        assert (choice.mentor, choice.slot) != (place.mentor.roster_id, place.slot) and cost.exact
        pin = Pin(child, choice.mentor, place.role, choice.slot)
        anew = solve(
            dataclasses.replace(snapshot, pins=(pin,)), Options(weights=Weights.from_json(round_.weights))
        )
        lost = [round_.summary[name] - getattr(anew, name) for name in ("complete", "roles_filled", "value")]
        assert lost == [cost.complete, cost.roles, cost.objective]
        before = sum(round_.proposals.exclude(child=place.child).values_list("value", flat=True))
        assert cost.others == before - sum(p.value for p in anew.places if p.child != child)


def test_it_is_asked_once_and_anew_after_a_change_which_then_stays(coordinator: User, round_: Round) -> None:
    place, other = round_.proposals.filter(role="academic").select_related("child")[:2]
    first = ask(coordinator, place)
    assert ask(coordinator, place).pk == first.pk and Comparison.objects.count() == 1
    assert run_next_comparison()
    free = next(c for c in choices_for(round_, other.child.roster_id, "academic") if c.free)
    mentor = solving.Mentor.objects.get(roster_id=free.mentor)
    change = {"child_id": other.child_id, "role": "academic", "mentor_id": mentor.pk, "slot": free.slot}
    change_proposal(actor=coordinator, round_id=round_.pk, version=round_.version, **change)
    round_.refresh_from_db()
    assert comparison_of(round_, place.child, "academic") is None
    again = ask(coordinator, place)
    assert (again.pk, again.state, again.version) == (first.pk, "waiting", round_.version)
    pinned = {"child": other.child.roster_id, "mentor": free.mentor, "role": "academic", "slot": free.slot}
    assert comparing._task(again)["roster"]["pins"] == [pinned]
    # About the changed child itself, what was chosen by hand is one choice among the others.
    assert comparing._task(ask(coordinator, other))["roster"]["pins"] == []


def test_a_worker_killed_over_it_leaves_nothing_stuck(coordinator: User, round_: Round) -> None:
    place = round_.proposals.select_related("child").first()
    ask(coordinator, place)
    killed = comparing.claim()
    assert killed is not None and comparing.claim() is None
    Comparison.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run_next_comparison()
    with pytest.raises(solving.NoLongerOurs):
        comparing.store(killed, [])
    assert comparison_of(round_, place.child, place.role).found


def test_what_was_asked_anew_is_not_answered_by_who_began_before(coordinator: User, round_: Round) -> None:
    place = round_.proposals.select_related("child").first()
    ask(coordinator, place)
    old = comparing.claim()
    Round.objects.update(version=round_.version + 1)
    ask(coordinator, place)
    with pytest.raises(solving.NoLongerOurs):
        comparing.store(old, [])
    with pytest.raises(solving.NoLongerOurs):
        comparing._beat(old)({})
    assert Comparison.objects.get().state == "waiting"


def test_one_that_takes_too_long_or_is_interrupted_too_often_fails_and_may_be_asked_again(
    coordinator: User, round_: Round, monkeypatch
) -> None:
    place = round_.proposals.first()
    ask(coordinator, place)
    monkeypatch.setattr(comparing, "END_WITHIN", -1.0)
    assert run_next_comparison()
    failed = Comparison.objects.get()
    assert failed.state == "failed" and "too large" in failed.error
    assert ask(coordinator, place).state == "waiting"
    Comparison.objects.update(attempt=comparing.MOST_ATTEMPTS)
    assert not run_next_comparison() and Comparison.objects.get().state == "failed"
    with pytest.raises(IntegrityError), transaction.atomic():
        Comparison.objects.update(found=[])  # answered and failed at once


def test_only_a_coordinator_asks_and_only_about_a_solved_plan(coordinator: User, round_: Round) -> None:
    place = round_.proposals.first()
    with pytest.raises(NotYours):
        ask(User.objects.create_user(name="乙", login="x"), place)
    with pytest.raises(NotYours):
        compare_choices(actor=coordinator, round_id=round_.pk, child_id=987654321, role="academic")
    publish_round(actor=coordinator, round_id=round_.pk, version=round_.version)
    with pytest.raises(RoundMovedOn):
        ask(coordinator, place)
    assert not Comparison.objects.exists()


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        ({}, ["It costs nobody else anything."]),
        ({"objective": 20, "others": 12}, ["It costs the other children 12 points together."]),
        ({"objective": 8, "others": -12}, ["The other children would even win 12 points together."]),
        (
            {"roles": 1, "others_roles": 1, "objective": -7, "others": 9},
            ["One place more of another child would stay open."],
        ),
        ({"priority": 2, "roles": -1}, ["A more urgent child would have to give way to a less urgent one."]),
        (
            {"complete": 2, "others_complete": 2, "roles": 1, "others_roles": 1},
            ["2 other children would no longer have both mentors."],
        ),
        # Nothing is lost in sum where the child takes the seat of another one: but that one loses it.
        ({"others_complete": 1, "others": 95}, ["One other child would no longer have both mentors."]),
        ({"complete": 1, "alone": True}, ["This child would then have only this one mentor."]),
        (
            {"others_complete": -1, "alone": True},
            [
                "This child would then have only this one mentor.",
                "One other child would have both mentors instead.",
            ],
        ),
        (
            {"others_complete": 1, "priority": 2},
            [
                "One other child would no longer have both mentors.",
                "A more urgent child would have to give way to a less urgent one.",
            ],
        ),
        (
            {"exact": False, "slack": 4},
            [
                "It costs nobody else anything.",
                "Not worked out to the end: up to 4 points more or less.",
            ],
        ),
        (
            {"complete": -1, "exact": False, "slack": 4},  # the plan at hand was not the best
            ["Not worked out to the end: up to 4 points more or less."],
        ),
    ],
)
def test_the_first_level_that_differs_is_what_is_said(cost: dict, words: list[str]) -> None:
    nothing = {
        "others_complete": 0,
        "others_roles": 0,
        "complete": 0,
        "priority": 0,
        "roles": 0,
        "objective": 0,
        "others": 0,
        "slack": 0,
    }
    whole = {**nothing, "alone": False, "exact": True, **cost}
    with translation.override("en"):
        assert cost_in_words(Alternative(place=Place("K", "academic", "T", 19), **whole)) == words
