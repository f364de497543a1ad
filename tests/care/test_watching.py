"""The check of words in the rooms: an adult's way out waits for a person, a child's is covered."""

from uuid import uuid4

import pytest

from backend.care import detection
from backend.care.watching import look_for_contacts, named
from chat.acts import Arrive, Done, EndSession, HeldBack, Outcome, Refused, Said, Speak
from chat.checks import Words
from chat.models import Event, Held, Original, Session, Summary
from chat.protocol import Side
from chat.record import perform
from chat.writer import _looked_at
from tests.chat.people import Family, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = True


def speak(family: Family, side: Side, body: str) -> Outcome:
    act = Speak(family.rooms["academic"].pk, side, str(uuid4()), body)
    return perform([_looked_at(act)], now=at(18)).outcomes[0]


def test_a_mentor_s_number_waits_and_the_child_sees_nothing_of_it(family: Family) -> None:
    assert isinstance(speak(family, Side.MENTOR, "加我微信 shu_dao88"), HeldBack)
    assert Held.objects.get().reason in ("wechat", "off_platform")
    assert not Event.objects.filter(kind="msg").exists()


def test_words_without_a_number_wait_from_a_mentor_and_pass_from_a_child(family: Family) -> None:
    words = "我们是秘密的朋友，别告诉你妈"
    assert isinstance(speak(family, Side.MENTOR, words), HeldBack)
    assert Held.objects.get().reason == "secrecy"
    assert not speak(family, Side.CHILD, words).masked


def test_a_child_s_number_is_covered_and_kept_apart(family: Family) -> None:
    said = speak(family, Side.CHILD, "我的电话13812345678，明天见")
    assert isinstance(said, Said) and said.masked
    assert Event.objects.get(kind="msg").body == "我的电话＊＊＊＊＊＊＊＊＊＊＊，明天见"
    assert Original.objects.get().body == "我的电话13812345678，明天见"


def test_a_number_in_three_messages_is_stopped_at_the_third(family: Family) -> None:
    for part in ("手机 138", "1234"):
        assert isinstance(speak(family, Side.MENTOR, part), Said)
    assert isinstance(speak(family, Side.CHILD, "5678"), Said)  # another's words don't complete it
    assert isinstance(speak(family, Side.MENTOR, "5678"), HeldBack)


def test_what_a_child_asks_is_never_held_or_changed(family: Family) -> None:
    for body in ("老师你住哪个小区", "别告诉我妈", "我不想活了", "第三题 1, 3, 5, 7, 9 的规律"):
        said = speak(family, Side.CHILD, body)
        assert isinstance(said, Said) and not said.masked
        assert Event.objects.filter(kind="msg").last().body == body


def test_plain_words_cost_no_query_more(family: Family, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert look_for_contacts(Words(1, Side.CHILD, str(uuid4()), "我做完了，下一题呢？")) is None


def test_every_kind_has_words_for_the_coordinator() -> None:
    assert all(named(kind) for kind in detection.Kind)
    assert named("") == named("another's reason") == ""


def test_a_session_ends_without_the_summary_that_leads_the_child_away(family: Family) -> None:
    room, mentor = family.rooms["academic"].pk, family.academic.user_id
    for side in Side:
        perform([Arrive(room, side, uuid4())], now=at(18))
    end = EndSession(room, Side.MENTOR, mentor, "加我微信 shu_dao88")
    outcome = perform([_looked_at(end)], now=at(18.5)).outcomes[0]
    assert isinstance(outcome, Refused) and outcome.code == "not_allowed" and "summary" in outcome.detail
    assert Session.objects.get().ended_at and not Summary.objects.exists()
    kept = EndSession(room, Side.MENTOR, mentor, "分数。别告诉妈妈她的礼物。")
    assert perform([_looked_at(kept)], now=at(18.6)).outcomes == [Done()]
    assert Summary.objects.get().body == kept.summary


def test_only_what_begins_with_latin_letters_or_digits_is_read_with_what_came_before(family: Family) -> None:
    speak(family, Side.MENTOR, "别告诉")
    assert isinstance(speak(family, Side.MENTOR, "你妈妈"), Said)
    speak(family, Side.MENTOR, "我的威信")
    assert isinstance(speak(family, Side.MENTOR, "shu_dao88"), HeldBack)
