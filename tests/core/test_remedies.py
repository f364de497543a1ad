"""What a remedy names has a valid plan behind it, by a judge that shares nothing with the search."""

import dataclasses

import pytest

from matching.core.changes import forbid_lifted, holds, one_more_hour, one_more_mentor, one_more_seat
from matching.core.repair import Moves
from matching.core.roster import Forbid, Place, Roster
from matching.core.solve import solve
from tests.core.test_solver import child, counsellor, teacher

ONE, TWO, THREE = 19, 20, 21
K, L, T, W = child("K"), child("L"), teacher("T"), counsellor("W")
AT_T = [Place("K", "academic", "T", ONE), Place("L", "academic", "T", TWO)]


def nothing(roster: Roster) -> Roster:
    return roster


def test_a_plan_holds_after_the_change_that_it_needs_and_not_without() -> None:
    full = Roster((K, L), (dataclasses.replace(T, capacity=1),))
    assert holds(full, one_more_seat(full.mentors[0]), AT_T) and not holds(full, nothing, AT_T)
    roomy = Roster((K, L), (dataclasses.replace(T, capacity=2),))
    assert holds(roomy, nothing, AT_T)
    late = dataclasses.replace(roomy, children=(K, dataclasses.replace(L, slots=frozenset({THREE}))))
    assert holds(late, one_more_hour(late.children[1], TWO), AT_T) and not holds(late, nothing, AT_T)
    barred = dataclasses.replace(roomy, forbids=(Forbid("L", "T"),))
    assert holds(barred, forbid_lifted(L, T), AT_T) and not holds(barred, forbid_lifted(K, T), AT_T)
    new = Place("K", "wellbeing", "\x00one more", TWO)
    assert holds(full, one_more_mentor(K, "wellbeing", TWO), [AT_T[0], new])
    assert not holds(full, one_more_mentor(K, "wellbeing", ONE), [AT_T[0], new])


@pytest.mark.parametrize("careless", [False, True])
def test_a_chain_that_breaks_a_rule_makes_no_remedy(careless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One teacher with one hour: a second seat is no help, whatever a careless search may think."""
    alone = dataclasses.replace(T, slots=frozenset({ONE}), capacity=1)
    if careless:
        monkeypatch.setattr(Moves, "in_the_way", lambda self, column: [])
    result = solve(Roster((K, L), (alone, W, counsellor("X"))))
    remedies = [item.remedy["change"] for item in result.open if item.role == "academic"]
    assert remedies == ["mentor"]


def test_nobody_loses_a_place_by_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that throws somebody out to make room is not believed."""
    alone = dataclasses.replace(T, slots=frozenset({ONE}), capacity=1)

    def pushing(self: Moves, unit: int, *args: object) -> bool:
        for other in [one for one in self.of_unit if one % 2 == 0]:
            self.drop(self.of_unit[other])
        self.take(self.near(unit, 10**9)[0])
        return True

    monkeypatch.setattr(Moves, "place", pushing)
    later = [counsellor(name, slots=frozenset({TWO})) for name in "WX"]
    result = solve(Roster((K, L), (alone, *later)))
    assert [item.remedy["change"] for item in result.open if item.role == "academic"] == ["mentor"]
