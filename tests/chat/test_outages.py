"""The rooms were down: whoever could not meet then did not miss the meeting."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine

from backend.notices.models import Notice
from chat import duties
from chat.history import history_for
from chat.models import Meeting, Room, Serving
from chat.rules.outages import outages
from chat.rules.times import Interval
from chat.uptime import still_serving
from tests.chat.people import Family, add_family, at
from tests.chat.test_meetings import academic, together

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
HOUR = Interval(at(19), at(20))


@pytest.fixture
def family(settings):
    """The academic hour is Wednesday the 19th, 19:00."""
    settings.ROOMS_ALWAYS_OPEN = False
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def serve(since: float, until: float, process=None) -> None:
    """Heartbeats every 15 s on that Wednesday."""
    process, now = process or uuid4(), at(since, day=19)
    while now <= at(until, day=19):
        still_serving(process, now)
        now += timedelta(seconds=15)


def judged(family: Family) -> Meeting:
    duties.judge_meetings(at(20.05, day=19))
    return academic(family)


def minutes(count: float) -> float:
    return count / 60


def test_heartbeats_are_one_row_until_there_is_a_silence(family):
    process = uuid4()
    serve(18, 18.5, process)
    serve(18.75, 19, process)
    assert [(row.since, row.seen_at) for row in Serving.objects.all()] == [
        (at(18, day=19), at(18.5, day=19)),
        (at(18.75, day=19), at(19, day=19)),
    ]


def test_a_meeting_in_an_outage_is_void_and_nobody_missed_it(family):
    serve(12, 19 + minutes(2))
    serve(19 + minutes(40), 20.1)
    meeting = judged(family)
    assert (meeting.state, meeting.missed_by) == ("void", "")
    month = history_for(
        actor=family.parent, child_id=family.child.pk, month=date(2020, 2, 1), now=at(21, day=19)
    )
    assert [line.state for line in month.lines] == ["void"]


def test_a_restart_is_no_outage(family):
    serve(12, 19 + minutes(2))
    serve(19 + minutes(5), 20.1)
    assert judged(family).state == "missed"


def test_while_another_process_serves_the_rooms_are_not_down(family):
    serve(12, 19 + minutes(2))
    serve(19, 20.1)
    assert judged(family).state == "missed"


def test_who_met_in_what_was_left_of_the_hour_did_meet(family):
    serve(12, 19 + minutes(20))
    serve(19 + minutes(45), 20.1)
    together(family.rooms["academic"], at(19, day=19), 19)
    assert judged(family).state == "held"


def test_where_nobody_ever_counted_heartbeats_nothing_is_excused(family):
    assert judged(family).state == "missed"


def test_an_outage_that_lasts_until_after_the_hour_is_one_too(family):
    serve(12, 19 + minutes(10))
    assert judged(family).state == "void"


def test_an_outage_is_what_lies_between():
    down = outages(HOUR, [Interval(at(18), at(19.25)), Interval(at(19.5), at(21))], known_since=at(10))
    assert down == (Interval(at(19.25), at(19.5)),)
    assert outages(HOUR, [Interval(at(18), at(21))], known_since=at(10)) == ()
    assert outages(HOUR, [], known_since=at(10)) == (HOUR,)
    assert outages(HOUR, [], known_since=at(20)) == outages(HOUR, [], known_since=None) == ()
    blink = Interval(at(19.25) + timedelta(seconds=40), at(21))
    assert outages(HOUR, [Interval(at(18), at(19.25)), blink], known_since=at(10)) == ()
    begun = outages(HOUR, [Interval(at(19.5), at(21))], known_since=at(19.5))
    assert begun == (), "before the first heartbeat nothing is known"
    assert outages(HOUR, [Interval(at(18), at(20) - timedelta(seconds=50))], known_since=at(10)) == ()
    assert outages(HOUR, [Interval(at(20.5), at(21))], known_since=at(10)) == (HOUR,)


@pytest.mark.parametrize("how", ["frozen", "shut"])
@pytest.mark.parametrize(
    ("since", "state", "missed_by"), [(18, "void", ""), (19.5, "void", ""), (20.01, "missed", "both")]
)
def test_nobody_missed_a_meeting_in_a_room_that_was_shut(family, how, since, state, missed_by):
    serve(12, 20.1)
    stands = (
        {"frozen_at": at(since, day=19)}
        if how == "frozen"
        else {"shut_by": "vetting", "shut_at": at(since, day=19)}
    )
    Room.objects.filter(pk=family.rooms["academic"].pk).update(**stands)
    meeting = judged(family)
    assert (meeting.state, meeting.missed_by) == (state, missed_by)
    assert Notice.objects.filter(kind="meeting_missed").exists() is (state == "missed")


def test_who_was_thrown_out_of_a_meeting_that_had_begun_is_judged_by_what_they_did(family):
    serve(12, 20.1)
    together(family.rooms["academic"], at(19, day=19), 3)
    Room.objects.filter(pk=family.rooms["academic"].pk).update(frozen_at=at(19.1, day=19))
    assert judged(family).state == "missed"
