"""Meetings and sessions in the database: planned, moved, held, missed, and read by the family."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from backend.errors import Invalid, NotYours
from backend.notices.models import Notice
from chat import duties
from chat.access import RoomEnded, access_room, meetings_for, rooms_for
from chat.acts import Arrive, EndSession, Leave, Refused, Said, Speak, Stir, Tick
from chat.history import first_line, history_for
from chat.meetings import (
    dispute_meeting_elsewhere,
    record_meeting_elsewhere,
)
from chat.models import Attendance, Event, Meeting, Room, Session
from chat.pages import page_of
from chat.planning import plan_meetings
from chat.programme import add_holiday, set_programme
from chat.protocol import ErrCode, Side
from chat.reading import place_of
from chat.record import perform
from chat.rooms import change_slots, close_rooms
from chat.sessions import write_summary
from matching.models import Pairing, Round
from tests.chat.people import Family, academic, add_family, at

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def plain_hours(settings):
    settings.ROOMS_ALWAYS_OPEN = False


@pytest.fixture
def family():
    """Monday 17 February 2020, 12:00. The academic hour is Wednesday 19:00, the wellbeing one Thursday."""
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def together(room: Room, start, minutes: float, *, words: int = 0):
    """Both come at ``start`` and stay, with heartbeats; the child says something."""
    mentor, child = uuid4(), uuid4()
    perform([Arrive(room.pk, Side.MENTOR, mentor), Arrive(room.pk, Side.CHILD, child)], now=start)
    for number in range(words):
        perform(
            [Speak(room.pk, Side.CHILD, str(uuid4()), f"第{number}句")], now=start + timedelta(seconds=30)
        )
    end = start + timedelta(minutes=minutes)
    Attendance.objects.filter(token__in=[mentor, child]).update(last_seen_at=end - timedelta(seconds=1))
    perform([EndSession(room.pk, Side.MENTOR, room.pairing.mentor.user_id, "分数。")], now=end)
    perform([Leave(room.pk, mentor, end), Leave(room.pk, child, end)], now=end)


def test_a_published_pair_has_a_room_and_four_weeks_of_meetings(family):
    assert set(family.rooms) == {"academic", "wellbeing"}
    starts = [meeting.start for meeting in Meeting.objects.filter(pairing__role="academic")]
    assert starts == [at(19, day=19) + timedelta(weeks=week) for week in range(4)]
    before = Meeting.objects.count()
    plan_meetings(now=at(13))
    assert Meeting.objects.count() == before
    plan_meetings(now=at(13, day=24))
    assert Meeting.objects.count() == before + 2


def test_a_held_meeting_is_judged_once_and_the_parent_reads_it(family):
    room = family.rooms["academic"]
    together(room, at(19.05, day=19), 28, words=3)
    later = at(20, day=19) + timedelta(minutes=2)
    assert duties.judge_meetings(later) == 1 and duties.judge_meetings(later) == 0
    duties.settle_sessions(later)
    meeting = academic(family)
    assert meeting.state == "held" and meeting.both_s == 28 * 60
    first = first_line(actor=family.parent, child_id=family.child.pk, now=later)
    assert first.last.minutes == 28 and first.last.summary == "分数。"
    assert first.next.start == at(19, day=20)
    [line] = history_for(
        actor=family.parent, child_id=family.child.pk, month=date(2020, 2, 5), now=later
    ).lines
    assert line.said == {"mentor": 0, "child": 3} and line.mentor_minutes is None
    [line] = history_for(
        actor=family.coordinator, child_id=family.child.pk, month=date(2020, 2, 5), now=later
    ).lines
    assert line.mentor_minutes == 28


def test_a_slot_nobody_entered_is_missed_by_both_within_five_minutes(family):
    duties.judge_meetings(at(20, day=19) + timedelta(minutes=5))
    meeting = academic(family)
    assert (meeting.state, meeting.missed_by) == ("missed", "both")
    now = at(21, day=19)
    month = history_for(actor=family.parent, child_id=family.child.pk, month=date(2020, 2, 1), now=now)
    assert [(line.state, line.missed_by) for line in month.lines] == [("missed", "")]


def test_a_child_alone_is_not_at_fault(family):
    token = uuid4()
    perform([Arrive(family.rooms["academic"].pk, Side.CHILD, token)], now=at(19, day=19))
    Attendance.objects.update(last_seen_at=at(19.5, day=19))
    duties.tick_rooms(at(19.6, day=19))
    assert Attendance.objects.get().why == "lost"
    duties.judge_meetings(at(20.05, day=19))
    assert academic(family).missed_by == "mentor"


def test_a_holiday_takes_planned_meetings_and_the_programme_has_an_end(family):
    with time_machine.travel(at(12), tick=False):
        add_holiday(actor=family.coordinator, day=date(2020, 2, 19))
        assert academic(family).start == at(19, day=26)
        set_programme(actor=family.coordinator, first_day=date(2020, 2, 1), last_day=date(2020, 2, 27))
    assert Meeting.objects.count() == 3
    with pytest.raises(NotYours):
        add_holiday(actor=family.parent, day=date(2020, 2, 26))


def test_a_new_hour_is_an_event_and_swaps_in_one_go(family):
    pairings = [room.pairing for room in family.rooms.values()]
    with time_machine.travel(at(12), tick=False):
        slots = [pairing.slot for pairing in pairings]
        for pairing, slot in zip(pairings, reversed(slots), strict=True):
            pairing.slot = slot
        Pairing.objects.filter(pk=pairings[0].pk).update(slot=3)
        for pairing in reversed(pairings):
            Pairing.objects.filter(pk=pairing.pk).update(slot=pairing.slot)
        with transaction.atomic():
            change_slots(Round, pairings=pairings, actor=None)
    assert academic(family).start == at(19, day=20)
    assert Meeting.objects.count() == 8
    assert Event.objects.filter(kind="slot_changed", facts={"slot": 91}).count() == 1


def test_an_ended_pairing_closes_its_room_and_leaves_no_meetings(family):
    room = family.rooms["academic"]
    with transaction.atomic():
        Pairing.objects.filter(pk=room.pairing_id).update(ended_at=at(13), end_reason="not_a_fit")
        close_rooms([room.pairing_id], at(13))
    assert not Meeting.objects.filter(pairing=room.pairing_id).exists()
    assert rooms_for(family.child.user).count() == 1
    with pytest.raises(RoomEnded):
        access_room(family.child.user, room.pk, "enter")
    with pytest.raises(NotYours):
        access_room(family.stranger, room.pk, "enter")
    assert meetings_for(family.parent).count() == meetings_for(family.carer).count() == 4
    assert meetings_for(family.stranger).count() == 0


def test_a_wellbeing_summary_is_the_child_s_for_a_day(family):
    room = family.rooms["wellbeing"]
    together(room, at(19, day=20), 20)
    session = Session.objects.get()
    write_summary(
        actor=family.wellbeing.user, session_id=session.pk, body="聊了想念。", mood=4, now=at(21, day=20)
    )
    for who, day, expected in (
        (family.parent, 21, None),
        (family.child.user, 21, "聊了想念。"),
        (family.parent, 22, "聊了想念。"),
    ):
        line = history_for(
            actor=who, child_id=family.child.pk, month=date(2020, 2, 1), now=at(12, day=day)
        ).lines[0]
        assert line.summary == expected
    with pytest.raises(NotYours):
        write_summary(actor=family.academic.user, session_id=session.pk, body="别的")
    with pytest.raises(Invalid):
        write_summary(actor=family.wellbeing.user, session_id=session.pk, body="  ")


def test_a_meeting_by_telephone_is_marked_and_can_be_disputed(family):
    report = record_meeting_elsewhere(
        actor=family.academic.user,
        pairing_id=family.rooms["academic"].pairing_id,
        began_at=at(19, day=19),
        minutes=25,
        medium="phone",
        summary="口算。",
        now=at(21, day=19),
    )
    assert report.meeting == academic(family)
    dispute_meeting_elsewhere(actor=family.parent, report_id=report.pk)
    lines = history_for(
        actor=family.parent, child_id=family.child.pk, month=date(2020, 2, 1), now=at(21, day=19)
    ).lines
    assert [(line.kind, line.minutes, line.disputed) for line in lines] == [("elsewhere", 25, True)]
    with pytest.raises(NotYours):
        dispute_meeting_elsewhere(actor=family.carer, report_id=report.pk)


def test_words_are_kept_once_and_refused_when_they_differ(family):
    room, cid = family.rooms["academic"].pk, str(uuid4())
    acts = [Speak(room, Side.CHILD, cid, "在吗"), Speak(room, Side.CHILD, cid, "在吗")]
    first, again = perform(acts, now=at(18)).outcomes
    assert first == again and isinstance(first, Said) and first.s == 1
    [refused] = perform([Speak(room, Side.CHILD, cid, "别的")], now=at(18)).outcomes
    assert isinstance(refused, Refused) and refused.code is ErrCode.CID_REUSED
    [other] = perform([Speak(room, Side.MENTOR, cid, "别的")], now=at(18)).outcomes
    assert isinstance(other, Said) and other.s == 2
    [closed] = perform([Speak(room, Side.CHILD, str(uuid4()), "晚安")], now=at(21)).outcomes
    assert closed == Refused(ErrCode.CLOSED, "outside the room's hours", 11 * 3600 * 1000)
    page = page_of(actor=family.child.user, room_id=room, limit=1)
    assert (page["last"], page["before"], page["results"][0]["body"]) == (2, 2, "别的")


def test_idle_sessions_are_warned_and_end_at_the_last_word(family):
    room, mentor, child = family.rooms["wellbeing"].pk, uuid4(), uuid4()
    perform([Arrive(room, Side.MENTOR, mentor), Arrive(room, Side.CHILD, child)], now=at(19))
    Attendance.objects.update(last_seen_at=at(20))
    perform([Stir(room, Side.CHILD)], now=at(19.1))
    perform([Tick(room)], now=at(19.1) + timedelta(minutes=12))
    assert Session.objects.get().warned_end == at(19.1) + timedelta(minutes=15)
    duties.tick_rooms(at(19.1) + timedelta(minutes=15))
    session = Session.objects.get()
    assert (session.why, session.ended_at) == ("idle", at(19.1))
    perform([Speak(room, Side.CHILD, str(uuid4()), "老师")], now=at(19.5))
    assert Session.objects.filter(ended_at=None).count() == 1


def test_totals_come_out_of_the_rows_again(family, capsys):
    together(family.rooms["academic"], at(19, day=19), 20)
    duties.settle_sessions(at(20.1, day=19))
    duties.judge_meetings(at(20.1, day=19))
    call_command("recompute_attendance")
    Session.objects.update(both_s=1)
    with pytest.raises(CommandError):
        call_command("recompute_attendance")
    call_command("recompute_attendance", repair=True)
    call_command("recompute_attendance")
    assert Session.objects.get().both_s == 20 * 60


def test_the_database_refuses_what_can_t_be(family):
    room = family.rooms["academic"]
    perform([Speak(room.pk, Side.CHILD, str(uuid4()), "好")], now=at(18))
    said = Event.objects.get()
    for change in (
        {"pk": None, "cid": uuid4()},
        {"pk": None, "s": 2},
        {"s": 0},
        {"sender": ""},
        {"kind": "x"},
    ):
        values = {
            "pk": said.pk,
            "s": said.s,
            "cid": said.cid,
            "sender": said.sender,
            "kind": said.kind,
            **change,
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            Event(room=room, body="好", at=said.at, **values).save()
    for meeting in ({"state": "missed"}, {"state": "held"}, {"start": at(3)}, {"state": "moved"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Meeting.objects.filter(pk=academic(family).pk).update(**meeting)


def peek(room: Room, start, seconds: float):
    """The child looks in where the mentor is, and goes; then the mentor goes too."""
    mentor, child, end = uuid4(), uuid4(), start + timedelta(seconds=seconds)
    perform([Arrive(room.pk, Side.MENTOR, mentor), Arrive(room.pk, Side.CHILD, child)], now=start)
    Attendance.objects.filter(token__in=[mentor, child]).update(last_seen_at=end)
    perform([Leave(room.pk, child, end), Leave(room.pk, mentor, end)], now=end)


def lines_of(family: Family, who, now):
    return history_for(actor=who, child_id=family.child.pk, month=date(2020, 2, 1), now=now).lines


@pytest.mark.parametrize("settled", [False, True])
def test_a_glance_hours_before_is_no_meeting_for_the_family(family, settled):
    room, now = family.rooms["academic"], at(9.5, day=19)
    peek(room, now, 1)
    running = first_line(actor=family.parent, child_id=family.child.pk, now=now + timedelta(seconds=2))
    assert running.running is None and running.last is None
    perform([EndSession(room.pk, Side.MENTOR, family.academic.user_id, "没来。")], now=at(9.6, day=19))
    if settled:
        assert duties.settle_sessions(at(10, day=19)) == 1
    first = first_line(actor=family.parent, child_id=family.child.pk, now=at(10, day=19))
    assert first.last is None and first.running is None
    for who in (family.parent, family.child.user):
        assert lines_of(family, who, at(10, day=19)) == []
        assert not Notice.objects.filter(person=who, kind="summary_written").exists()
    [line] = lines_of(family, family.coordinator, at(10, day=19))
    assert (line.kind, line.minutes) == ("session", 0 if settled else None)


def test_a_minute_or_a_word_outside_a_meeting_is_told(family):
    together(family.rooms["academic"], at(9, day=19), 1.5)
    together(family.rooms["wellbeing"], at(9, day=18), 0.6, words=1)
    assert [line.kind for line in lines_of(family, family.parent, at(10, day=19))] == ["session"] * 2
    assert Notice.objects.filter(person=family.parent, kind="summary_written").count() == 2


def test_a_running_session_is_told_when_they_really_meet(family):
    def running(now):
        return first_line(actor=family.parent, child_id=family.child.pk, now=now).running

    room, start = family.rooms["academic"], at(9, day=19)
    tokens = [uuid4(), uuid4()]
    acts = [Arrive(room.pk, side, token) for side, token in zip(Side, tokens, strict=True)]
    perform(acts, now=start)
    assert running(start + timedelta(seconds=5)) is None
    Attendance.objects.filter(token__in=tokens).update(last_seen_at=start + timedelta(seconds=60))
    assert running(start + timedelta(seconds=61)) is not None
    Attendance.objects.filter(token__in=tokens).update(last_seen_at=start)
    perform([Speak(room.pk, Side.CHILD, str(uuid4()), "在吗")], now=start + timedelta(seconds=3))
    assert running(start + timedelta(seconds=5)) is not None


def test_in_the_hour_of_a_meeting_they_are_told_as_together_at_once(family):
    room, start = family.rooms["academic"], at(19, day=19)
    perform([Arrive(room.pk, side, uuid4()) for side in Side], now=start)
    first = first_line(actor=family.parent, child_id=family.child.pk, now=start + timedelta(seconds=1))
    assert first.running is not None


def test_a_session_that_an_ended_pairing_left_behind_does_not_run_for_the_family(family):
    room, start = family.rooms["academic"], at(19, day=19)
    perform([Arrive(room.pk, side, uuid4()) for side in Side], now=start)
    Pairing.objects.filter(room=room).update(ended_at=start + timedelta(seconds=5), end_reason="consent")
    first = first_line(actor=family.parent, child_id=family.child.pk, now=start + timedelta(seconds=10))
    assert Session.objects.filter(ended_at=None).exists() and first.running is None


@pytest.mark.parametrize(("chosen", "language"), [("en", "en"), (None, "zh-hans"), ("xx", "zh-hans")])
def test_a_socket_speaks_the_language_chosen_in_the_browser(family, client, chosen, language):
    family.parent.__class__.objects.update(language="zh-hans")
    client.force_login(family.child.user)
    place = place_of(client.session.session_key, family.rooms["academic"].pk, chosen)
    assert place.language == language
