"""The solver against brute force, the verifier, and itself with the rows in another order."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.core.codec import roster_from_json, roster_to_json
from matching.core.fit import fit_terms
from matching.core.locks import check_locks
from matching.core.market import Market
from matching.core.roster import ROLES, Band, Child, Forbid, Mentor, Pin, Place, Roster, Teaching
from matching.core.solve import solve
from matching.core.verify import verify
from matching.core.weights import Weights
from tests.core import oracle

SLOTS = st.frozensets(st.integers(19, 22), min_size=1, max_size=3)
SUBJECTS = st.lists(st.sampled_from(["math", "english", "chinese"]), min_size=1, max_size=2, unique=True)
GENDERS = st.sampled_from([None, "f", "m"])
DISTRICTS = st.sampled_from(["", "a", "b"])


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    mentors = tuple(
        Mentor(
            id=f"M{i}",
            academic=draw(st.booleans()),
            wellbeing=draw(st.booleans()),
            certified=draw(st.booleans()),
            teaches=tuple(
                Teaching(subject, low, low + draw(st.integers(0, 2)))
                for subject in draw(SUBJECTS)
                for low in [draw(st.integers(1, 3))]
            ),
            wellbeing_bands=(Band(draw(st.integers(1, 2)), draw(st.integers(2, 4))),),
            slots=draw(SLOTS),
            capacity=draw(st.integers(0, 2)),
            district=draw(DISTRICTS),
            gender=draw(GENDERS),
        )
        for i in range(draw(st.integers(1, 4)))
    )
    ids = st.sampled_from([mentor.id for mentor in mentors])
    children = tuple(
        Child(
            id=f"K{i}",
            grade=draw(st.integers(1, 4)),
            subjects=tuple(draw(SUBJECTS)),
            slots=draw(SLOTS),
            district=draw(DISTRICTS),
            preferred_gender=draw(GENDERS),
            priority=draw(st.integers(0, 3)),
            previous_academic=draw(st.none() | ids),
            previous_wellbeing=draw(st.none() | ids),
        )
        for i in range(draw(st.integers(1, 3)))
    )
    forbids = tuple(
        Forbid(draw(st.sampled_from(children)).id, draw(ids), draw(st.sampled_from([None, *ROLES])))
        for _ in range(draw(st.integers(0, 2)))
    )
    pins = tuple(
        Pin(
            draw(st.sampled_from(children)).id,
            draw(ids),
            draw(st.sampled_from(ROLES)),
            draw(st.none() | st.integers(19, 22)),
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    return Roster(children, mentors, pins, forbids)


def places_of(result) -> list[Place]:
    return [Place(p.child, p.role, p.mentor, p.slot) for p in result.places]


@settings(max_examples=150, deadline=None)
@given(rosters())
def test_equal_to_brute_force_at_all_four_levels_and_valid(roster: Roster) -> None:
    agrees_with_brute_force(roster)


@pytest.mark.deep
@settings(max_examples=3000, deadline=None)
@given(rosters())
def test_equal_to_brute_force_in_three_thousand_rounds(roster: Roster) -> None:
    agrees_with_brute_force(roster)


def agrees_with_brute_force(roster: Roster) -> None:
    best = oracle.best(roster)
    problems = check_locks(roster)
    assert bool(problems) == (
        best is None or len({(p.child, p.role) for p in roster.pins}) < len(roster.pins)
    )
    if problems:
        return
    result = solve(roster)
    assert verify(roster, places_of(result)) == []
    assert (result.complete, result.priority_complete, result.roles_filled, result.value) == best
    bounds = (result.complete_bound, result.priority_bound, result.roles_bound, result.value_bound)
    assert bounds == best
    open_roles = {(item.child, item.role) for item in result.open}
    filled = {(place.child, place.role) for place in result.places}
    assert not open_roles & filled and len(open_roles | filled) == 2 * len(roster.children)


@settings(max_examples=30, deadline=None)
@given(rosters(), st.randoms())
def test_the_order_of_rows_changes_nothing(roster: Roster, random) -> None:
    if check_locks(roster):
        return
    children, mentors = list(roster.children), list(roster.mentors)
    random.shuffle(children)
    random.shuffle(mentors)
    shuffled = dataclasses.replace(roster, children=tuple(children), mentors=tuple(mentors))
    assert solve(shuffled).places == solve(roster).places


@settings(max_examples=30, deadline=None)
@given(rosters())
def test_a_roster_survives_json(roster: Roster) -> None:
    again = roster_from_json(roster_to_json(roster))
    assert roster_to_json(again) == roster_to_json(roster)
    assert {child.id: child for child in again.children} == {child.id: child for child in roster.children}


@settings(max_examples=60, deadline=None)
@given(rosters(), st.integers(0, 60))
def test_the_tables_hold_the_value_of_each_pair_that_shares_an_hour(roster: Roster, poor_below: int) -> None:
    weights = Weights(poor_below=poor_below)
    free = dataclasses.replace(roster, pins=(), forbids=())
    market = Market(free, weights)
    found = {
        (market.children[unit // 2].id, ROLES[unit % 2], market.mentors[mentor].id): worth
        for kind in market.kinds
        for unit, row in zip(kind.units, kind.worth, strict=True)
        for mentor, worth in zip(kind.mentors, row, strict=True)
        if worth > market.never
    }
    expected = {
        (child.id, role, mentor.id): scored.value
        for child in roster.children
        for mentor in roster.mentors
        for role in ROLES
        if (scored := fit_terms(child, mentor, role, weights))
        if child.slots & mentor.slots and mentor.capacity
    }
    assert found == expected


def child(id_: str = "K", **changes) -> Child:
    return Child(**{"id": id_, "grade": 5, "subjects": ("math",), "slots": frozenset({19, 20}), **changes})


def teacher(id_: str = "T", **changes) -> Mentor:
    plain = {
        "id": id_,
        "academic": True,
        "wellbeing": False,
        "certified": False,
        "teaches": (Teaching("math", 4, 6),),
        "wellbeing_bands": (),
        "slots": frozenset({19, 20}),
        "capacity": 1,
    }
    return Mentor(**{**plain, **changes})


def counsellor(id_: str = "W", **changes) -> Mentor:
    return teacher(
        id_,
        **{
            "academic": False,
            "teaches": (),
            "wellbeing": True,
            "certified": True,
            "wellbeing_bands": (Band(1, 6),),
            **changes,
        },
    )


@pytest.mark.parametrize(
    ("code", "place", "changes"),
    [
        ("not_eligible", Place("K", "academic", "W", 19), {}),
        ("hour_not_free", Place("K", "academic", "T", 21), {}),
        ("unknown_person", Place("K", "academic", "X", 19), {}),
        ("over_capacity", Place("K", "academic", "T", 19), {"capacity": 0}),
        ("not_eligible", Place("K", "academic", "T", 19), {"teaches": (Teaching("math", 7, 9),)}),
    ],
)
def test_the_verifier_names_the_rule(code: str, place: Place, changes: dict) -> None:
    roster = Roster((child(),), (teacher(**changes), counsellor()))
    assert [found.code for found in verify(roster, [place])] == [code]


def test_the_verifier_sees_doubles_and_locks() -> None:
    roster = Roster(
        (child(), child("K2")),
        (teacher(capacity=5), counsellor(capacity=5)),
        pins=(Pin("K2", "T", "academic", 20),),
        forbids=(Forbid("K", "W"),),
    )
    places = [
        Place("K", "academic", "T", 19),
        Place("K", "wellbeing", "W", 19),
        Place("K2", "academic", "T", 19),
    ]
    codes = sorted(found.code for found in verify(roster, places))
    assert codes == ["child_hour_twice", "forbidden", "mentor_hour_twice", "pin_broken"]


def test_two_pins_that_need_one_hour_are_named_together() -> None:
    roster = Roster(
        (child(slots=frozenset({19})), child("K2", slots=frozenset({19})), child("K3")),
        (teacher(capacity=3),),
        pins=(Pin("K3", "T", "academic"), Pin("K", "T", "academic"), Pin("K2", "T", "academic")),
    )
    (problem,) = check_locks(roster)
    assert problem.code == "contradiction" and set(problem.pins) == {1, 2}


@pytest.mark.parametrize(
    ("mentor", "forbids", "reason"),
    [
        (counsellor(wellbeing_bands=(Band(7, 9),)), (), "nobody_eligible"),
        (counsellor(certified=False), (), "nobody_eligible"),
        (counsellor(slots=frozenset({40})), (), "no_common_hour"),
        (counsellor(), (Forbid("K", "W"),), "forbidden"),
        (counsellor(capacity=0), (), "seats_short"),
    ],
)
def test_an_open_role_says_why(mentor: Mentor, forbids: tuple, reason: str) -> None:
    result = solve(Roster((child(),), (teacher(), mentor), forbids=forbids))
    assert [(item.role, item.reason) for item in result.open] == [("wellbeing", reason)]
