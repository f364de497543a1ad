"""Who moves and why: the reason of each pair that does not stay is what stood against it."""

import dataclasses
import json
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from backend.accounts.models import User
from backend.rosters.models import Child, ChildSlot, Consent, Mentor, MentorSlot, Teaching
from matching import solving
from matching.changes import changes_of
from matching.core import roster as core
from matching.core.codec import roster_to_json
from matching.core.roster import Roster
from matching.locks import add_lock
from matching.models import Pairing, Proposal, Round
from matching.publishing import difference, publish_round
from matching.rounds import start_round
from matching.wording import change_in_words

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def published(imported: User) -> Round:
    round_ = solved(imported)
    publish_round(actor=imported, round_id=round_.pk, version=round_.version)
    return round_


def solved(coordinator: User) -> Round:
    round_ = start_round(actor=coordinator, stickiness=10)
    assert solving.run_next_round()
    round_.refresh_from_db()
    assert round_.state == "solved", round_.error
    return round_


def told(round_: Round) -> dict[int, tuple[str, dict]]:
    ended, moved = changes_of(round_, difference(round_))
    return {change.pairing.pk: (change.reason, change.facts) for change in ended + moved}


def test_what_has_changed_about_somebody_is_the_reason(coordinator: User, published: Round) -> None:
    pairs = iter(Pairing.objects.live().filter(role="academic").order_by("mentor_id", "pk"))
    seen: set[int] = set()

    def another() -> Pairing:
        pair = next(p for p in pairs if p.mentor_id not in seen)
        seen.add(pair.mentor_id)
        return pair

    expected = {}
    for reason, change in (
        ("mentor_gone", {"active": False}),
        ("mentor_paused", {"paused": True}),
        ("mentor_vetting_expired", {"vetted_until": timezone.localdate() - timedelta(days=1)}),
        ("no_seats", {"capacity": 0}),
    ):
        pair = another()
        expected[pair.pk] = (reason, {})
        Mentor.objects.filter(pk=pair.mentor_id).update(**change)
    pair = another()
    expected[pair.pk] = ("not_eligible", {})
    Teaching.objects.filter(mentor=pair.mentor_id).delete()
    pair = another()
    expected[pair.pk] = ("child_changed", {})
    taught = Teaching.objects.filter(mentor=pair.mentor_id)
    bands = list(taught.values_list("low", "high"))
    away = next(grade for grade in range(1, 13) if not any(low <= grade <= high for low, high in bands))
    Child.objects.filter(pk=pair.child_id).update(grade=away)
    pair = another()
    expected[pair.pk] = ("forbidden", {})
    add_lock(actor=coordinator, kind="forbid", child_id=pair.child_id, mentor_id=pair.mentor_id)
    pair = another()
    expected[pair.pk] = ("child_not_free", {"hour": pair.slot})
    ChildSlot.objects.filter(child=pair.child_id, slot=pair.slot).delete()
    pair = another()
    expected[pair.pk] = ("mentor_not_free", {"hour": pair.slot})
    MentorSlot.objects.filter(mentor=pair.mentor_id, slot=pair.slot).delete()
    pair = another()
    expected[pair.pk] = ("child_gone", {})
    Child.objects.filter(pk=pair.child_id).update(active=False)
    pair = another()
    expected[pair.pk] = ("child_no_consent", {})
    Consent.objects.filter(child=pair.child_id).delete()
    found = told(solved(coordinator))
    assert {pk: found.get(pk) for pk in expected} == expected


MON, TUE, WED, THU = 19, 43, 67, 91
WEEK = frozenset({MON, TUE, WED, THU})


def before(coordinator: User) -> dict[str, Pairing]:
    """K1 with teacher T1 (Monday) and counsellor W (Tuesday), K2 with T2 (Monday): published, by name of the child."""
    first = round_of(coordinator, Roster((), ()), [])
    people = {"round": first, "started_at": timezone.now()}
    found = {}
    for child, role, mentor, slot in (
        ("K1", "academic", "T1", MON),
        ("K1", "wellbeing", "W", TUE),
        ("K2", "academic", "T2", MON),
    ):
        row = place(child, role, mentor, slot)
        found[f"{child} {role}"] = Pairing.objects.create(**row, **people)
    return found


def place(child: str, role: str, mentor: str, slot: int) -> dict:
    return {
        "child": Child.objects.filter(roster_id=child).first() or person(Child, child),
        "mentor": Mentor.objects.filter(roster_id=mentor).first() or person(Mentor, mentor),
        "role": role,
        "slot": slot,
        "subject_id": "math" if role == "academic" else None,
    }


def person(model: type, name: str) -> Child | Mentor:
    more = (
        {"call_name": name, "grade": 5, "birth_date": timezone.localdate()}
        if model is Child
        else {"capacity": 2, "is_academic": True, "is_wellbeing": True}
    )
    user = User.objects.create_user(name=name)
    return model.objects.create(roster_id=name, name=name, user=user, district_id="370102", **more)


def round_of(coordinator: User, roster: Roster, places: list[tuple[str, str, str, int]]) -> Round:
    round_ = Round.objects.create(
        state="solved",
        solved_at=timezone.now(),
        snapshot=json.dumps(roster_to_json(roster)),
        created_by=coordinator,
    )
    for row in places:
        Proposal.objects.create(round=round_, **place(*row), fit=50, value=50)
    return round_


