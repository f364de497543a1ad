"""When a letter goes, without a database. All times are of Shanghai."""

from datetime import date, timedelta

import pytest

from backend.notices.kinds import Audience, Weight, is_rationed
from backend.notices.timing import after_today, day_of, letter_time, next_try, waking
from tests.chat.people import at


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("weight", list(Weight))
def test_only_the_ordinary_is_rationed_and_only_for_the_family(audience: Audience, weight: Weight) -> None:
    expected = weight == "ordinary" and audience in ("family", "child")
    assert is_rationed(audience, weight) is expected


@pytest.mark.parametrize(
    ("now", "needed_by", "goes"),
    [
        (at(12), None, at(20.5)),
        (at(20.4), None, at(20.5)),
        (at(20.5), None, at(20.5, day=18)),
        (at(12), at(19), at(12)),  # the meeting is this evening: the letter of the evening is too late
        (at(12), at(19, day=18), at(20.5)),
        (at(20.9), at(16, day=18), at(20.9)),
        (at(23), at(16, day=18), at(7, day=18)),
        (at(3), at(16), at(7)),
        (at(3), None, at(20.5)),
    ],
)
def test_a_family_s_letter_goes_in_the_evening_unless_that_is_too_late(now, needed_by, goes) -> None:
    assert letter_time(now, rationed=True, needed_by=needed_by) == goes
    assert letter_time(now, rationed=False, needed_by=needed_by) == now


def test_who_had_the_letter_of_today_waits_for_tomorrow() -> None:
    assert after_today(at(15), needed_by=None) == at(20.5, day=18)
    assert after_today(at(15), needed_by=at(17)) == at(7, day=18)
    assert after_today(at(15), needed_by=at(17, day=18)) == at(7, day=18)


def test_a_day_is_a_day_in_shanghai() -> None:
    assert day_of(at(7.9)) == date(2020, 2, 17), "still the 16th in London"
    assert day_of(at(23.9)) == date(2020, 2, 17)
    assert day_of(at(0)) == date(2020, 2, 17)


def test_nothing_goes_to_a_family_at_night() -> None:
    assert [waking(at(hour)) for hour in (6.99, 7, 20.99, 21)] == [at(7), at(7), at(20.99), at(7, day=18)]


def test_a_letter_that_failed_waits_longer_each_time_but_not_longer_than_an_hour() -> None:
    pauses = [next_try(at(12), attempts, rationed=True) - at(12) for attempts in (1, 2, 3, 4, 7, 500)]
    assert pauses == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 60, 60)]
    assert next_try(at(20.99), 3, rationed=True) == at(7, day=18)
    assert next_try(at(20.99), 3, rationed=False) == at(20.99) + timedelta(minutes=4)
