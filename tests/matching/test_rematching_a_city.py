"""A city whose mentors have left: no time limit and no points for what stays cost a child both mentors."""

import pytest

from bench.instances import city, some_gone
from matching.core.plan import Options
from matching.core.roster import Place
from matching.core.solve import solve


@pytest.mark.deep
@pytest.mark.parametrize("draw", [0, 3, 8, 11])
def test_a_time_limit_costs_no_child_of_a_city_both_mentors(draw: int) -> None:
    """Of these draws some were stopped two children short after twenty seconds, for some points and not for others."""
    whole = city(698)
    before = tuple(Place(p.child, p.role, p.mentor, p.slot) for p in solve(whole).places)
    fewer = some_gone(whole, before, draw)
    for points in (0, 4, 30):
        result = solve(fewer, Options(previous=before, stickiness=points, time_limit=0.0, reasons=False))
        assert result.complete == result.complete_bound
