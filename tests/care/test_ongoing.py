"""A conversation in which a child shows danger goes on, whatever the clock says."""

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.care.alerts import ask_for_help, raise_alert, take_case
from backend.care.cases import open_case
from backend.care.ongoing import conversation, lasts_until
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
    span, is_danger = conversation(said(*lines))
    found = lasts_until(span, is_danger=is_danger) if span else None
    assert found == (None if until is None else at(until))


@pytest.mark.parametrize(
    ("called", "until"),
    [([], None), ([20.4], 21), ([20.9], 21.4), ([19.4], 21), ([21.1], None), ([18.9], None)],
)
def test_somebody_called_while_they_talk_is_like_danger_said(called, until) -> None:
    span, is_danger = conversation(said((19.6, K, "好"), (20, M, "好的"), (20.5, K, "嗯")))
    assert span == (at(19.6), at(20.5)) and not is_danger
    found = lasts_until(span, is_danger=False, called=[at(hour) for hour in called])
    assert found == (None if until is None else at(until))


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
    assert lasts_until((at(20), at(20)), is_danger=True) - at(20) == timedelta(minutes=30)


@pytest.fixture
def talking(family: Family, settings) -> Family:
    """The child and the wellbeing mentor, a quarter of an hour before the room closes."""
    settings.ROOMS_ALWAYS_OPEN = False
    assert isinstance(speak(family, Side.CHILD, "老师好", 20.75), Said)
    return family


@pytest.mark.django_db
def test_nor_is_it_cut_after_the_child_asked_for_help(talking: Family, lead) -> None:
    alert = ask_for_help(actor=talking.child.user, now=at(20.9))
    take_case(actor=lead, case_id=alert.case_id, now=at(21))  # that somebody comes does not cut it either
    assert isinstance(speak(talking, Side.MENTOR, "我在，你慢慢说。", 21.1), Said)
    assert isinstance(speak(talking, Side.CHILD, "嗯", 21.5), Said)
    assert isinstance(speak(talking, Side.CHILD, "老师", 21.5, role="academic"), Refused), (
        "nobody talks there"
    )
    assert isinstance(speak(talking, Side.MENTOR, "还在吗", 22.1), Refused), "silent for half an hour"


@pytest.mark.django_db
def test_help_opens_no_room_in_which_nobody_talked(family: Family, settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = False
    ask_for_help(actor=family.child.user, now=at(22.9))
    assert isinstance(speak(family, Side.CHILD, "老师", 23), Refused)


@pytest.mark.django_db
def test_nor_while_nobody_has_answered(talking: Family, lead) -> None:
    alert = raise_alert(actor=talking.wellbeing.user, child=talking.child, kind="concern", now=at(12))
    assert isinstance(speak(talking, Side.MENTOR, "我们再说一会儿。", 21.1), Said)
    take_case(actor=lead, case_id=alert.case_id, now=at(21.2))
    assert isinstance(speak(talking, Side.CHILD, "好", 21.25), Refused), "asked hours ago, and answered"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["report", "A1", "A2", "B1", "F1", "named", "sealed", "elsewhere"])
def test_what_is_sealed_or_names_the_mentor_shows_in_no_clock(talking: Family, kind) -> None:
    case, more = None, {}
    if kind in ("named", "sealed"):
        named = talking.wellbeing.user.pk if kind == "named" else None
        of = {"child_id": talking.child.pk, "kind": "other", "sealed": kind == "sealed", "named_id": named}
        case, kind = open_case(actor=None, now=at(20), **of), "concern"
    elif kind == "elsewhere":
        kind, more = "S1", {"room": talking.rooms["academic"], "s": 1}
    raise_alert(actor=None, child=talking.child, kind=kind, case=case, now=at(20.9), **more)
    assert isinstance(speak(talking, Side.CHILD, "再见", 21.1), Refused)


@pytest.mark.django_db
def test_what_comes_in_one_go_with_words_of_danger_is_said_too(family: Family, settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = False
    room, other = (family.rooms[role].pk for role in ("wellbeing", "academic"))
    says = [(room, Side.CHILD, "睡不着"), (room, Side.CHILD, DANGER), (room, Side.CHILD, "你在吗")]
    says += [(room, Side.MENTOR, "我在。"), (other, Side.CHILD, "你在吗")]
    acts = [Speak(where, side, str(uuid4()), body) for where, side, body in says]
    outcomes = [type(each) for each in perform(acts, now=at(23)).outcomes]
    assert outcomes == [Refused, Said, Said, Said, Refused]


@pytest.mark.django_db
def test_nor_is_it_stopped_by_a_hold_that_comes_in_one_go_with_them(family: Family) -> None:
    room = family.rooms["wellbeing"].pk
    holds = [Speak(room, Side.MENTOR, str(uuid4()), "加我微信", held_for="wechat") for _ in range(2)]
    perform([holds[0]], now=at(18))
    perform([Speak(room, Side.CHILD, str(uuid4()), DANGER), holds[1]], now=at(18.1))
    assert isinstance(speak(family, Side.CHILD, "你在吗", 18.2), Said)