def people(**capacity: int) -> Roster:
    """All three children and their mentors, everybody free at all four hours."""
    children = tuple(core.Child(name, 5, ("math",), WEEK) for name in ("K1", "K2", "K3"))
    teachings = (core.Teaching("math", 1, 9),)
    mentors = tuple(
        core.Mentor(name, name != "W", True, True, teachings, (core.Band(1, 9),), WEEK, capacity.get(name, 2))
        for name in ("T1", "T2", "W")
    )
    return Roster(children, mentors)


AS_BEFORE = [("K1", "wellbeing", "W", TUE), ("K2", "academic", "T2", MON)]


@pytest.mark.parametrize(
    ("plan", "capacity", "reason", "facts"),
    [
        (AS_BEFORE, {}, "better_as_a_whole", {}),
        ([*AS_BEFORE, ("K1", "academic", "T2", WED)], {}, "better_as_a_whole", {}),
        ([*AS_BEFORE, ("K3", "academic", "T1", MON)], {}, "hour_of_another", {"hour": MON, "child": "K3"}),
        ([*AS_BEFORE, ("K3", "academic", "T1", WED)], {}, "better_as_a_whole", {}),
        ([*AS_BEFORE, ("K3", "academic", "T1", WED)], {"T1": 1}, "seat_of_another", {"children": ["K3"]}),
        (AS_BEFORE, {"T1": 0}, "no_seats", {}),
        ([("K1", "wellbeing", "T1", TUE)], {}, "other_role", {}),
        ([("K1", "wellbeing", "W", MON)], {}, "other_mentor_has_the_hour", {"hour": MON, "mentor": "W"}),
        ([*AS_BEFORE, ("K1", "academic", "T1", WED)], {}, "better_as_a_whole", {}),
        (
            [*AS_BEFORE, ("K1", "academic", "T1", WED), ("K3", "academic", "T1", MON)],
            {},
            "hour_of_another",
            {"hour": MON, "child": "K3"},
        ),
    ],
)
def test_what_the_plan_itself_gives_to_another_is_named(
    coordinator: User, plan: list, capacity: dict, reason: str, facts: dict
) -> None:
    pairs = before(coordinator)
    assert told(round_of(coordinator, people(**capacity), plan))[pairs["K1 academic"].pk] == (reason, facts)


@pytest.mark.parametrize("new", [("K1", "academic", "T2", WED), ("K1", "academic", "T1", WED)])
def test_what_a_coordinator_changed_is_said_to_be_by_hand(coordinator: User, new: tuple) -> None:
    pairs = before(coordinator)
    round_ = round_of(coordinator, people(), [*AS_BEFORE, new, ("K3", "academic", "T1", MON)])
    Proposal.objects.filter(round=round_, child__roster_id="K1", role="academic").update(by_hand=True)
    assert told(round_)[pairs["K1 academic"].pk] == ("by_hand", {})
    Mentor.objects.filter(roster_id="T1").update(active=False)
    roster = people()
    gone = round_of(coordinator, Roster(roster.children, roster.mentors[1:]), [*AS_BEFORE])
    Proposal.objects.create(round=gone, **place("K1", "academic", "T2", WED), fit=50, value=50, by_hand=True)
    assert told(gone)[pairs["K1 academic"].pk] == ("mentor_gone", {})


def test_fewer_seats_are_the_reason_where_nobody_new_came(coordinator: User) -> None:
    pairs = before(coordinator)
    more = Pairing.objects.create(
        **place("K3", "academic", "T1", THU), round=pairs["K1 academic"].round, started_at=timezone.now()
    )
    plan = [*AS_BEFORE, ("K3", "academic", "T1", THU)]
    found = told(round_of(coordinator, people(T1=1), plan))
    assert found == {pairs["K1 academic"].pk: ("fewer_seats", {"seats": 1})}
    assert more.pk not in found


def test_who_is_not_in_an_older_round_is_not_said_to_have_left(coordinator: User) -> None:
    pairs = before(coordinator)
    roster = people()
    older = round_of(coordinator, Roster(roster.children, roster.mentors[1:]), AS_BEFORE)
    assert told(older) == {pairs["K1 academic"].pk: ("mentor_not_in_this_round", {})}
    pinned = core.Pin("K1", "T2", "academic")
    other = round_of(coordinator, dataclasses.replace(roster, pins=(pinned,)), AS_BEFORE)
    assert told(other) == {pairs["K1 academic"].pk: ("pinned_to_another", {})}


def test_every_reason_is_a_sentence_in_both_languages() -> None:
    facts = {"children": ["甲", "乙", "丙", "丁"], "child": "甲", "mentor": "乙", "seats": 3}
    reasons = {
        *(
            f"{kind}_{why}"
            for kind in ("child", "mentor")
            for why in ("gone", "not_in_this_round", "not_free")
        ),
        *("mentor_paused", "mentor_not_vetted", "mentor_vetting_expired", "mentor_no_certificate"),
        *("child_no_consent", "pinned_to_another", "forbidden", "not_eligible", "child_changed", "no_seats"),
        "fewer_seats",
        *("other_role", "other_mentor_has_the_hour", "hour_of_another", "seat_of_another"),
        *("other_subject", "by_hand", "better_as_a_whole"),
    }
    said = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said[language] = [change_in_words(reason, facts, "MON-19") for reason in sorted(reasons)]
    assert len(set(said["en"]) & set(said["zh-hans"])) == 0
    assert "丙 …" in " ".join(said["en"]) and "丁" not in " ".join(said["en"])
