"""Dated meetings: when they are, how they change, how they are judged."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.protocol import Side
from chat.rules.attendance import Connection
from chat.rules.meetings import (
    MOVES,
    Meeting,
    MeetingState,
    MissedBy,
    Programme,
    cancel,
    free_hours,
    is_due,
    is_told,
    judge,
    length_for,
    may_change,
    meeting_of,
    move,
    occurrences,
)
from chat.rules.moves import IllegalMove
from chat.rules.times import Interval

START = datetime(2020, 2, 19, 11, 0, tzinfo=UTC)  # Wednesday 19:00 in Shanghai
END = START + timedelta(hours=1)
MEETING = Meeting(1, START)
WHOLE = Programme(date(2020, 2, 10), date(2020, 5, 31))


def span(first: float, last: float) -> Interval:
    """Minutes after the start of the meeting."""
    return Interval(START + timedelta(minutes=first), START + timedelta(minutes=last))


def stay(side: Side, first: float, last: float) -> Connection:
    interval = span(first, last)
    return Connection(0, side, interval.start, interval.end, interval.end)


def mentor(first: float, last: float) -> Connection:
    return stay(Side.MENTOR, first, last)


def child(first: float, last: float) -> Connection:
    return stay(Side.CHILD, first, last)


@given(st.integers(0, 167), st.dates(date(2019, 1, 1), date(2031, 1, 1)), st.integers(0, 40), st.data())
def test_occurrences_are_the_hours_at_which_a_clock_in_shanghai_shows_the_slot(
    slot: int, first: date, days: int, data: st.DataObject
) -> None:
    last = first + timedelta(days=days)
    holidays = data.draw(st.frozensets(st.dates(first, last), max_size=5))
    programme = Programme(first + timedelta(days=3), last - timedelta(days=3), holidays)
    expected = []
    hour = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=24)
    while hour.date() <= last + timedelta(days=1):
        wall = hour + timedelta(hours=8)  # no summer time in these years
        day = wall.date()
        within = first + timedelta(3) <= day <= last - timedelta(3) and day not in holidays
        if within and wall.weekday() * 24 + wall.hour == slot:
            expected.append(Interval(hour, hour + timedelta(hours=1)))
        hour += timedelta(hours=1)
    assert list(occurrences(slot, first, last, programme)) == expected


def test_the_ends_of_the_week_fall_on_their_own_days() -> None:
    midnight = occurrences(0, date(2020, 2, 17), date(2020, 2, 17), WHOLE)
    assert [hour.start for hour in midnight] == [datetime(2020, 2, 16, 16, tzinfo=UTC)]
    last = occurrences(167, date(2020, 2, 16), date(2020, 2, 16), WHOLE)
    assert last == (Interval(datetime(2020, 2, 16, 15, tzinfo=UTC), datetime(2020, 2, 16, 16, tzinfo=UTC)),)
    with pytest.raises(ValueError, match="168"):
        occurrences(168, date(2020, 2, 16), date(2020, 2, 23), WHOLE)


@pytest.mark.parametrize(
    ("rows", "state", "missed_by"),
    [
        ([], "missed", "both"),
        ([mentor(0, 30), child(0, 30)], "held", None),
        ([mentor(0, 30), child(25, 60)], "held", None),  # five minutes together
        ([mentor(0, 30), child(25.1, 60)], "missed", "both"),  # both were there, not together
        ([mentor(0, 30)], "missed", "child"),
        ([child(0, 30)], "missed", "mentor"),
        ([mentor(0, 30), child(0, 4.9)], "missed", "child"),
        ([mentor(0, 4.9), child(0, 30)], "missed", "mentor"),
        ([mentor(0, 4.9), child(10, 14)], "missed", "both"),
        ([mentor(0, 30), child(0, 2), child(2.9, 5)], "held", None),  # bridged
        ([mentor(-60, -1), child(-60, -1)], "missed", "both"),  # not in the hour
        ([mentor(-30, 90), child(56, 90)], "missed", "child"),  # four minutes of the hour
    ],
)
def test_the_judgement(rows: list[Connection], state: str, missed_by: str | None) -> None:
    verdict = judge(MEETING, rows, now=END)
    assert (verdict.state, verdict.missed_by) == (state, missed_by)


@pytest.mark.parametrize(
    ("down", "state"),
    [([span(0, 5)], "void"), ([span(0, 4.9)], "missed"), ([span(-20, 3), span(50, 52)], "void"),
     ([span(60, 90)], "missed")],
)  # fmt: skip
def test_nobody_is_blamed_for_an_outage(down: list[Interval], state: str) -> None:
    assert judge(MEETING, [mentor(10, 40)], now=END, outages=down).state == state
    assert judge(MEETING, [mentor(6, 40), child(6, 40)], now=END, outages=down).state == "held"


def test_a_session_that_belongs_to_a_meeting_counts_whole() -> None:
    rows = [mentor(-40, -10), child(-40, -10)]
    verdict = judge(MEETING, rows, now=END, sessions=[span(-40, -10)])
    assert (verdict.state, verdict.totals.both) == ("held", timedelta(minutes=30))


@pytest.mark.parametrize(
    ("session", "row"),
    [
        (span(0, 30), 1),
        (span(-40, -15), 1),
        (span(-40, -15.1), None),
        (span(75, 90), 1),
        (span(75.1, 90), None),
        (span(50, 100), 2),  # more of it lies in the later hour
        (span(55, 65), 1),  # as much in both: the earlier
    ],
)
def test_a_session_near_a_slot_belongs_to_its_meeting(session: Interval, row: int | None) -> None:
    later = Meeting(2, START + timedelta(hours=1))
    meetings = [MEETING] if row is None or session.start > END else [later, MEETING]
    found = meeting_of(session, meetings)
    assert (found.row if found else None) == row
    cancelled = [Meeting(m.row, m.start, MeetingState.CANCELLED) for m in meetings]
    assert meeting_of(session, cancelled) is None


@pytest.mark.parametrize("state", MeetingState)
def test_a_meeting_is_judged_once_after_its_hour_and_never_when_cancelled(state: MeetingState) -> None:
    meeting = Meeting(1, START, state)
    before = END - timedelta(microseconds=1)
    assert not is_due(meeting, before)
    with pytest.raises(IllegalMove, match=r"expected .* got"):
        judge(meeting, [], now=before)
    if state in ("planned", "moved"):
        assert is_due(meeting, END)
        assert judge(meeting, [], now=END).missed_by is MissedBy.BOTH
    else:
        assert not is_due(meeting, END + timedelta(days=1))
        with pytest.raises(IllegalMove):
            judge(meeting, [], now=END)


@pytest.mark.parametrize("state", MeetingState)
def test_only_what_is_to_come_is_moved_or_cancelled(state: MeetingState) -> None:
    meeting, later = Meeting(1, START, state), START + timedelta(days=1)
    during = START + timedelta(minutes=10)
    if state in ("planned", "moved"):
        assert may_change(meeting, during) and not may_change(meeting, END)
        assert move(meeting, later, during) == Meeting(1, later, MeetingState.MOVED)
        assert cancel(meeting, during) == Meeting(1, START, MeetingState.CANCELLED)
        with pytest.raises(IllegalMove, match="after"):
            move(meeting, during, during)
    else:
        assert not may_change(meeting, during)
        for change in (lambda: move(meeting, later, during), lambda: cancel(meeting, during)):
            with pytest.raises(IllegalMove, match=state):
                change()


def test_the_table_of_moves_is_what_the_contract_says() -> None:
    judged = {"held", "missed", "void"}
    assert {str(old): {str(new) for new in following} for old, following in MOVES.items()} == {
        "planned": {"moved", "cancelled"} | judged,
        "moved": {"moved", "cancelled"} | judged,
        "cancelled": {"planned", "moved"},  # taken back
        **{state: set() for state in judged},
    }


@given(
    st.frozensets(st.integers(0, 167), max_size=30),
    st.frozensets(st.integers(0, 167), max_size=30),
    st.frozensets(st.integers(0, 14 * 24), max_size=20),
    st.integers(0, 14 * 24 * 60),
    st.booleans(),
)
@example(frozenset({9}), frozenset({9}), frozenset(), 9 * 60, False)
def test_hours_offered_for_a_move(
    child_slots: frozenset[int], mentor_slots: frozenset[int], taken: frozenset[int], ago: int, grown: bool
) -> None:
    monday = datetime(2020, 2, 16, 16, tzinfo=UTC)  # 00:00 in Shanghai on 17 February
    now = monday + timedelta(minutes=ago)
    busy = [Interval(monday + timedelta(hours=h), monday + timedelta(hours=h + 1)) for h in taken]
    holiday = date(2020, 2, 20)
    offered = free_hours(
        child_slots=child_slots,
        mentor_slots=mentor_slots,
        taken=busy,
        first=date(2020, 2, 17),
        last=date(2020, 3, 1),
        now=now,
        birth=date(2003, 1, 1) if grown else date(2010, 1, 1),
        programme=Programme(date(2020, 2, 1), date(2020, 2, 27), frozenset({holiday})),
    )
    expected = [
        monday + timedelta(hours=h)
        for h in range(14 * 24)
        if h % 168 in child_slots
        and h % 168 in mentor_slots
        and h not in taken
        and h * 60 > ago
        and 8 <= h % 24 <= (21 if grown else 20)
        and h // 24 != 3  # the holiday
        and h // 24 <= 10  # the last day
    ]
    assert [hour.start for hour in offered] == expected


def test_a_meeting_is_shorter_for_the_smallest() -> None:
    assert [length_for(grade).seconds // 60 for grade in (1, 2, 3, 12)] == [20, 20, 30, 30]


@pytest.mark.parametrize(
    ("of_meeting", "seconds", "said", "told"),
    [
        (False, 0, False, False),
        (False, 59, False, False),
        (False, 60, False, True),
        (False, 0, True, True),
        (True, 0, False, True),
    ],
)
def test_a_glance_outside_any_meeting_is_not_told_to_a_family(of_meeting, seconds, said, told):
    assert is_told(of_meeting=of_meeting, together=timedelta(seconds=seconds), said=said) is told
