"""Meetings moved, cancelled and taken back; by whom, and never over what has the hour."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from backend.errors import NotYours
from chat import duties
from chat.absence import mentor_is_back, mentor_is_ill
from chat.history import history_for
from chat.meetings import (
    HourTaken,
    MeetingOver,
    cancel_meeting,
    hours_to_offer,
    move_meeting,
    take_back_cancelling,
)
from chat.models import Meeting
from chat.planning import plan_meetings
from chat.programme import add_holiday
from chat.rooms import change_slots
from chat.rules.times import Interval
from matching.models import Pairing, Round
from tests.chat.people import academic, add_family, at

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def plain_hours(settings):
    settings.ROOMS_ALWAYS_OPEN = False


@pytest.fixture
def family():
    """Monday 17 February 2020, 12:00. The academic hour is Wednesday 19:00, the wellbeing one Thursday."""
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def test_the_carer_moves_a_meeting_and_nothing_can_be_doubled(family):
    meeting = academic(family)
    offered = hours_to_offer(actor=family.carer, meeting_id=meeting.pk, now=at(12))
    assert at(20, day=19) in {hour.start for hour in offered}
    assert at(19, day=20) not in {hour.start for hour in offered}, "the other mentor's hour"
    moved = move_meeting(actor=family.carer, meeting_id=meeting.pk, start=at(20, day=19), now=at(12))
    assert (moved.state, moved.planned_start) == ("moved", at(19, day=19))
    plan_meetings(now=at(13))
    assert Meeting.objects.filter(pairing=meeting.pairing, planned_start=at(19, day=19)).count() == 1
    other = Meeting.objects.filter(pairing__role="wellbeing").earliest("start")
    with pytest.raises(HourTaken):
        move_meeting(actor=family.parent, meeting_id=other.pk, start=at(20, day=19), now=at(12))
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.filter(pk=other.pk).update(start=at(20, day=19), state="moved", changed_at=at(12))


def test_a_cancelled_meeting_is_never_missed_and_a_stranger_finds_nothing(family):
    meeting = academic(family)
    for who in (family.stranger, family.wellbeing.user, family.child.user):
        with pytest.raises(NotYours):
            cancel_meeting(actor=who, meeting_id=meeting.pk, now=at(12))
    cancel_meeting(actor=family.parent, meeting_id=meeting.pk, now=at(12))
    with pytest.raises(MeetingOver):
        cancel_meeting(actor=family.parent, meeting_id=meeting.pk, now=at(12))
    assert duties.judge_meetings(at(21, day=19)) == 0
    with pytest.raises(NotYours):
        history_for(actor=family.stranger, child_id=family.child.pk, month=date(2020, 2, 1))
    with pytest.raises(NotYours):
        history_for(actor=family.carer, child_id=family.child.pk, month=date(2020, 2, 1))


def test_who_cancelled_takes_it_back_for_a_day_while_the_hour_is_free(family):
    """A slip of a mother or a mentor: nobody else, not for ever, and never over what has the hour since."""
    meeting, mentor = academic(family), family.academic.user

    def cancel(who=family.parent, now=None):
        cancel_meeting(actor=who, meeting_id=meeting.pk, now=now or at(12))

    def back(who=family.parent, now=None):
        return take_back_cancelling(actor=who, meeting_id=meeting.pk, now=now or at(12.2))

    with pytest.raises(MeetingOver):  # not cancelled at all
        back()
    cancel()
    for who in (mentor, family.carer, family.coordinator):
        with pytest.raises(MeetingOver):
            back(who)
    for who in (family.stranger, family.child.user, family.wellbeing.user):
        with pytest.raises(NotYours):
            back(who)
    with pytest.raises(MeetingOver):  # too late
        back(now=at(12, day=18))
    assert (back().state, back_is_twice(back)) == ("planned", True)
    move_meeting(actor=mentor, meeting_id=meeting.pk, start=at(20, day=19), now=at(12.3))
    cancel(mentor, at(12.4))
    assert (back(mentor, at(12.5)).state, academic(family).start) == ("moved", at(20, day=19))
    cancel(mentor, at(20, day=19))
    with pytest.raises(MeetingOver):  # a quarter of an hour into it there is nothing left to meet in
        back(mentor, at(20.25, day=19))
    assert back(mentor, at(20.2, day=19)).state == "moved"


def back_is_twice(back) -> bool:
    """The second of two tabs is told."""
    with pytest.raises(MeetingOver):
        back()
    return True


def test_a_meeting_is_not_taken_back_over_what_came_since(family, monkeypatch):
    meeting = academic(family)
    other = Meeting.objects.filter(pairing__role="wellbeing").earliest("start")
    later = Meeting.objects.filter(pairing=meeting.pairing).latest("start")
    asked = {"actor": family.parent, "meeting_id": meeting.pk, "now": at(12.5)}
    cancel_meeting(actor=family.parent, meeting_id=meeting.pk, now=at(12))
    with transaction.atomic():  # another one has the hour
        Meeting.objects.filter(pk=other.pk).update(start=meeting.start, state="moved", changed_at=at(12))
        with pytest.raises(MeetingOver):
            take_back_cancelling(**asked)
        transaction.set_rollback(True)
    with transaction.atomic():  # the two meet at another weekly hour by now
        Pairing.objects.filter(pk=meeting.pairing_id).update(slot=68)
        with pytest.raises(MeetingOver):
            take_back_cancelling(**asked)
        transaction.set_rollback(True)
    with transaction.atomic():
        add_holiday(actor=family.coordinator, day=date(2020, 2, 19), name="节日")
        with pytest.raises(MeetingOver):
            take_back_cancelling(**asked)
        transaction.set_rollback(True)
    with transaction.atomic():  # the mentor fell ill since
        mentor_is_ill(
            actor=family.coordinator, mentor_id=family.academic.pk, until=date(2020, 2, 20), now=at(12.2)
        )
        with pytest.raises(MeetingOver):
            take_back_cancelling(**asked)
        offered = hours_to_offer(actor=family.parent, meeting_id=later.pk, now=at(12.2))
        assert offered and offered[0].start > at(24, day=20), "an hour in which the mentor is ill"
        with monkeypatch.context() as patch:  # looked at a moment before somebody said so
            patch.setattr("chat.meetings._free_hours", lambda *_: (Interval(at(20, day=19), at(21, day=19)),))
            with pytest.raises(HourTaken):
                move_meeting(actor=family.parent, meeting_id=later.pk, start=at(20, day=19), now=at(12.2))
        meeting.refresh_from_db()
        assert meeting.changed_by == family.parent  # who cancelled it is still said
        mentor_is_back(actor=family.coordinator, mentor_id=family.academic.pk, now=at(12.3))
        assert take_back_cancelling(**asked).state == "planned"
        transaction.set_rollback(True)
    assert take_back_cancelling(**asked).state == "planned"


def test_nothing_is_planned_in_an_illness_and_what_was_left_out_comes_with_its_end(family):
    mentor, until = family.academic, date(2020, 3, 16)
    planned = Meeting.objects.filter(mentor=mentor, state="planned")
    mentor_is_ill(actor=family.coordinator, mentor_id=mentor.pk, until=until, now=at(12))
    assert not planned.exists()
    pair = family.rooms["academic"].pairing
    Pairing.objects.filter(pk=pair.pk).update(slot=68)
    pair.refresh_from_db()
    change_slots(Pairing, pairings=[pair], now=at(12))
    plan_meetings(now=at(12))
    assert not planned.exists()
    # They are well sooner than was thought.
    mentor_is_ill(actor=family.coordinator, mentor_id=mentor.pk, until=date(2020, 2, 20), now=at(12))
    plan_meetings(now=at(12))
    assert [each.start for each in planned.order_by("start")] == [
        at(20, day=19) + timedelta(weeks=n) for n in (1, 2, 3)
    ]
    mentor_is_back(actor=family.coordinator, mentor_id=mentor.pk, now=at(12))
    assert planned.count() == 4


def test_a_shorter_illness_gives_back_what_a_longer_one_took(family):
    for until in (date(2020, 3, 12), date(2020, 2, 20)):
        mentor_is_ill(actor=family.coordinator, mentor_id=family.academic.pk, until=until, now=at(12))
    kept = Meeting.objects.filter(mentor=family.academic, state="planned")
    assert [each.start for each in kept.order_by("start")] == [
        at(19, day=26) + timedelta(weeks=n) for n in range(3)
    ]


def test_a_round_for_an_illness_is_started_once(family):
    rounds = Round.objects.count()
    for _lost_answer in range(2):
        done = mentor_is_ill(
            actor=family.coordinator,
            mentor_id=family.academic.pk,
            until=date(2020, 2, 20),
            anew=True,
            now=at(12),
        )
    assert Round.objects.count() == rounds + 1 and done.round == Round.objects.latest("pk")
