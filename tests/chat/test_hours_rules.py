"""When a room is open, by a clock in Shanghai."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.rules.hours import Hours, age_on, is_open, next_opening, slot_fits

YOUNG, GROWN = date(2010, 2, 17), date(2003, 1, 1)


def clock(text: str) -> datetime:
    """A time in Shanghai, which is UTC+8 in all the years of the programme."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("time", "young", "grown"),
    [
        ("2020-02-17T07:59:59.999999", False, False),
        ("2020-02-17T08:00", True, True),
        ("2020-02-17T20:59:59.999999", True, True),
        ("2020-02-17T21:00", False, True),
        ("2020-02-17T21:59:59", False, True),
        ("2020-02-17T22:00", False, False),
        ("2020-02-17T00:00", False, False),
        ("2020-02-16T23:59", False, False),
    ],
)
def test_a_room_is_open_from_8_to_21_and_from_16_years_to_22(time: str, young: bool, grown: bool) -> None:
    assert (is_open(clock(time), YOUNG), is_open(clock(time), GROWN)) == (young, grown)
    assert is_open(clock(time), YOUNG, Hours(always=True))


def test_the_later_hour_comes_with_the_sixteenth_birthday_in_shanghai() -> None:
    born = date(2004, 2, 18)
    assert not is_open(clock("2020-02-17T21:30"), born)
    assert is_open(clock("2020-02-18T21:30"), born)


def test_who_was_born_on_a_leap_day_is_older_on_the_first_of_march() -> None:
    born = date(2004, 2, 29)
    assert [age_on(born, date(2021, *day)) for day in ((2, 28), (3, 1))] == [16, 17]
    assert age_on(born, date(2020, 2, 29)) == 16


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2020-02-17T03:00", "2020-02-17T08:00"),
        ("2020-02-17T12:00", "2020-02-17T12:00"),
        ("2020-02-17T21:00", "2020-02-18T08:00"),
        ("2020-02-29T23:59:59", "2020-03-01T08:00"),
        ("2020-12-31T22:30", "2021-01-01T08:00"),
    ],
)
def test_the_next_opening(now: str, opening: str) -> None:
    assert next_opening(clock(now), YOUNG) == clock(opening)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_the_next_opening_is_the_first_open_minute(now: datetime) -> None:
    opening = next_opening(now, YOUNG)
    assert is_open(opening, YOUNG) and opening >= now
    minute = now
    while minute < opening:
        assert not is_open(minute, YOUNG)
        minute += timedelta(minutes=1)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati"]),
)
def test_the_zone_in_which_a_time_is_given_makes_no_difference(now: datetime, zone: str) -> None:
    there = now.astimezone(ZoneInfo(zone))
    assert is_open(there, GROWN) == is_open(now, GROWN)
    # As instants: Python holds a time that a clock shows twice unequal to that of every other zone.
    assert next_opening(there, GROWN).astimezone(UTC) == next_opening(now, GROWN).astimezone(UTC)


def test_slots_end_by_the_closing_hour() -> None:
    monday = date(2020, 2, 17)
    assert [h for h in range(24) if slot_fits(h, monday, YOUNG)] == list(range(8, 21))
    assert [h for h in range(24) if slot_fits(h, monday, GROWN)] == list(range(8, 22))
    assert not slot_fits(23, monday, GROWN, Hours(always=True))


def test_naive_times_and_impossible_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        is_open(datetime(2020, 2, 17), YOUNG)
    with pytest.raises(ValueError, match="opens"):
        Hours(opens=21, closes=8)
