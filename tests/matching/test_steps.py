"""A plan changed by hand, step by step: swapped, undone, done again, by two people at once, solved again around it."""

import random

import pytest
from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.rosters.models import Child, Mentor, Teaching
from matching import solving
from matching.again import HandChoicesGone, solve_again
from matching.core.job import options_from_json
from matching.core.roster import Place
from matching.core.solve import solve
from matching.core.verify import verify
from matching.edits import change_proposal, choices_for, swap_children, swaps_for
from matching.locks import add_lock
from matching.models import Edit, Round
from matching.publishing import places_of
from matching.rounds import start_round
from matching.snapshot import snapshot_of
from matching.steps import BreaksARule, NothingToUndo, PlanChanged, redo, undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(imported: User) -> Round:
    """In shortage: some places are open, with the reason."""
    Mentor.objects.filter(is_wellbeing=True).update(capacity=9, is_academic=True)
    for mentor in Mentor.objects.filter(is_wellbeing=True):  # who could be a child's mentor twice
        for subject in ("chinese", "math", "english"):
            Teaching.objects.get_or_create(mentor=mentor, subject_id=subject, low=1, high=12)
    return solved(start_round(actor=imported))


def solved(started: Round) -> Round:
    """As the worker does it, in this process."""
    claimed = solving.claim()
    assert claimed is not None and claimed.pk == started.pk
    task = solving.task_of(claimed)
    options = options_from_json(task["options"])
    solving.store(claimed, solve(solving.codec.roster_from_json(task["roster"]), options))
    started.refresh_from_db()
    return started


def whole(round_: Round) -> tuple[object, ...]:
    """All that a coordinator sees of a plan."""
    round_.refresh_from_db()
    columns = ("child", "role", "mentor", "slot", "subject", "fit", "value", "by_hand")
    figures = {name: value for name, value in round_.summary.items() if name != "solver_proved"}
    return (
        set(round_.proposals.values_list(*columns)),
        {(row.child_id, row.role, row.reason, str(row.facts)) for row in round_.unserved.all()},
        figures,
    )


def a_change(round_: Round, chance: random.Random, actor: User) -> None:
    keys = sorted(
        [*round_.proposals.values_list("child", "role"), *round_.unserved.values_list("child", "role")]
    )
    chance.shuffle(keys)
    for child_id, role in keys:
        child = Child.objects.get(pk=child_id)
        now = round_.proposals.filter(child=child, role=role).values_list("mentor__roster_id", "slot").first()
        choices = choices_for(round_, child.roster_id, role)
        free = [choice for choice in choices if choice.free and (choice.mentor, choice.slot) != now]
        if free:
            choice = chance.choice(free)
            mentor = Mentor.objects.get(roster_id=choice.mentor)
            step = {"child_id": child_id, "role": role, "mentor_id": mentor.pk, "slot": choice.slot}
            change_proposal(actor=actor, round_id=round_.pk, version=round_.version, **step)
            return


def a_swap(round_: Round, chance: random.Random, actor: User) -> None:
    for child in chance.sample(list(Child.objects.order_by("pk")), 30):
        found = swaps_for(round_, child.roster_id, "academic")
        if found:
            other = Child.objects.get(roster_id=chance.choice(found).child)
            step = {"child_id": child.pk, "role": "academic", "other_id": other.pk}
            swap_children(actor=actor, round_id=round_.pk, version=round_.version, **step)
            return


@pytest.mark.parametrize("seed", range(3))
def test_undo_and_redo_go_along_the_same_plans_as_a_list_of_them(
    imported: User, round_: Round, seed: int
) -> None:
    chance = random.Random(seed)
    assert round_.unserved.exists()
    plans, at = [whole(round_)], 0
    for _step in range(25):
        doing = chance.choice((a_change, a_swap, undo, undo, redo))
        if doing in (undo, redo):
            to = at - 1 if doing is undo else at + 1
            if not 0 <= to < len(plans):
                with pytest.raises(NothingToUndo):
                    doing(actor=imported, round_id=round_.pk, version=round_.version)
                continue
            doing(actor=imported, round_id=round_.pk, version=round_.version)
            at = to
            assert whole(round_) == plans[at]
        else:
            doing(round_, chance, imported)
            assert whole(round_) != plans[at]
            plans, at = [*plans[: at + 1], whole(round_)], at + 1
        assert not verify(snapshot_of(round_), places_of(round_))
    numbers = list(round_.edits.values_list("number", flat=True))
    assert numbers == list(range(2, round_.version + 1)) and len(numbers) > 15


def test_exactly_the_swaps_are_offered_that_the_verifier_accepts(imported: User, round_: Round) -> None:
    snapshot, places = snapshot_of(round_), places_of(round_)
    offered = 0
    for role in ("academic", "wellbeing"):
        own = {place.child: place for place in places if place.role == role}
        for child in sorted(own):
            accepted = set()
            for other in own:
                if other == child:
                    continue
                mine, theirs = own[child], own[other]
                swapped = [
                    Place(child, role, theirs.mentor, theirs.slot),
                    Place(other, role, mine.mentor, mine.slot),
                ]
                kept = [place for place in places if place not in (mine, theirs)]
                if not verify(snapshot, kept + swapped):
                    accepted.add(other)
            assert {swap.child for swap in swaps_for(round_, child, role)} == accepted
            offered += len(accepted)
    assert offered >= 10


