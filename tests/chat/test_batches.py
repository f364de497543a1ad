"""What a batch costs, and what the writing thread may keep from one to the next."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from backend.notices.models import Notice
from chat import day, statements
from chat.acts import Arrive, EndSession, Leave, MarkRead, Said, Speak
from chat.models import Attendance, Event, Held, Original, ReadMark, Room, Session, Summary
from chat.protocol import Side
from chat.record import perform
from chat.sitting import Kept
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db


def words(room: int, side: Side = Side.CHILD) -> Speak:
    return Speak(room, side, str(uuid4()), "好")


@pytest.fixture
def together():
    """A room in which both are, and its mentor's tab."""
    family = add_family()
    room, tab = family.rooms["academic"].pk, uuid4()
    perform([Arrive(room, Side.MENTOR, tab), Arrive(room, Side.CHILD, uuid4())], now=at(18))
    return family, room, tab


def queries(acts, kept=None) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        perform(acts, now=at(18.001), kept=kept)
    return len([each for each in captured if "SAVEPOINT" not in each["sql"]])


def test_a_hundred_messages_in_two_rooms_take_the_statements_of_one(together):
    family, room, _ = together
    other = family.rooms["wellbeing"].pk
    perform([Arrive(other, side, uuid4()) for side in Side], now=at(18))
    kept = Kept()
    one = queries([words(room)], kept)
    assert queries([words(each) for each in (room, other) for _ in range(50)], kept) <= one
    assert queries([words(each) for each in (room, other)], kept) <= 6
    assert Event.objects.filter(kind="msg").count() == 103
    assert [each.s for each in statements.rows_after(room, 0, 500)] == list(
        range(1, Room.objects.get(pk=room).last_s + 1)
    )


def test_what_somebody_else_wrote_in_between_is_seen(together):
    family, room, tab = together
    kept = Kept()
    perform([words(room)], now=at(18.001), kept=kept)
    perform([EndSession(room, Side.MENTOR, family.academic.user_id)], now=at(18.002))
    perform([words(room)], now=at(18.003), kept=kept)
    assert Session.objects.filter(room=room).count() == 2, "both are there and speak again: a session opens"
    perform([EndSession(room, Side.MENTOR, family.academic.user_id)], now=at(18.004))
    perform([Leave(room, tab, at(18.004))], now=at(18.004))
    perform([words(room)], now=at(18.005), kept=kept)
    assert Session.objects.filter(room=room).count() == 2, "only one is there"


def test_who_went_is_seen_though_no_number_says_so(together):
    _, room, tab = together
    kept = Kept()
    perform([words(room)], now=at(18.001), kept=kept)
    number = Room.objects.get(pk=room).last_s
    perform([Leave(room, tab, at(18.002))], now=at(18.002))
    assert Room.objects.get(pk=room).last_s == number
    rooms, _ = statements.lock_rooms([room])
    assert kept.take(rooms.values(), at(18.003)) == {}, "somebody else's stamp"


def test_of_a_batch_that_failed_nothing_is_kept(together, monkeypatch):
    _, room, _ = together
    kept = Kept()
    perform([words(room)], now=at(18.001), kept=kept)

    save = statements.save

    def fails(*what):
        save(*what)
        raise IntegrityError

    with monkeypatch.context() as broken:
        broken.setattr(statements, "save", fails)
        with pytest.raises(IntegrityError):
            perform([words(room)], now=at(18.002), kept=kept)
    done = perform([words(room)], now=at(18.002), kept=kept)
    assert [row.s for row in done.rows[room]] == [Room.objects.get(pk=room).last_s]
    numbers = list(Event.objects.filter(room=room).values_list("s", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_batch_that_is_done_again_changes_nothing():
    """As the writer does when it can't know whether the commit came through."""
    family = add_family()
    room, tabs = family.rooms["academic"].pk, [uuid4(), uuid4()]
    acts = [
        *(Arrive(room, side, tab) for side, tab in zip(Side, tabs, strict=True)),
        words(room),
        Speak(room, Side.MENTOR, str(uuid4()), "加我微信", held_for="wechat"),
        Speak(room, Side.CHILD, str(uuid4()), "我的电话13812345678", masked_body="我的电话***"),
        MarkRead(room, Side.MENTOR, 2),
        EndSession(room, Side.MENTOR, family.academic.user_id, "分数的加减法。"),
        Leave(room, tabs[0], at(18.001)),
    ]

    def everything():
        tables = (Event, Held, Original, Session, Summary, Attendance, ReadMark, Notice)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    perform(acts, now=at(18.001))
    before = everything()
    assert all(before[:-1])
    perform(acts, now=at(18.002))
    assert everything() == before


def test_a_clock_that_was_put_back_ends_a_session_all_the_same():
    family = add_family()
    room = family.rooms["academic"].pk
    perform([Arrive(room, side, uuid4()) for side in Side], now=at(18.5))
    perform([EndSession(room, Side.MENTOR, family.academic.user_id)], now=at(18))
    session = Session.objects.get()
    assert session.opened_at == session.ended_at == session.decided_at == at(18.5)


def test_a_full_day_stays_full_though_very_many_days_are_known(monkeypatch):
    monkeypatch.setattr(day, "MOST_KEPT", 0)
    one, other = (add_family(number) for number in range(2))
    room, kept = one.rooms["academic"].pk, Kept()
    over = {"active_at": at(18), "ended_at": at(18), "decided_at": at(18), "why": "mentor"}
    Session.objects.create(room_id=room, opened_at=at(17), **over)
    assert perform([words(room)], now=at(18.001), kept=kept).outcomes[0].code == "closed"
    both = perform([words(other.rooms["academic"].pk), words(room)], now=at(18.002), kept=kept).outcomes
    assert isinstance(both[0], Said) and both[1].code == "closed"
