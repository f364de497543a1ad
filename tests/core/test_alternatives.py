"""What another choice costs the whole plan, against every plan there is."""

import dataclasses
from dataclasses import replace

from hypothesis import assume, given, settings

from matching.core.alternatives import alternatives
from matching.core.plan import Options
from matching.core.roster import ROLES, Pin, Place, Roster
from matching.core.solve import solve
from tests.core import oracle
from tests.core.test_solver import child, counsellor, rosters, teacher

EVERY = 1000


@settings(max_examples=40, deadline=None)
@given(rosters())
def test_each_choice_costs_what_brute_force_says_and_none_is_missing(roster: Roster) -> None:
    roster = replace(roster, pins=())
    top, best, kid = oracle.best(roster), solve(roster), roster.children[0]
    assume(top is not None)
    for role in ROLES:
        found = alternatives(roster, best, kid.id, role, Options(), most=EVERY)
        costs = {(each.place.mentor, each.place.slot): each.cost for each in found}
        had = {(p.mentor, p.slot) for p in best.places if (p.child, p.role) == (kid.id, role)}
        expected = {}
        for mentor in roster.mentors:
            for slot in kid.slots & mentor.slots:
                if oracle.value(kid, mentor, role) is None or (mentor.id, slot) in had:
                    continue
                pinned = oracle.best(replace(roster, pins=(Pin(kid.id, mentor.id, role, slot),)))
                if pinned is not None:
                    expected[mentor.id, slot] = tuple(a - b for a, b in zip(top, pinned, strict=True))
        assert costs == expected
        assert [each.cost for each in found] == sorted(costs.values())
        assert all(each.exact and each.slack == 0 for each in found)


def test_an_hour_that_another_child_needs_costs_that_child_its_mentor() -> None:
    """One teacher, two children, of whom the second can only come in the second hour."""
    first, second = child("K1"), child("K2", slots=frozenset({20, 21}))
    counsellors = counsellor("W", slots=frozenset({19, 20, 21}), capacity=2)
    roster = Roster((first, second), (teacher("T", capacity=2), counsellors))
    best = solve(roster)
    assert best.complete == 2
    (only,) = alternatives(roster, best, "K1", "academic", Options())
    assert (only.place.mentor, only.place.slot) == ("T", 20)
    assert (only.complete, only.roles) == (only.others_complete, only.others_roles) == (1, 1)


def test_nobody_has_alternatives_who_is_not_in_the_round() -> None:
    roster = Roster((child(),), (teacher(), counsellor()))
    assert alternatives(roster, solve(roster), "another", "academic", Options()) == []


def test_what_the_child_itself_loses_is_not_what_the_others_lose() -> None:
    """Both want the near teacher; the first wants her most, and the second wins 12 points when he lets her go."""
    first, second = child("K1", district="a", preferred_gender="f"), child("K2", district="a")
    teachers = teacher("T1", district="a", gender="f"), teacher("T2", gender="f"), teacher("T3", gender="m")
    counsellors = counsellor("W", slots=frozenset({21, 22}), capacity=2)
    kids = tuple(dataclasses.replace(kid, slots=frozenset({19, 20, 21, 22})) for kid in (first, second))
    roster = Roster(kids, (*teachers, counsellors))
    found = {}
    for each in alternatives(roster, solve(roster), "K1", "academic", Options()):
        found.setdefault(each.place.mentor, each)
    second_best, third = found["T2"], found["T3"]
    assert (second_best.objective, second_best.others) == (0, -12)
    assert (third.objective, third.others) == (8, -12)
    assert not second_best.alone and not third.alone


def test_kept_pairs_count_for_whom_they_are_kept() -> None:
    kids = child("K1"), child("K2")
    roster = Roster(kids, (teacher("T1"), teacher("T2"), counsellor("W", slots=frozenset({19}))))
    before = (Place("K1", "academic", "T1", 19), Place("K2", "academic", "T2", 20))
    options = Options(previous=before, stickiness=10)
    # Only K2 can lose or win through T2, and only K1 through T1.
    costs = {
        (each.place.mentor, each.place.slot): (each.objective, each.others)
        for each in alternatives(roster, solve(roster, options), "K1", "academic", options)
    }
    assert costs["T2", 19][0] - costs["T2", 19][1] == 20  # the pair and its hour
    assert costs["T2", 19][1] == 20


def test_a_choice_that_takes_the_hour_of_the_other_mentor_leaves_the_child_alone_with_it() -> None:
    kid = child("K1", slots=frozenset({19, 20}))
    roster = Roster((kid,), (teacher("T"), counsellor("W", slots=frozenset({19}))))
    (only,) = alternatives(roster, solve(roster), "K1", "academic", Options())
    assert (only.place.slot, only.complete, only.roles, only.alone) == (19, 1, 1, True)
    assert (only.others_complete, only.others_roles, only.others) == (0, 0, 0)


def test_whoever_gets_the_last_seat_takes_it_from_another_child() -> None:
    kids = child("K1", district="a"), child("K2", slots=frozenset({19, 20}))
    roster = Roster(
        kids, (teacher("T", district="a"), counsellor("W", slots=frozenset({19, 20}), capacity=2))
    )
    best = solve(roster)
    assert {p.child for p in best.places if p.role == "academic"} == {"K1"}
    for each in alternatives(roster, best, "K2", "academic", Options()):
        assert (each.complete, each.roles, each.alone) == (0, 0, False)
        assert (each.others_complete, each.others_roles) == (1, 1)


def test_no_further_choice_is_begun_when_the_time_is_up() -> None:
    roster = Roster((child(),), (teacher(), counsellor()))
    best = solve(roster)
    assert alternatives(roster, best, "K", "academic", Options())
    assert alternatives(roster, best, "K", "academic", Options(), seconds=-1.0) == []


def test_the_cheapest_comes_first_whatever_its_name() -> None:
    kid = child("K1", district="a", preferred_gender="f", slots=frozenset({19, 20}))
    teachers = (
        teacher("T", district="a", gender="f", slots=frozenset({19, 20})),
        teacher("A", district="b", gender="f", slots=frozenset({19, 20})),
        teacher("Z", district="a", gender="m", slots=frozenset({19, 20})),
    )
    roster = Roster((kid,), teachers)
    found = alternatives(roster, solve(roster), "K1", "academic", Options())
    assert [(each.place.mentor, each.objective) for each in found][1:] == [
        ("Z", 8),
        ("Z", 8),
        ("A", 12),
        ("A", 12),
    ]
