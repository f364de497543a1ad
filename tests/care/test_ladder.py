"""The ladder as a table: who is told when, by a clock that the test holds."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.care.detection import Sign
from backend.care.ladder import CLIMBS_EVERY, MENTOR_HAS, NOW, ROUTES, Rung, climb

START = datetime(2020, 2, 17, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALL = [True] * 5


def test_it_climbs_every_two_minutes_to_everybody_and_then_says_that_it_is_exhausted() -> None:
    rung, climbs_at, told, exhausted = -1, START, {}, None
    for second in range(0, 600):
        now = START + timedelta(seconds=second)
        step = climb(NOW, rung=rung, climbs_at=climbs_at, manned=ALL, now=now)
        rung, climbs_at = step.rung, step.climbs_at
        told |= {NOW.rungs[index]: now - START for index in step.steps}
        exhausted = exhausted or step.exhausted_at
    assert told == {
        Rung.COUNSELLOR: 0 * MINUTE,
        Rung.LEAD: 2 * MINUTE,
        Rung.SECOND_LEAD: 4 * MINUTE,
        Rung.EVERYBODY: 6 * MINUTE,
    }
    assert exhausted == START + 8 * MINUTE


@pytest.mark.parametrize("pause", [0, 1, 119, 120, 121, 300, 481, 90_000])
def test_a_worker_that_slept_tells_the_same_people(pause: int) -> None:
    """Asked once after the pause it is as far as one that was asked every second."""
    now = START + timedelta(seconds=pause)
    often: list[int] = []
    rung, climbs_at, exhausted = -1, START, None
    for second in range(0, min(pause, 1000) + 1):
        step = climb(NOW, rung=rung, climbs_at=climbs_at, manned=ALL, now=START + timedelta(seconds=second))
        often += step.steps
        rung, climbs_at, exhausted = step.rung, step.climbs_at, exhausted or step.exhausted_at
    once = climb(NOW, rung=-1, climbs_at=START, manned=ALL, now=now)
    assert (list(once.steps), once.rung, once.climbs_at, once.exhausted_at) == (
        often,
        rung,
        climbs_at,
        exhausted,
    )


def test_where_nobody_is_no_time_is_lost() -> None:
    step = climb(NOW, rung=-1, climbs_at=START, manned=[False, False, True, True], now=START)
    assert (step.steps, step.climbs_at) == ((2,), START + CLIMBS_EVERY)
    nobody = climb(NOW, rung=-1, climbs_at=START, manned=[False] * 4, now=START)
    assert (nobody.steps, nobody.exhausted_at, nobody.climbs_at) == ((), START, None)


def test_before_its_time_nothing_happens() -> None:
    step = climb(NOW, rung=0, climbs_at=START, manned=ALL, now=START - timedelta(microseconds=1))
    assert (step.steps, step.climbs_at, step.exhausted_at) == ((), START, None)


def test_the_routes_are_those_of_the_programme() -> None:
    first = {kind: route.rungs[0] for kind, route in ROUTES.items()}
    assert first == {
        "help": Rung.COUNSELLOR,
        "concern": Rung.COUNSELLOR,
        "report": Rung.LEAD,
        "S1": Rung.COUNSELLOR,
        "S2": Rung.COUNSELLOR,
        "S3": Rung.MENTOR_AND_COUNSELLOR,
        "H1": Rung.MENTOR_AND_COUNSELLOR,
        "A1": Rung.LEAD,
        "A2": Rung.LEAD,
        "B1": Rung.MENTOR,
        "F1": Rung.MENTOR,
    }
    assert set(first) - {"help", "concern", "report"} == {sign.value for sign in Sign}
    assert {kind for kind, route in ROUTES.items() if route.sealed} == {"report", "A1", "A2"}
    for kind, route in ROUTES.items():
        # Of what is sealed no counsellor and no coordinator who is no lead is ever told.
        if route.sealed:
            assert set(route.rungs) == {Rung.LEAD, Rung.SECOND_LEAD, Rung.LEADS}
        assert route.patience == (MENTOR_HAS if kind in ("B1", "F1") else CLIMBS_EVERY)
