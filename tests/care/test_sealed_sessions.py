"""A session is sealed while all its words are; what is written about it never reaches the family."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from backend.care.cases import attach_talk, open_case, release_case
from backend.notices.access import notices_for
from chat import duties
from chat.access import summaries_for
from chat.acts import Arrive, EndSession, Speak
from chat.history import history_for
from chat.models import Attendance, Meeting, Room
from chat.protocol import Side
from chat.record import perform

NOON = datetime(2020, 2, 19, 4, tzinfo=UTC)  # of a day without a meeting


@pytest.fixture(autouse=True)
def clock(settings):
    settings.ROOMS_ALWAYS_OPEN = True
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def room(family):
    return family.rooms["academic"]


def say(room, text) -> int:
    perform([Speak(room.pk, Side.CHILD, str(uuid4()), text)], now=timezone.now())
    return Room.objects.get(pk=room.pk).last_s


def come(room):
    perform([Arrive(room.pk, side, uuid4()) for side in Side], now=timezone.now())


def end(room, clock):
    """After a while, with a summary; and everything about it becomes final."""
    clock.shift(timedelta(minutes=10))
    Attendance.objects.filter(room=room, until=None).update(last_seen_at=timezone.now())
    mentor = Room.objects.with_people().get(pk=room.pk).pairing.mentor.user_id
    perform([EndSession(room.pk, Side.MENTOR, mentor, "谈了家里的事。")], now=timezone.now())
    clock.shift(timedelta(hours=2))
    duties.settle_sessions(timezone.now())
    duties.judge_meetings(timezone.now())


def case_of(family):
    return open_case(actor=None, child_id=family.child.pk, kind="abuse")


def attach(lead, case, room, first, last):
    attach_talk(actor=lead, case_id=case.pk, room_id=room.pk, first=first, last=last)


def lines(user, family):
    return history_for(actor=user, child_id=family.child.pk, month=date(2020, 2, 1)).lines


def told(user):
    return [each.kind for each in notices_for(user) if each.kind == "summary_written"]


def test_what_is_said_after_the_sealing_brings_the_session_back(family, lead, room, clock):
    come(room)
    said = say(room, "妈妈打我")
    case = case_of(family)
    attach(lead, case, room, said, said)
    assert lines(family.parent, family) == []
    say(room, "现在做数学")
    end(room, clock)
    (line,) = lines(family.parent, family)
    assert (line.kind, line.said["child"], line.summary) == ("session", 1, "谈了家里的事。")
    assert summaries_for(family.parent, timezone.now()).count() == 1


def test_a_session_sealed_in_two_halves_is_sealed(family, lead, room, clock):
    come(room)
    first, second = say(room, "妈妈打我"), say(room, "还有爸爸")
    end(room, clock)
    one, other = case_of(family), case_of(family)
    attach(lead, one, room, first, first)
    assert len(lines(family.parent, family)) == 1
    attach(lead, other, room, second, second)
    assert lines(family.parent, family) == [] and not summaries_for(family.parent, timezone.now())
    release_case(actor=lead, case_id=other.pk)
    assert len(lines(family.parent, family)) == 1


def test_a_meeting_took_place_and_what_was_written_about_it_is_sealed(family, lead, room, clock):
    meeting = Meeting.objects.filter(pairing=room.pairing).order_by("start").first()
    clock.move_to(meeting.start)
    come(room)
    first = say(room, "妈妈打我")
    last = say(room, "别告诉她")
    end(room, clock)
    (line,) = lines(family.parent, family)
    assert (line.summary, line.state, told(family.parent)) == ("谈了家里的事。", "held", ["summary_written"])
    case = case_of(family)
    attach(lead, case, room, first, last)
    (line,) = lines(family.parent, family)
    assert (line.kind, line.state, line.minutes) == ("meeting", "held", 10)
    assert (line.summary, line.summary_due, line.said) == (None, False, {"mentor": 0, "child": 0})
    assert not summaries_for(family.parent, timezone.now()) and told(family.parent) == []
    (line,) = lines(lead, family)
    assert line.summary == "谈了家里的事。" and summaries_for(lead, timezone.now()).count() == 1
    say(room, "后来在别的时间")  # after the session: nothing comes back
    assert not summaries_for(family.parent, timezone.now())
