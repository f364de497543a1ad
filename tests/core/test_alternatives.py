"""What another choice costs the whole plan, against every plan there is."""

from dataclasses import replace

from hypothesis import assume, given, settings

from matching.core.alternatives import alternatives
from matching.core.plan import Options
from matching.core.roster import ROLES, Pin, Roster
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
    assert (only.complete, only.roles) == (1, 1)


def test_nobody_has_alternatives_who_is_not_in_the_round() -> None:
    roster = Roster((child(),), (teacher(), counsellor()))
    assert alternatives(roster, solve(roster), "another", "academic", Options()) == []
