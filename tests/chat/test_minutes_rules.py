"""How long a child talks in a day, when it rests, and whether words may be said now: by a clock in Shanghai."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.rules.hours import Hours, named
from chat.rules.minutes import closed_until, day_for, rest_at, spent
from chat.rules.times import Interval

CHILD, SIXTEEN = date(2010, 2, 18), date(2004, 2, 17)


def clock(text: str) -> datetime:
    """A time of 17 February 2020 in Shanghai (UTC+8), or of the day that is said."""
    day, _, hour = text.rpartition(" ")
    return datetime.fromisoformat(f"2020-02-{day or 17}T{hour}+08:00").astimezone(UTC)


def span(first: str, last: str) -> Interval:
    return Interval(clock(first), clock(last))


@pytest.mark.parametrize("grade", range(1, 13))
def test_the_numbers_of_a_grade(grade: int) -> None:
    assert day_for(grade) == timedelta(minutes=60 if grade < 7 else 120)
    sitting = rest_at([], clock("10:00"), grade) - clock("10:00")
    assert sitting == timedelta(minutes=20 if grade < 3 else 30)


HOUR_BEFORE = [span("17:00", "17:59:59")]
FULL_HOUR = [span("17:00", "18:00")]
TWO_HOURS = [span("15:00", "16:00"), span("17:00", "18:00")]

# birth, grade, now, together, meetings → open again (None: open now)
TABLE = [
    # The hours, to the second.
    (CHILD, 4, "07:59:59", [], [], "08:00"),
    (CHILD, 4, "08:00", [], [], None),
    (CHILD, 4, "20:59:59", [], [], None),
    (CHILD, 4, "21:00", [], [], "18 08:00"),
    (SIXTEEN, 10, "21:59:59", [], [], None),
    (SIXTEEN, 10, "22:00", [], [], "18 08:00"),
    # The sixteenth birthday is on the 17th and begins at midnight in Shanghai.
    (SIXTEEN, 10, "16 21:00", [], [], "17 08:00"),
    (date(2004, 2, 18), 10, "21:00", [], [], "18 08:00"),
    (date(2004, 2, 18), 10, "18 21:00", [], [], None),
    # A meeting that lies outside the hours opens nothing.
    (CHILD, 4, "21:00", [], ["20:30"], "18 08:00"),
    # The minutes, to the second; until grade 6 an hour, from grade 7 two.
    (CHILD, 6, "18:00", HOUR_BEFORE, [], None),
    (CHILD, 6, "18:00", FULL_HOUR, [], "18 08:00"),
    (CHILD, 7, "18:00", FULL_HOUR, [], None),
    (CHILD, 7, "18:00", TWO_HOURS, [], "18 08:00"),
    (CHILD, 7, "18:00", [span("15:00", "16:00"), *HOUR_BEFORE], [], None),
    (SIXTEEN, 10, "21:30", TWO_HOURS, [], "18 08:00"),
    # Both rooms at once count once; what was yesterday does not count.
    (CHILD, 6, "18:00", [span("17:00", "17:40"), span("17:20", "17:59:59")], [], None),
    (CHILD, 6, "18:00", [span("16 12:00", "16 13:00"), *HOUR_BEFORE], [], None),
    (CHILD, 6, "18 08:00", FULL_HOUR, [], None),
    # A planned meeting is never refused for the day's minutes: a quarter of an hour before its hour until one after.
    (CHILD, 6, "18:44:59", FULL_HOUR, ["19:00"], "18:45"),
    (CHILD, 6, "18:45", FULL_HOUR, ["19:00"], None),
    (CHILD, 6, "20:14:59", FULL_HOUR, ["19:00"], None),
    (CHILD, 6, "20:15", FULL_HOUR, ["19:00"], "18 08:00"),
    # The next meeting of the day is when it opens again; not one of tomorrow, and not one at night.
    (CHILD, 6, "18:00", FULL_HOUR, ["20:00", "19:00"], "18:45"),
    (CHILD, 6, "18:00", FULL_HOUR, ["18 19:00"], "18 08:00"),
    (CHILD, 6, "18:00", FULL_HOUR, ["22:00"], "18 08:00"),
]


@pytest.mark.parametrize(("birth", "grade", "now", "together", "meetings", "opens"), TABLE)
def test_the_truth_table(birth, grade, now, together, meetings, opens) -> None:
    found = closed_until(
        clock(now), birth=birth, grade=grade, together=together, meetings=[clock(each) for each in meetings]
    )
    assert found == (None if opens is None else clock(opens))


@pytest.mark.parametrize(("birth", "grade", "now", "together", "meetings", "opens"), TABLE)
def test_the_demonstration_is_open_around_the_clock(birth, grade, now, together, meetings, opens) -> None:
    always = Hours(always=True)
    assert (
        closed_until(clock(now), birth=birth, grade=grade, together=together, meetings=[], hours=always)
        is None
    )


def test_other_hours_by_their_names() -> None:
    assert named({"opens": 9, "closes": 20}) == Hours(9, 20, 22)
    for wrong in ({"open": 9}, {"opens": 22}, {"closes": 25}, {"always": 1}):
        with pytest.raises(ValueError, match=r"expected|not one of"):
            named(wrong)


@pytest.mark.parametrize(
    ("together", "opened", "grade", "rests"),
    [
        ([], "10:00", 3, "10:30"),
        ([], "10:00", 2, "10:20"),
        # Ten minutes of rest are a rest, a second less is none.
        ([span("09:00", "09:50")], "10:00", 3, "10:30"),
        ([span("09:40", "09:50:01")], "10:00", 3, "10:10"),
        ([span("09:00", "09:55")], "10:00", 3, "10:00"),
        ([span("09:20", "09:35"), span("09:40", "09:55")], "10:00", 3, "10:00"),
        ([span("09:30", "09:33"), span("09:42", "09:55")], "10:00", 3, "10:00"),
        ([span("09:30", "09:32"), span("09:42", "09:55")], "10:00", 3, "10:12"),
        # In the other room, still going on.
        ([span("09:45", "10:00")], "10:00", 3, "10:15"),
    ],
)
def test_when_a_sitting_ends(together, opened, grade, rests) -> None:
    assert rest_at(together, clock(opened), grade) == clock(rests)


@given(st.lists(st.tuples(st.integers(-600, 1400), st.integers(0, 300)), max_size=6), st.integers(0, 1439))
def test_what_is_spent_is_what_a_count_of_minutes_says(spans: list[tuple[int, int]], now: int) -> None:
    midnight = clock("00:00")
    together = [
        Interval(midnight + timedelta(minutes=a), midnight + timedelta(minutes=a + n)) for a, n in spans
    ]
    counted = sum(any(a <= minute < a + n for a, n in spans) for minute in range(now))
    assert spent(together, midnight + timedelta(minutes=now)) == timedelta(minutes=counted)


@given(
    st.integers(1, 12),
    st.integers(0, 24 * 60 * 60 - 1),
    st.integers(0, 3 * 3600),
    st.lists(st.integers(0, 23), max_size=2),
)
def test_it_is_open_again_when_it_says_and_not_before(
    grade: int, now: int, talked: int, hours: list[int]
) -> None:
    """The moment that is told: open then, and closed a second before."""
    midnight, moment = clock("00:00"), clock("00:00") + timedelta(seconds=now)
    together = [Interval(midnight - timedelta(0), min(moment, midnight + timedelta(seconds=talked)))]
    facts = {
        "birth": CHILD,
        "grade": grade,
        "together": together,
        "meetings": [midnight + timedelta(hours=each) for each in hours],
    }
    until = closed_until(moment, **facts)
    if until is not None:
        assert until > moment and closed_until(until, **facts) is None
        assert closed_until(until - timedelta(seconds=1), **facts) is not None or until - moment < timedelta(
            seconds=1
        )


def test_help_has_no_hours() -> None:
    """Nothing of Help may depend on them: the rule is asked by the record of rooms alone."""
    import ast
    from pathlib import Path

    asking = set()
    for top in ("backend", "chat", "matching"):
        for path in Path(top).rglob("*.py"):
            names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
            names |= {n.attr for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute)}
            if "closed_until" in names:
                asking.add(str(path))
    assert asking == {"chat/day.py", "chat/record.py"}
