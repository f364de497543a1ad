"""Each rule of a valid plan and each pair of levels by hand: the smallest round in which it decides."""

import dataclasses

import pytest
from hypothesis import given, settings

from matching.core.roster import Band, Child, Forbid, Mentor, Pin, Place, Roster, Teaching
from matching.core.solve import solve
from matching.core.verify import verify
from tests.core import oracle
from tests.core.test_solver import child, counsellor, rosters, teacher

ONE, TWO, THREE = 19, 20, 21


def score(roster: Roster) -> tuple[int, int, int, int]:
    """Of the plan, which must be valid, and of its bounds, which must meet it."""
    result = solve(roster)
    assert verify(roster, [Place(p.child, p.role, p.mentor, p.slot) for p in result.places]) == []
    reached = (result.complete, result.priority_complete, result.roles_filled, result.value)
    bounds = (result.complete_bound, result.priority_bound, result.roles_bound, result.value_bound)
    assert reached == bounds == oracle.best(roster)
    return reached


def both(id_: str, **changes) -> Mentor:
    return teacher(id_, **{"wellbeing": True, "certified": True, "wellbeing_bands": (Band(4, 6),), **changes})


def hours(*slots: int) -> frozenset[int]:
    return frozenset(slots)


K, L = child("K"), child("L")
T, W = teacher("T"), counsellor("W")
ROOMY = {"capacity": 2}


@pytest.mark.parametrize(
    ("people", "mentors", "locks", "complete", "roles"),
    [
        # 1: one place a role, however many teachers wait.
        ([K], [T, teacher("U")], {}, 0, 1),
        # 2: the subject, the grade, the role, the certificate.
        ([K], [teacher("T", teaches=(Teaching("english", 4, 6),)), W], {}, 0, 1),
        ([K], [teacher("T", teaches=(Teaching("math", 6, 9),)), W], {}, 0, 1),
        ([K], [teacher("T", academic=False), W], {}, 0, 1),
        ([K], [T, counsellor("W", certified=False)], {}, 0, 1),
        ([K], [T, counsellor("W", wellbeing=False)], {}, 0, 1),
        ([K], [T, counsellor("W", wellbeing_bands=(Band(6, 9),))], {}, 0, 1),
        # 3: an hour of both.
        ([K], [teacher("T", slots=hours(THREE)), W], {}, 0, 1),
        # 4: one child an hour; as many children as seats, both roles together.
        ([K, L], [teacher("T", slots=hours(ONE), **ROOMY)], {}, 0, 1),
        ([K, L], [teacher("T", **ROOMY)], {}, 0, 2),
        ([K, L], [teacher("T")], {}, 0, 1),
        ([K, L], [teacher("T", capacity=0), W], {}, 0, 1),
        ([K, L], [both("B", capacity=1)], {}, 0, 1),
        ([K, L], [both("B", capacity=2)], {}, 0, 2),
        # 5: two hours, two people.
        ([K], [teacher("T", slots=hours(ONE)), counsellor("W", slots=hours(ONE))], {}, 0, 1),
        ([K], [both("B", capacity=2)], {}, 0, 1),
        ([K], [both("B", capacity=2), both("C")], {}, 1, 2),
        # 6: pins and forbids, of one role or of both.
        ([K], [both("B"), both("C")], {"forbids": (Forbid("K", "B"),)}, 0, 1),
        ([K], [both("B"), both("C")], {"forbids": (Forbid("K", "B", "academic"),)}, 1, 2),
        (
            [K],
            [both("B"), both("C")],
            {"forbids": (Forbid("K", "B", "academic"), Forbid("K", "C", "academic"))},
            0,
            1,
        ),
        (
            [K],
            [both("B"), both("C")],
            {"forbids": (Forbid("K", "B", "wellbeing"), Forbid("K", "C", "wellbeing"))},
            0,
            1,
        ),
        (
            [K, child("L", slots=hours(ONE))],
            [teacher("T", **ROOMY), counsellor("W", slots=hours(TWO))],
            {"pins": (Pin("K", "T", "academic", ONE),)},
            1,
            2,
        ),
        ([K], [T, counsellor("W", slots=hours(TWO))], {"pins": (Pin("K", "T", "academic", TWO),)}, 0, 1),
        (
            [K, child("L", slots=hours(TWO))],
            [teacher("T"), counsellor("W", slots=hours(ONE))],
            {"pins": (Pin("L", "T", "academic"),)},
            0,
            2,
        ),
    ],
)
def test_a_rule_decides(people: list, mentors: list, locks: dict, complete: int, roles: int) -> None:
    found = score(Roster(tuple(people), tuple(mentors), **locks))
    assert (found[0], found[2]) == (complete, roles)


def test_two_that_could_both_be_complete_go_before_one_more_urgent() -> None:
    urgent = child("A", slots=hours(ONE, TWO), priority=3)
    kids = (urgent, child("B", slots=hours(ONE, THREE)), child("C", slots=hours(TWO, THREE)))
    mentors = (
        teacher("T", slots=hours(ONE, THREE), capacity=3),
        counsellor("W", slots=hours(TWO, THREE), capacity=3),
    )
    assert score(Roster(kids, mentors))[:3] == (2, 0, 4)
    assert score(Roster(kids[:2], mentors))[:2] == (1, 3)


