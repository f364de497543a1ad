"""The hours and the day's minutes on the path of a message: refused, let through, kept from one batch to the next."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import checks
from chat.acts import Arrive, Outcome, Refused, Said, Speak, Stir, Tick
from chat.day import rests_until
from chat.models import Attendance, Event, Meeting, Room, Session
from chat.protocol import ErrCode, Side
from chat.record import perform
from chat.sitting import Kept
from tests.chat.people import Family, add_family, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(settings) -> Family:
    settings.ROOMS_ALWAYS_OPEN = False
    made = add_family()
    Meeting.objects.all().delete()
    return made


def talked(family: Family, role: str, first: float, last: float) -> None:
    Session.objects.create(
        room=family.rooms[role],
        opened_at=at(first),
        active_at=at(last),
        ended_at=at(last),
        decided_at=at(last),
        why="mentor",
    )


def meeting(family: Family, role: str, hour: float, **more) -> None:
    pairing = family.rooms[role].pairing
    Meeting.objects.create(
        pairing=pairing,
        child=pairing.child,
        mentor=pairing.mentor,
        planned_start=at(hour),
        start=at(hour),
        **more,
    )


def say(
    family: Family, hour: float, side: Side = Side.CHILD, role: str = "academic", kept=None, body="好"
) -> Outcome:
    act = Speak(family.rooms[role].pk, side, str(uuid4()), body)
    return perform([act], now=at(hour), kept=kept).outcomes[0]


def refused_until(outcome: Outcome, hour: float) -> float:
    assert isinstance(outcome, Refused) and outcome.code is ErrCode.CLOSED and outcome.retry_ms is not None
    return hour + outcome.retry_ms / 3_600_000


@pytest.mark.parametrize("side", Side)
def test_outside_the_hours_nothing_is_said_and_the_answer_says_when(family, side) -> None:
    assert refused_until(say(family, 7.5, side), 7.5) == 8
    assert refused_until(say(family, 21, side), 21) == 32
    assert isinstance(say(family, 20.99, side), Said)
    assert Event.objects.filter(kind="msg").count() == 1


def test_other_hours_of_the_site_hold(family, settings) -> None:
    from chat.rules.hours import Hours

    settings.ROOM_HOURS = Hours(9, 20, 23)
    assert refused_until(say(family, 8.5), 8.5) == 9
    assert refused_until(say(family, 20), 20) == 33


@pytest.mark.parametrize(("grade", "full"), [(5, True), (6, True), (7, False), (12, False)])
def test_an_hour_in_both_rooms_together_is_a_small_child_s_day(family, grade, full) -> None:
    family.child.grade = grade
    family.child.save()
    talked(family, "academic", 15, 15.5)
    talked(family, "wellbeing", 16, 16.5)
    for side in Side:
        outcome = say(family, 18, side)
        if full:
            assert refused_until(outcome, 18) == 32
        else:
            assert isinstance(outcome, Said)


def test_the_child_s_page_says_so_when_it_is_full_and_not_for_the_hour_alone(family) -> None:
    child = family.child
    assert rests_until(child, at(18)) is None and rests_until(child, at(22)) is None
    talked(family, "academic", 15, 15.5)
    assert rests_until(child, at(18)) is None
    talked(family, "wellbeing", 16, 16.5)
    meeting(family, "academic", 19)
    assert rests_until(child, at(18)) == at(32) == rests_until(child, at(22))
    assert rests_until(child, at(32)) is None


def test_the_minutes_run_while_the_two_talk_and_are_counted_to_the_second(family) -> None:
    room = family.rooms["academic"].pk
    talked(family, "wellbeing", 15, 15.5)
    perform([Arrive(room, side, uuid4()) for side in Side], now=at(18))
    second = 1 / 3600
    assert isinstance(say(family, 18.25), Said)
    assert isinstance(say(family, 18.5 - second), Said)
    assert refused_until(say(family, 18.5), 18.5) == 32


def test_a_planned_meeting_is_not_refused_a_cancelled_one_is_none(family) -> None:
    talked(family, "academic", 15, 16)
    meeting(family, "academic", 19)
    assert refused_until(say(family, 18), 18) == 18.75
    assert isinstance(say(family, 18.75), Said) and isinstance(say(family, 20.2), Said)
    assert refused_until(say(family, 18.75, role="wellbeing"), 18.75) == 32, "it is planned in the other room"
    Meeting.objects.update(state="cancelled", changed_at=at(17))
    assert refused_until(say(family, 19), 19) == 32


def test_a_meeting_that_was_moved_here_and_one_that_was_judged_count(family) -> None:
    talked(family, "academic", 15, 16)
    meeting(family, "academic", 18)
    Meeting.objects.update(state="moved", start=at(19), changed_at=at(17))
    assert refused_until(say(family, 18), 18) == 18.75
    Meeting.objects.update(state="held", judged_at=at(20), mentor_s=3600, child_s=3600, both_s=3600)
    assert isinstance(say(family, 20.1), Said)


def test_a_child_in_danger_is_not_cut(family, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(
        checks, "_goes_on", [lambda room, now, words: asked.append((room, words.body)) or True]
    )
    assert isinstance(say(family, 10, body="早"), Said) and not asked, "asked only where it would be cut"
    assert isinstance(say(family, 22, body="晚"), Said)
    assert asked == [(family.rooms["academic"].pk, "晚")]


def test_a_check_of_danger_that_fails_opens_nothing_and_breaks_nothing(family, monkeypatch) -> None:
    def broken(room, now, words):
        raise ValueError

    monkeypatch.setattr(checks, "_goes_on", [broken])
    assert isinstance(say(family, 22), Refused)


def test_what_was_said_before_is_acknowledged_again_though_the_room_is_closed(family) -> None:
    cid = str(uuid4())
    act = Speak(family.rooms["academic"].pk, Side.CHILD, cid, "好")
    first = perform([act], now=at(20.9)).outcomes[0]
    assert perform([act], now=at(21.1)).outcomes[0] == first


def test_the_day_costs_one_query_for_all_and_is_kept_for_a_while(family) -> None:
    others = [add_family(number) for number in (1, 2)]
    kept = Kept()

    def asked(hour: float, families) -> int:
        acts = [Speak(each.rooms["academic"].pk, Side.CHILD, str(uuid4()), "好") for each in families]
        with CaptureQueriesContext(connection) as captured:
            perform(acts, now=at(hour), kept=kept)
        return sum("JOIN" in each["sql"] for each in captured if 'FROM "chat_session"' in each["sql"])

    second = 1 / 3600
    assert asked(18, [family, *others]) == 1
    assert asked(18 + 2 * second, [family, *others]) == 0
    assert asked(18 + 11 * second, [family, *others]) == 1


# The rest.


def sit(family: Family, role: str = "academic", hour: float = 18) -> int:
    room = family.rooms[role].pk
    perform([Arrive(room, side, uuid4()) for side in Side], now=at(hour))
    return room


def here(now) -> None:
    """What the heartbeat of the two does."""
    Attendance.objects.filter(until=None).update(last_seen_at=now)


def rests(room: int) -> list[int]:
    return list(Event.objects.filter(room=room, kind="rest").values_list("s", flat=True))


@pytest.mark.parametrize(("grade", "minutes"), [(1, 20), (2, 20), (3, 30), (9, 30)])
def test_the_two_are_told_to_rest_once_a_sitting(family, grade, minutes) -> None:
    family.child.grade = grade
    family.child.save()
    room = sit(family)
    session = Session.objects.get()
    assert session.rest_at == at(18) + timedelta(minutes=minutes)
    for minute in range(1, minutes):
        here(at(18) + timedelta(minutes=minute))
        perform(
            [Speak(room, Side.CHILD, str(uuid4()), "好"), Tick(room)], now=at(18) + timedelta(minutes=minute)
        )
    here(session.rest_at)
    assert not rests(room)
    assert Session.objects.get().next_tick_at == session.rest_at, "the clock knows when"
    for seconds in (0, 1, 30):
        perform([Tick(room)], now=session.rest_at + timedelta(seconds=seconds))
    assert len(rests(room)) == 1
    said = Event.objects.get(kind="rest")
    assert said.facts == {"session": session.pk} and Room.objects.get(pk=room).last_s == said.s
    assert Session.objects.get().rest_at == session.rest_at + timedelta(minutes=minutes)


def test_who_comes_back_after_too_short_a_break_is_told_at_once(family) -> None:
    talked(family, "wellbeing", 17.25, 17.9)
    room = sit(family)
    perform([Tick(room)], now=at(18))
    assert len(rests(room)) == 1


def test_nobody_in_danger_is_sent_to_rest(family, monkeypatch) -> None:
    monkeypatch.setattr(checks, "_goes_on", [lambda room, now, words: True])
    room = sit(family)
    for hour in (18.2, 18.4, 18.5):
        here(at(hour))
        perform([Speak(room, Side.CHILD, str(uuid4()), "好"), Tick(room)], now=at(hour))
    assert not rests(room)
    monkeypatch.setattr(checks, "_goes_on", [])
    for hour in (18.7, 18.9, 19):
        here(at(hour))
        perform([Stir(room, Side.CHILD), Tick(room)], now=at(hour))
    assert len(rests(room)) == 1
