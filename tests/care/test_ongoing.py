"""A conversation in which a child shows danger goes on, whatever the clock says."""

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.care.ongoing import lasts_until
from chat.acts import Outcome, Refused, Said, Speak
from chat.models import Event
from chat.protocol import Side
from chat.record import perform
from tests.chat.people import Family, at

M, K = "mentor", "child"
DANGER = "我不想活了"


def said(*lines: tuple[float, str, str]) -> list[tuple]:
    """Hours, oldest first → what the rule reads."""
    return [(at(hour), who, words) for hour, who, words in reversed(lines)]


@pytest.mark.parametrize(
    ("lines", "until"),
    [
        ([], None),
        ([(20, K, "好"), (20.1, M, "好的")], None),
        ([(20, K, DANGER)], 20.5),
        ([(20, K, DANGER), (20.4, M, "我在"), (20.8, K, "嗯")], 21.3),
        ([(20, M, DANGER)], None),
        ([(19, K, DANGER), (20, K, "作业写完了")], None),
        ([(20, K, "班里有人笑我"), (20.2, K, "嗯")], None),
        ([(20, K, DANGER), (20.3, M, "")], 20.8),
    ],
)
def test_it_lasts_until_both_are_silent_for_half_an_hour(lines, until) -> None:
    assert lasts_until(said(*lines)) == (None if until is None else at(until))


def speak(family: Family, side: Side, body: str, hour: float, role: str = "wellbeing") -> Outcome:
    act = Speak(family.rooms[role].pk, side, str(uuid4()), body)
    return perform([act], now=at(hour)).outcomes[0]


@pytest.mark.django_db
def test_the_room_s_hours_do_not_end_it(family: Family, settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = False
    assert isinstance(speak(family, Side.CHILD, DANGER, 20.9), Said)
    assert isinstance(speak(family, Side.MENTOR, "我在这里，你慢慢说。", 21.2), Said)
    assert isinstance(speak(family, Side.CHILD, "嗯", 21.6), Said)
    assert isinstance(speak(family, Side.CHILD, "嗯", 21.6, role="academic"), Refused), "another room"
    assert isinstance(speak(family, Side.MENTOR, "还在吗", 22.2), Refused), (
        "silent for more than half an hour"
    )


@pytest.mark.django_db
def test_words_of_danger_are_never_refused_for_the_hour(family: Family, settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = False
    assert isinstance(speak(family, Side.CHILD, "睡不着", 23), Refused)
    assert isinstance(speak(family, Side.MENTOR, DANGER, 23), Refused), "only a child's"
    assert isinstance(speak(family, Side.CHILD, DANGER, 23), Said)
    assert isinstance(speak(family, Side.CHILD, "睡不着", 23.1), Said)
    assert Event.objects.filter(kind="msg").count() == 2


@pytest.mark.django_db
def test_nor_for_the_minutes_of_the_day(family: Family, settings) -> None:
    from chat.models import Meeting, Session

    settings.ROOMS_ALWAYS_OPEN = False
    Meeting.objects.all().delete()
    hour = {
        "opened_at": at(15),
        "active_at": at(16),
        "ended_at": at(16),
        "decided_at": at(16),
        "why": "mentor",
    }
    Session.objects.create(room=family.rooms["academic"], **hour)
    assert isinstance(speak(family, Side.CHILD, "好", 18), Refused)
    assert isinstance(speak(family, Side.CHILD, DANGER, 18), Said)
    assert isinstance(speak(family, Side.MENTOR, "我在", 18 + 0.4), Said)


@pytest.mark.django_db
def test_knocking_at_a_closed_door_is_looked_at_once(family: Family, settings, monkeypatch) -> None:
    from backend.care import ongoing

    settings.ROOMS_ALWAYS_OPEN = False
    for minute in range(5):
        assert isinstance(speak(family, Side.CHILD, "好", 20 + minute / 60), Said)
    looked = []
    monkeypatch.setattr(ongoing, "danger", lambda body: looked.append(body) or frozenset())
    for second in range(20):
        at_ = 21.1 + second / 3600
        assert isinstance(speak(family, Side.CHILD, "开门", at_), Refused)
    assert looked.count("好") == 5 and looked.count("开门") == 20


def test_half_an_hour() -> None:
    assert lasts_until([(at(20), K, DANGER)]) - at(20) == timedelta(minutes=30)
