"""When mentors have left: as many complete as without anybody to keep, however much keeping is worth."""

from dataclasses import replace

import pytest

from matching.core import outset
from matching.core.plan import Options
from matching.core.roster import Place
from matching.core.solve import solve
from tests.core.test_whole_model import mid_size


def places_of(result) -> tuple[Place, ...]:
    return tuple(Place(p.child, p.role, p.mentor, p.slot) for p in result.places)


@pytest.mark.parametrize("seed", [1, 2, 5, 101])
def test_levels_one_to_three_are_the_same_for_every_stickiness_and_no_time_at_all(seed: int) -> None:
    roster = mid_size(seed)
    before = places_of(solve(roster))
    left = {place.mentor for place in before[::9]}
    fewer = replace(roster, mentors=tuple(m for m in roster.mentors if m.id not in left), pins=(), forbids=())
    free = solve(fewer, Options(previous=before, reasons=False))
    assert free.proved_optimal
    upper = (free.complete, free.priority_complete, free.roles_filled)
    for points in (2, 30, 1000):
        exact = solve(fewer, Options(previous=before, stickiness=points, reasons=False))
        assert (exact.complete, exact.priority_complete, exact.roles_filled) == upper
        assert exact.proved_optimal and exact.value <= free.value <= exact.value_bound
        assert exact.pairs_kept >= free.pairs_kept
        stopped = solve(fewer, Options(previous=before, stickiness=points, time_limit=0.0, reasons=False))
        assert stopped.complete == free.complete
        reached = (stopped.complete, stopped.priority_complete, stopped.roles_filled)
        bounds = (stopped.complete_bound, stopped.priority_bound, stopped.roles_bound)
        for level in range(3):
            if reached[:level] == upper[:level]:
                assert reached[level] <= upper[level] <= bounds[level]


@pytest.mark.parametrize("seed", [2, 11])
def test_level_one_comes_with_the_goal_of_all_levels_not_by_a_search_that_values_do_not_guide(
    seed: int,
) -> None:
    result = solve(mid_size(seed), Options(time_limit=0.0))
    assert result.complete == result.complete_bound
    assert "value" in result.seconds_by_stage and "complete" not in result.seconds_by_stage


def test_a_large_round_keeps_as_much_as_when_every_place_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roster = mid_size(5)
    before = places_of(solve(roster))
    fewer = replace(roster, mentors=roster.mentors[1:], pins=(), forbids=())
    options = Options(previous=before, stickiness=9)
    whole = solve(fewer, options)
    monkeypatch.setattr(outset, "FEW_PAIRS", 0)
    monkeypatch.setattr(outset, "DEAREST", 2)
    few = solve(fewer, options)
    assert whole.proved_optimal and few.proved_optimal and few.objective == whole.objective
    assert few.objective == few.value + 9 * (few.pairs_kept + few.slots_kept)
    near = solve(fewer, replace(options, gap=0.001))
    assert near.objective <= whole.objective <= near.objective_bound and near.gap <= 0.001
    assert near.value_bound >= solve(fewer, Options(previous=before)).value
