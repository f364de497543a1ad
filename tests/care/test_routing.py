"""Words that may mean danger call a person, in the transaction that commits them, and nothing else changes."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from backend.accounts.models import User
from backend.care import detection, routing
from backend.care.models import Alert, Case, HelpCard, Shift, Talk, Wake
from backend.errors import NotYours
from chat import checks
from chat.acts import Arrive, Refused, Said, Speak
from chat.checks import Words
from chat.models import Event, Original
from chat.protocol import Side
from chat.record import perform
from chat.sitting import Kept
from chat.writer import _begin, _commit, _looked_at
from matching.models import Pairing
from tests.chat.people import at

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
S1, A1 = "我不想活了", "爸爸又打我"


@pytest.fixture(autouse=True)
def _open(settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = True


@pytest.fixture(autouse=True)
def counsellor(family) -> User:
    user, now = User.objects.create_user(name="孙老师"), timezone.now()
    Shift.objects.create(
        person=user, post="counsellor", begins_at=now - 60 * MINUTE, ends_at=now + 60 * MINUTE
    )
    return user


def speak(family, *bodies: str, side: Side = Side.CHILD, role: str = "wellbeing", now=None):
    room = family.rooms[role].pk
    acts = [_looked_at(Speak(room, side, str(uuid4()), body)) for body in bodies]
    return perform(acts, now=now or timezone.now()).outcomes


def test_a_wish_to_die_is_said_as_it_is_and_the_counsellor_is_called(family) -> None:
    (said,) = speak(family, S1)
    assert isinstance(said, Said) and not said.masked
    event = Event.objects.get(kind="msg")
    assert event.body == S1
    alert = Alert.objects.get()
    assert (alert.kind, alert.room, alert.s) == ("S1", family.rooms["wellbeing"], event.s)
    assert [wake.person.name for wake in alert.wakes.all()] == ["孙老师"]
    assert alert.raised_by is None and not alert.case.is_sealed
    assert (Talk.objects.get().first, Talk.objects.get().last) == (event.s, event.s)


@pytest.mark.parametrize("body", ["笑死我了", "老师好", "屈原投江", "第三题怎么做"])
def test_what_is_no_danger_calls_nobody(family, body) -> None:
    speak(family, body)
    assert not Alert.objects.exists() and not HelpCard.objects.exists()


def test_a_mentor_s_words_are_not_looked_at(family) -> None:
    speak(family, S1, side=Side.MENTOR)
    assert not Alert.objects.exists()


def test_violence_at_home_is_the_leads_and_sealed_with_its_words(family, lead, counsellor) -> None:
    speak(family, "老师好", A1, role="academic")
    alert = Alert.objects.get()
    assert [wake.person for wake in alert.wakes.all()] == [lead]
    assert alert.case.kind == "abuse" and alert.case.is_sealed
    assert Talk.objects.get().first == alert.s


def test_danger_of_two_kinds_goes_both_ways(family, lead, counsellor) -> None:
    speak(family, f"{A1}，{S1}")
    assert {(alert.kind, alert.case.is_sealed) for alert in Alert.objects.all()} == {
        ("S1", False),
        ("A1", True),
    }


def test_said_over_three_messages_it_is_seen(family) -> None:
    parts = ("我不", "想", "活了")
    assert detection.danger("".join(parts)) and not any(map(detection.danger, parts))
    for part in parts[:2]:
        speak(family, part)
    speak(family, "怎么了？", side=Side.MENTOR)
    assert not Alert.objects.exists()
    speak(family, parts[2])
    assert Alert.objects.get().kind == "S1"


def test_also_when_all_three_come_in_one_batch(family) -> None:
    speak(family, "我不", "想", "活了")
    assert Alert.objects.get().s == 3


def test_the_same_again_is_one_alert_and_a_graver_one_is_another(family) -> None:
    speak(family, S1)
    speak(family, "真的" + S1, now=timezone.now())
    assert Alert.objects.count() == 1 and Talk.objects.count() == 2
    speak(family, "我写好遗书了")
    assert [alert.kind for alert in Alert.objects.all()] == ["S1", "S2"]
    assert Case.objects.count() == 1
    Alert.objects.update(raised_at=timezone.now() - 31 * MINUTE)
    speak(family, S1)
    assert Alert.objects.filter(kind="S1").count() == 2


def test_words_that_did_not_come_in_call_nobody(family, monkeypatch) -> None:
    """And the other way round: the alert is in the transaction of the words."""
    monkeypatch.setattr("chat.record.checks.tell_heard", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        speak(family, S1)
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    "nobody_may_write",
    [
        lambda room, now: {"frozen_at": now},
        lambda room, now: {"looked_for_at": now},
        lambda room, now: Pairing.objects.filter(pk=room.pairing_id).update(
            ended_at=now, end_reason="stopped"
        ),
    ],
)
def test_said_where_nobody_may_write_it_is_kept_nowhere_and_a_person_is_called(
    family, lead, nobody_may_write
) -> None:
    room = family.rooms["wellbeing"]
    fields = nobody_may_write(room, timezone.now())
    if isinstance(fields, dict):
        type(room).objects.filter(pk=room.pk).update(**fields)
    for _again in range(2):
        outcomes = speak(family, S1, "好的") + speak(family, S1, side=Side.MENTOR)
        assert not any(isinstance(each, Said) for each in outcomes)
    assert not Event.objects.filter(kind="msg").exists() and not Talk.objects.exists()
    alert = Alert.objects.get()
    assert (alert.kind, alert.room, alert.words, alert.in_vain) == ("S1", None, "", True)
    assert [wake.person.name for wake in alert.wakes.all()] == ["孙老师"]
    assert routing.take_help_card(actor=family.child.user, room_id=room.pk)
    speak(family, A1)
    sealed = Alert.objects.get(kind="A1")
    assert sealed.case.is_sealed and sealed.in_vain and [w.person for w in sealed.wakes.all()] == [lead]


def test_out_of_hours_what_can_wait_is_not_taken_but_the_mentor_is_told(family, settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = False
    (refused,) = speak(family, "班里的人都欺负我", now=at(22))
    assert isinstance(refused, Refused) and refused.code == "closed"
    alert = Alert.objects.get()
    assert (alert.kind, alert.in_vain) == ("B1", True)
    assert [wake.person for wake in alert.wakes.all()] == [family.wellbeing.user]


def test_the_same_message_sent_again_is_not_another_alert(family) -> None:
    room, cid = family.rooms["wellbeing"].pk, str(uuid4())
    for _again in range(2):
        perform([Speak(room, Side.CHILD, cid, S1)], now=timezone.now())
    assert Alert.objects.count() == Wake.objects.count() == 1


def test_a_fault_of_ours_silences_nobody(family, monkeypatch) -> None:
    for broken in ("detection.danger", "raise_alert"):
        with monkeypatch.context() as patch:
            patch.setattr(f"backend.care.routing.{broken}", lambda *_a, **_f: 1 / 0)
            assert isinstance(speak(family, S1)[0], Said)
    assert Event.objects.filter(body=S1).count() == 2 and not Alert.objects.exists()


def test_a_database_that_can_t_be_written_to_stops_the_words_as_well(family, monkeypatch) -> None:
    """They are tried again with it: one is not without the other."""

    def gone(**_facts):
        raise OperationalError

    monkeypatch.setattr("backend.care.routing.raise_alert", gone)
    with pytest.raises(OperationalError):
        speak(family, S1)
    assert not Event.objects.filter(kind="msg").exists()


def test_what_was_masked_is_looked_at_as_it_was_said(family) -> None:
    speak(family, f"{S1}，我的电话13812345678")
    assert Original.objects.exists() and Alert.objects.get().kind == "S1"


def numbered(family, first: int, *bodies: str, side: Side = Side.CHILD) -> list[Words]:
    room = family.rooms["wellbeing"].pk
    return [Words(room, side, str(uuid4()), body, first + place) for place, body in enumerate(bodies)]


def test_it_costs_one_question_and_then_none_while_no_number_is_missing(
    family, django_assert_num_queries
) -> None:
    speak(family, *["我做完了"] * 30)
    memory: dict[str, object] = {}
    with django_assert_num_queries(1):
        routing.hear(numbered(family, 31, *["下一题呢？"] * 50), memory)
    with django_assert_num_queries(0):
        routing.hear(numbered(family, 81, "很好", side=Side.MENTOR), memory)
        routing.hear(numbered(family, 82, "下一题呢？"), memory)
    with django_assert_num_queries(1):  # somebody else wrote in between
        routing.hear(numbered(family, 84, "下一题呢？"), memory)
    with django_assert_num_queries(0):
        routing.hear(numbered(family, 90, "很好", side=Side.MENTOR), memory)


@pytest.mark.parametrize("writers", ["aaaa", "abba", "abab", "...."])
def test_in_pieces_it_is_heard_whichever_process_wrote_the_pieces_before(family, writers) -> None:
    room, kept = family.rooms["wellbeing"].pk, {"a": Kept(), "b": Kept()}
    for writer, piece in zip(writers, ("我真的", "不", "想", "活了"), strict=True):
        act = Speak(room, Side.CHILD, str(uuid4()), piece)
        perform([act], now=timezone.now(), kept=kept.get(writer))
    assert Alert.objects.get().kind == "S1"


def test_in_pieces_it_is_heard_though_very_many_rooms_are_known(family, monkeypatch) -> None:
    monkeypatch.setattr(routing, "MOST_KEPT", 0)
    rooms, kept = {role: room.pk for role, room in family.rooms.items()}, Kept()
    speak(family, "我真的", role="academic")
    for pieces in ({"wellbeing": "我真的"}, {"wellbeing": "不想"}, {"wellbeing": "活了", "academic": "好"}):
        acts = [Speak(rooms[role], Side.CHILD, str(uuid4()), piece) for role, piece in pieces.items()]
        perform(acts, now=timezone.now(), kept=kept)
    assert Alert.objects.get().kind == "S1"


def test_in_pieces_it_is_heard_when_another_process_wrote_what_this_one_could_not(
    family, monkeypatch
) -> None:
    room, tell = family.rooms["wellbeing"].pk, checks.tell_heard

    def says(body: str) -> Speak:
        return Speak(room, Side.CHILD, str(uuid4()), body)

    def fails(words, memory) -> None:
        tell(words, memory)
        raise OperationalError

    _begin()
    _commit([says("我真的")])
    with monkeypatch.context() as broken:
        broken.setattr(checks, "tell_heard", fails)
        broken.setattr("chat.writer.connection", SimpleNamespace(close=lambda: None))
        with pytest.raises(OperationalError):
            _commit([says("下一题呢？")])
    perform([says("不想")], now=timezone.now())
    _commit([says("活了")])
    assert Alert.objects.get().kind == "S1"


def test_help_is_offered_with_each_such_sentence_and_to_the_child_alone(family) -> None:
    room, child = family.rooms["wellbeing"].pk, family.child.user
    for alone in (True, False):
        if not alone:
            perform([Arrive(room, side, uuid4()) for side in Side], now=timezone.now())
        assert not routing.take_help_card(actor=child, room_id=room)
        for body in (S1, "没人喜欢我，我不想活了", A1):
            speak(family, body)
            for other in (family.wellbeing.user, family.parent, family.stranger):
                with pytest.raises(NotYours):
                    routing.take_help_card(actor=other, room_id=room)
            assert routing.take_help_card(actor=child, room_id=room)
            speak(family, "下一题呢？")
            assert not routing.take_help_card(actor=child, room_id=room), "nothing was said since"
    assert HelpCard.objects.count() == 2