def test_a_complete_child_goes_before_more_roles() -> None:
    """A takes the only two places that B and C could have, and gives up one that she could have beside them."""
    kids = (child("A"), child("B", slots=hours(TWO)), child("C", slots=hours(ONE)))
    forbids = (Forbid("B", "W"), Forbid("C", "T"))
    mentors = teacher("T", capacity=2), counsellor("W", slots=hours(ONE))
    assert score(Roster(kids, mentors, forbids=forbids))[:3] == (1, 0, 2)
    assert score(Roster(kids, mentors, forbids=(*forbids, Forbid("A", "W"))))[:3] == (0, 0, 3)


def test_a_complete_child_goes_before_any_value() -> None:
    near = {"district": "a", "previous_academic": "T", "previous_wellbeing": "W"}
    far = child("A", subjects=("english", "chinese", "math"), preferred_gender="m")
    kids = (far, child("B", **near), child("C", **near))
    forbids = (Forbid("B", "W"), Forbid("C", "T"))
    mentors = teacher("T", district="a", gender="f"), counsellor("W", district="a", gender="f")
    found = score(Roster(kids, mentors, forbids=forbids))
    others = score(Roster(kids[1:], mentors, forbids=forbids))
    assert found[:3] == (1, 0, 2) and others[:3] == (0, 0, 2) and found[3] < others[3]


def test_the_more_urgent_child_goes_before_more_roles() -> None:
    kids = (child("A", slots=hours(ONE, TWO), priority=3), child("D", slots=hours(TWO, THREE)))
    mentors = teacher("T", slots=hours(ONE, TWO), capacity=2), counsellor("W", slots=hours(ONE, THREE))
    assert score(Roster(kids, mentors))[:3] == (1, 3, 2)
    calm = dataclasses.replace(kids[0], priority=0)
    assert score(Roster((calm, kids[1]), mentors))[:3] == (1, 0, 3)


def test_the_more_urgent_child_goes_before_any_value() -> None:
    kids = (child("A", priority=1), child("B", district="a"))
    mentors = teacher("T", district="a"), counsellor("W", district="a")
    found, calm = score(Roster(kids, mentors)), score(Roster((child("A"), kids[1]), mentors))
    assert found[:3] == (1, 1, 2) and calm[:3] == (1, 0, 2) and found[3] < calm[3]


def test_a_role_is_filled_though_the_match_costs_more_than_it_earns() -> None:
    kid = child("A", grade=12, subjects=("english", "chinese", "math"), preferred_gender="m")
    poor = teacher("T", gender="f", teaches=(Teaching("math", 1, 12),), slots=hours(ONE))
    assert score(Roster((kid,), (poor,))) == (0, 0, 1, -5)


@settings(max_examples=20, deadline=None)
@given(rosters(), rosters())
def test_one_more_mentor_never_serves_fewer(roster: Roster, other: Roster) -> None:
    one_more(roster, other)


@pytest.mark.deep
@settings(max_examples=1000, deadline=None)
@given(rosters(), rosters())
def test_one_more_mentor_never_serves_fewer_in_a_thousand_rounds(roster: Roster, other: Roster) -> None:
    one_more(roster, other)


def one_more(roster: Roster, other: Roster) -> None:
    if oracle.best(roster) is None:
        return
    one = dataclasses.replace(other.mentors[0], id="NEW")
    more = solve(dataclasses.replace(roster, mentors=(*roster.mentors, one)))
    less = solve(roster)
    assert more.complete >= less.complete
    assert (more.complete, more.priority_complete, more.roles_filled, more.value) >= (
        less.complete,
        less.priority_complete,
        less.roles_filled,
        less.value,
    )


@pytest.mark.parametrize(
    ("code", "places", "locks"),
    [
        ("role_twice", [("K", "academic", "B", ONE), ("K", "academic", "C", TWO)], {}),
        ("same_person_twice", [("K", "academic", "B", ONE), ("K", "wellbeing", "B", TWO)], {}),
        ("child_hour_twice", [("K", "academic", "B", ONE), ("K", "wellbeing", "C", ONE)], {}),
        ("mentor_hour_twice", [("K", "academic", "B", ONE), ("L", "academic", "B", ONE)], {}),
        (
            "over_capacity",
            [("K", "academic", "B", ONE), ("L", "wellbeing", "B", TWO), ("M", "academic", "B", THREE)],
            {},
        ),
        ("forbidden", [("K", "wellbeing", "B", ONE)], {"forbids": (Forbid("K", "B", "wellbeing"),)}),
        ("forbidden", [("K", "academic", "B", ONE)], {"forbids": (Forbid("K", "B"),)}),
        ("pin_broken", [("K", "academic", "B", ONE)], {"pins": (Pin("K", "B", "academic", TWO),)}),
        ("pin_broken", [], {"pins": (Pin("K", "B", "academic"),)}),
    ],
)
def test_the_verifier_names_each_rule_that_needs_two_rows(code: str, places: list, locks: dict) -> None:
    week = hours(ONE, TWO, THREE)
    kids: tuple[Child, ...] = tuple(child(name, slots=week) for name in "KLM")
    roster = Roster(kids, (both("B", slots=week, capacity=2), both("C", slots=week, capacity=2)), **locks)
    assert [found.code for found in verify(roster, [Place(*place) for place in places])] == [code]
    fine = dataclasses.replace(roster, pins=(), forbids=())
    assert [found.code for found in verify(fine, [Place(*place) for place in places[:1]])] == []
