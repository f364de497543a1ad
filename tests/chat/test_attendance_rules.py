"""Minutes of attendance, against a count second by second."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol import Side
from chat.rules.attendance import Connection, Totals, is_stale, minutes, totals
from chat.rules.times import Interval

START = datetime(2020, 2, 17, 11, 0, tzinfo=UTC)
SPAN = 900  # seconds that the brute force counts


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def row(side: Side, since: int, until: int) -> Connection:
    return Connection(0, side, at(since), at(until), at(until))


def stays(side: Side) -> st.SearchStrategy[list[Connection]]:
    spans = st.tuples(st.integers(0, SPAN), st.integers(0, 200)).map(
        lambda span: row(side, span[0], min(SPAN, span[0] + span[1]))
    )
    return st.lists(spans, max_size=6)


def there(rows: list[Connection], side: Side) -> list[bool]:
    """Second by second: somebody of this side is connected, absences of up to 60 s between filled."""
    present = [False] * SPAN
    touched = [False] * (SPAN + 1)  # moments at which a connection stood, even for no time at all
    for connection in rows:
        if connection.side is side and connection.until is not None:
            first = int((connection.since - START).total_seconds())
            last = int((connection.until - START).total_seconds())
            for second in range(first, last):
                present[second] = True
            for moment in range(first, last + 1):
                touched[moment] = True
    moments = [moment for moment in range(SPAN + 1) if touched[moment]]
    for before, after in pairwise(moments):
        if after - before <= 60:
            for second in range(before, after):
                present[second] = True
    return present


@given(stays(Side.MENTOR), stays(Side.CHILD), st.integers(0, SPAN), st.integers(0, SPAN))
def test_totals_equal_a_count_of_every_second(
    mentor_rows: list[Connection], child_rows: list[Connection], one: int, other: int
) -> None:
    rows = mentor_rows + child_rows
    first, last = sorted((one, other))
    mentor, child = there(rows, Side.MENTOR), there(rows, Side.CHILD)
    counted = [sum(flags[first:last]) for flags in (mentor, child)]
    both = sum(m and c for m, c in zip(mentor[first:last], child[first:last], strict=True))
    found = totals(rows, [Interval(at(first), at(last))])
    assert found == Totals(*(timedelta(seconds=seconds) for seconds in (*counted, both)))
    assert totals(reversed(rows), [Interval(at(first), at(last))]) == found


@pytest.mark.parametrize(("gap", "seconds"), [(1, 201), (60, 260), (61, 200)])
def test_a_gap_of_up_to_a_minute_is_bridged(gap: int, seconds: int) -> None:
    rows = [row(Side.CHILD, 0, 100), row(Side.CHILD, 100 + gap, 200 + gap)]
    assert totals(rows, [Interval(at(0), at(SPAN))]).child == timedelta(seconds=seconds)


def test_windows_that_overlap_count_once() -> None:
    rows = [row(Side.MENTOR, 0, 300)]
    frame = [Interval(at(0), at(200)), Interval(at(100), at(300))]
    assert totals(rows, frame).mentor == timedelta(seconds=300)


def test_a_live_connection_counts_to_its_last_heartbeat_and_is_lost_after_45_s() -> None:
    live = Connection(1, Side.CHILD, at(0), at(100))
    assert totals([live], [Interval(at(0), at(SPAN))]).child == timedelta(seconds=100)
    assert not is_stale(live, at(145))
    assert is_stale(live, at(145) + timedelta(microseconds=1))
    assert not is_stale(row(Side.CHILD, 0, 100), at(800))


@pytest.mark.parametrize(("seconds", "said"), [(0, 0), (29, 0), (30, 1), (89, 1), (90, 2), (1680, 28)])
def test_minutes_are_rounded_half_up(seconds: int, said: int) -> None:
    assert minutes(timedelta(seconds=seconds)) == said


def test_naive_and_backward_intervals_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Interval(datetime(2020, 2, 17), datetime(2020, 2, 18))
    with pytest.raises(ValueError, match="end"):
        Interval(at(1), at(0))