def test_a_swap_that_breaks_a_rule_changes_nothing_and_says_which(imported: User, round_: Round) -> None:
    before = whole(round_)
    child = round_.proposals.filter(role="academic").first().child
    good = {swap.child for swap in swaps_for(round_, child.roster_id, "academic")}
    placed = round_.proposals.filter(role="academic").exclude(child=child)
    bad = next(place.child for place in placed if place.child.roster_id not in good)
    step = {"child_id": child.pk, "role": "academic", "other_id": bad.pk}
    with pytest.raises(BreaksARule):
        swap_children(actor=imported, round_id=round_.pk, version=round_.version, **step)
    with pytest.raises(BreaksARule):
        swap_children(
            actor=imported, round_id=round_.pk, version=round_.version, **{**step, "other_id": child.pk}
        )
    one = round_.proposals.filter(child=child, role="academic").get()
    hour = next(slot for slot in range(168) if not child.free_slots.filter(slot=slot).exists())
    given = {"child_id": child.pk, "role": "academic", "mentor_id": one.mentor_id, "slot": hour}
    with pytest.raises(BreaksARule) as refused:
        change_proposal(actor=imported, round_id=round_.pk, version=round_.version, **given)
    assert [row["rule"] for row in refused.value.facts["rules"]] == ["hour_not_free"]
    assert whole(round_) == before and not Edit.objects.exists()


def test_the_second_of_two_coordinators_is_told_and_loses_nothing_of_the_first(
    imported: User, round_: Round
) -> None:
    seen, other = round_.version, User.objects.create_user(name="乙", login="co2", is_coordinator=True)
    a_change(round_, random.Random(1), other)
    plan = whole(round_)
    first = round_.edits.get()
    assert (first.made_by, first.number) == (other, seen + 1)
    place = round_.proposals.filter(by_hand=False).first()
    step = {"child_id": place.child_id, "role": place.role, "mentor_id": place.mentor_id, "slot": place.slot}
    calls = [
        lambda: change_proposal(actor=imported, round_id=round_.pk, version=seen, **step),
        lambda: undo(actor=imported, round_id=round_.pk, version=seen),
        lambda: redo(actor=imported, round_id=round_.pk, version=seen),
    ]
    for call in calls:
        with pytest.raises(PlanChanged) as refused:
            call()
        assert refused.value.facts["edits"] == [first.number]
    assert whole(round_) == plan and round_.edits.count() == 1


def test_solved_again_what_was_chosen_by_hand_stays_and_the_old_plan_too(
    imported: User, round_: Round
) -> None:
    for seed in range(3):
        round_.refresh_from_db()
        a_change(round_, random.Random(seed), imported)
    old = whole(round_)
    by_hand = set(round_.proposals.filter(by_hand=True).values_list("child", "role", "mentor", "slot"))
    barred = round_.proposals.filter(by_hand=False).first()
    add_lock(actor=imported, kind="forbid", child_id=barred.child_id, mentor_id=barred.mentor_id)
    again = solved(solve_again(actor=imported, round_id=round_.pk, version=round_.version))
    stays = set(again.proposals.filter(by_hand=True).values_list("child", "role", "mentor", "slot"))
    assert stays == by_hand and whole(round_) == old
    assert not again.proposals.filter(child=barred.child, mentor=barred.mentor).exists()
    assert again.edits.count() == 0 and again.weights == round_.weights
    # What was kept is no pin: it can be changed in the new plan.
    a_change(again, random.Random(0), imported)


def test_what_can_t_hold_any_more_is_named_before_anything_is_solved(imported: User, round_: Round) -> None:
    a_change(round_, random.Random(0), imported)
    round_.refresh_from_db()
    place = round_.proposals.get(by_hand=True)
    with pytest.raises(PlanChanged):
        solve_again(actor=imported, round_id=round_.pk, version=round_.version - 1)
    place.mentor.paused = True
    place.mentor.save()
    with pytest.raises(HandChoicesGone) as refused:
        solve_again(actor=imported, round_id=round_.pk, version=round_.version)
    assert [row["mentor"] for row in refused.value.facts["rows"]] == [place.mentor.roster_id]
    assert Round.objects.count() == 1


@pytest.mark.parametrize(
    "change", [{"number": 2}, {"kind": "undone"}, {"kind": "swapped", "of": True}, {"kind": "thought of"}]
)
def test_the_database_refuses_an_edit_that_is_none(imported: User, round_: Round, change: dict) -> None:
    a_change(round_, random.Random(1), imported)
    edit = round_.edits.get()
    assert edit.number == 2
    values = {"number": 3, "kind": "changed", **change}
    if "of" in values:
        values["of"] = edit
    with pytest.raises(IntegrityError), transaction.atomic():
        Edit.objects.create(
            round=round_, before=[], after=[], made_by=imported, made_at=edit.made_at, **values
        )
