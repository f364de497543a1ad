"""What depends on a child's age, as a table; and that a birthday begins at midnight in Shanghai."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ages import ReadAlong, age_at, age_on, born_after, rules_at, rules_for

A, W, N = ReadAlong.ALWAYS, ReadAlong.WHERE_AGREED, ReadAlong.NEVER
# age: guardians read the academic room, own code, a guardian consents, the child stops by itself, until 22:00
TABLE = {
    0: (A, False, True, False, False),
    6: (A, False, True, False, False),
    7: (A, False, True, False, False),
    8: (W, True, True, False, False),
    13: (W, True, True, False, False),
    14: (W, True, True, True, False),
    15: (W, True, True, True, False),
    16: (W, True, True, True, True),
    17: (W, True, True, True, True),
    18: (N, True, False, True, True),
    40: (N, True, False, True, True),
}


@pytest.mark.parametrize("age", TABLE)
def test_the_table(age: int) -> None:
    rules = rules_for(age)
    got = (
        rules.read_along,
        rules.own_code,
        rules.guardian_consents,
        rules.stops_itself,
        rules.late_hours,
    )
    assert got == TABLE[age]
    assert rules.plain_words == (age < 14)


@pytest.mark.parametrize("years", [8, 14, 16, 18])
def test_a_birthday_begins_at_midnight_in_shanghai_while_the_server_is_at_utc(years: int) -> None:
    birth = date(2004, 3, 10)
    # 00:00 of the 10th in Shanghai is 16:00 of the 9th at UTC.
    midnight = datetime(2004 + years, 3, 9, 16, 0, 0, tzinfo=UTC)
    before, after = midnight - timedelta(seconds=1), midnight + timedelta(seconds=1)
    assert [age_at(birth, moment) for moment in (before, midnight, after)] == [years - 1, years, years]
    assert rules_at(birth, before) == rules_for(years - 1) != rules_for(years) == rules_at(birth, midnight)


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2012, 2, 29), date(2020, 2, 28), 7),
        (date(2012, 2, 29), date(2020, 2, 29), 8),
        (date(2012, 2, 29), date(2021, 2, 28), 8),
        (date(2012, 2, 29), date(2021, 3, 1), 9),
        (date(2012, 2, 28), date(2021, 2, 28), 9),
        (date(2012, 3, 1), date(2020, 2, 29), 7),
        (date(2012, 12, 31), date(2020, 12, 30), 7),
        (date(2012, 12, 31), date(2020, 12, 31), 8),
        (date(2013, 1, 1), date(2020, 12, 31), 7),
    ],
)
def test_days_around_a_birthday(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age


@given(
    st.dates(date(1990, 1, 1), date(2110, 1, 1)),
    st.dates(date(1990, 1, 1), date(2110, 1, 1)),
    st.integers(1, 18),
)
def test_the_question_to_a_database_is_the_same_as_the_rule(birth: date, day: date, years: int) -> None:
    assert (birth > born_after(years, day)) == (age_on(birth, day) < years)


@pytest.mark.parametrize("day", [date(2020, 2, 29), date(2021, 2, 28), date(2021, 3, 1), date(2108, 2, 29)])
def test_and_around_leap_days(day: date) -> None:
    births = [date(day.year - 8, 2, 27) + timedelta(days=n) for n in range(5)]
    assert [birth > born_after(8, day) for birth in births] == [age_on(birth, day) < 8 for birth in births]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        rules_at(date(2012, 1, 1), datetime(2020, 1, 1))
