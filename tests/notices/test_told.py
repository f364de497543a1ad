"""What happens in the programme, and who hears of it: never the one who did it, never who was late."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.accounts import invitations
from backend.accounts.models import Invitation, User
from backend.notices import wording
from backend.notices.access import notices_for
from backend.notices.kinds import RULES, Audience, Kind, Weight
from backend.notices.models import Notice
from backend.rosters.models import Guardianship
from chat import duties, reminders, telling
from chat.meetings import cancel_meeting, move_meeting, record_meeting_elsewhere, take_back_cancelling
from chat.models import Meeting, Session
from chat.sessions import write_summary
from matching import signals
from matching.models import Pairing, Round
from tests.chat.people import Family, at
from tests.chat.test_meetings import academic, together
from tests.notices.conftest import got, kinds, work

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def everybody(family: Family) -> dict[str, User]:
    return {
        "parent": family.parent,
        "carer": family.carer,
        "child": family.child.user,
        "academic": family.academic.user,
        "wellbeing": family.wellbeing.user,
        "coordinator": family.coordinator,
        "stranger": family.stranger,
    }


def heard(family: Family, kind: Kind) -> set[str]:
    return {name for name, user in everybody(family).items() if kind in kinds(user)}


def sentence(user: User) -> str:
    return wording.on_page(got(user)[-1])


def publish(family: Family, signal: Any, **more: Any) -> None:
    pairings = list(Pairing.objects.filter(child=family.child))
    with time_machine.travel(at(12), tick=False), transaction.atomic():
        signal.send(Round, pairings=pairings, actor=family.coordinator, **more)


def test_a_new_mentor_is_told_to_the_family_and_a_new_child_to_the_mentor(family: Family) -> None:
    pairings = list(Pairing.objects.filter(child=family.child))
    with time_machine.travel(at(12), tick=False), transaction.atomic():
        telling.pairings_started(Round, pairings=pairings)
    assert heard(family, Kind.PAIRING_STARTED) == {"parent", "carer", "child", "academic", "wellbeing"}
    said = [wording.on_page(notice) for notice in got(family.parent)]
    assert said[0] == "李老师是沐阳的学业导师，每周三 19:00–20:00见面。"
    assert wording.on_page(got(family.child.user)[0]) == "李老师是你的学业导师，每周三 19:00–20:00见面。"
    assert (
        sentence(family.academic.user)
        == "您现在是沐阳的学业导师，每周三 19:00–20:00见面。请在两天内到首页点一下这个时间是否合适。"
    )
    assert [each.to for each in work(at(20.5)) if each.to == [family.parent.email]] != []


def test_another_weekly_hour_is_told_only_where_the_hour_changed(family: Family) -> None:
    one, other = Pairing.objects.filter(child=family.child).order_by("role")
    publish(family, signals.pairings_moved, old_slots={one.pk: 66, other.pk: other.slot})
    assert kinds(family.parent) == [Kind.PAIRING_MOVED]
    assert kinds(family.wellbeing.user) == []
    assert "以后改在每周三 19:00–20:00见面（原来是周三 18:00–19:00）" in sentence(family.parent)


def test_the_mentor_whose_pairing_ended_may_know_that_and_nothing_else(family: Family) -> None:
    with time_machine.travel(at(12), tick=False), transaction.atomic():
        telling.pairings_started(Round, pairings=list(Pairing.objects.all()))
    Pairing.objects.update(ended_at=at(12) + timedelta(days=300), end_reason="not_a_fit")
    publish(family, signals.pairings_ended)
    with time_machine.travel(at(13), tick=False):
        seen = [notice.kind for notice in notices_for(family.academic.user)]
        assert seen == [Kind.PAIRING_ENDED]
        assert len(notices_for(family.parent)) == 4, "the family keeps its history"


@pytest.mark.parametrize(
    ("who", "hears"),
    [
        ("carer", {"parent", "child", "academic"}),
        ("parent", {"carer", "child", "academic"}),
        ("academic", {"parent", "carer", "child"}),
        ("coordinator", {"parent", "carer", "child", "academic"}),
    ],
)
def test_a_move_is_told_to_all_but_who_made_it(family: Family, who: str, hears: set[str]) -> None:
    meeting, actor = academic(family), everybody(family)[who]
    move_meeting(actor=actor, meeting_id=meeting.pk, start=at(20, day=19), now=at(12))
    assert heard(family, Kind.MEETING_MOVED) == hears
    cancel_meeting(actor=actor, meeting_id=meeting.pk, now=at(12))
    assert heard(family, Kind.MEETING_CANCELLED) == hears
    assert not any(wording.on_page(notice) for notice in got(actor))


def test_the_words_of_a_move_and_of_a_cancelled_meeting(family: Family) -> None:
    meeting = academic(family)
    move_meeting(actor=family.coordinator, meeting_id=meeting.pk, start=at(20, day=19), now=at(12))
    times = "2月19日 周三 20:00（原来是2月19日 周三 19:00）"
    assert sentence(family.parent) == f"李老师和沐阳的见面改到了{times}。"
    assert sentence(family.child.user) == f"李老师和你的见面改到了{times}。"
    cancel_meeting(actor=family.coordinator, meeting_id=meeting.pk, now=at(12))
    assert sentence(family.parent).endswith("2月19日 周三 20:00的见面取消了，每周的时间不变。")


@pytest.mark.parametrize(
    ("read_at", "said"),
    [
        (at(8, day=19), "今晚20:00（原来是今晚19:00）"),
        (at(23.9, day=18), "明天20:00（原来是明天19:00）"),
        (at(0.1, day=20), "昨天20:00（原来是昨天19:00）"),
        (at(12, day=17), "2月19日 周三 20:00（原来是2月19日 周三 19:00）"),
    ],
)
def test_a_notice_says_the_hour_as_on_the_day_on_which_it_is_read(
    family: Family, read_at: datetime, said: str
) -> None:
    meeting = academic(family)
    move_meeting(actor=family.coordinator, meeting_id=meeting.pk, start=at(20, day=19), now=at(12))
    with time_machine.travel(read_at, tick=False):
        assert said in sentence(family.parent)
        assert "2月19日 周三 20:00" in wording.in_letter(got(family.parent)[0]), (
            "a letter is read whenever it is"
        )


@pytest.mark.parametrize(
    ("who", "reader", "moved", "cancelled"),
    [
        ("parent", "child", "是你家里人改的时间。", "是你家里人取消的。"),
        ("parent", "carer", "是家里人改的时间。", "是家里人取消的。"),
        ("parent", "academic", "是孩子家里改的时间。", "是孩子家里取消的。"),
        ("academic", "child", "是李老师改的时间。", "是李老师取消的。"),
        ("coordinator", "child", "）。", "每周的时间不变。"),
    ],
)
def test_whose_doing_it_was_is_told(
    family: Family, who: str, reader: str, moved: str, cancelled: str
) -> None:
    meeting, people = academic(family), everybody(family)
    move_meeting(actor=people[who], meeting_id=meeting.pk, start=at(20, day=19), now=at(12))
    assert sentence(people[reader]).endswith(moved)
    cancel_meeting(actor=people[who], meeting_id=meeting.pk, now=at(12))
    assert sentence(people[reader]).endswith(cancelled)
    take_back_cancelling(actor=people[who], meeting_id=meeting.pk, now=at(12))
    assert sentence(people[reader]).endswith("20:00的见面恢复了，照常进行。")
    assert Kind.MEETING_ON_AGAIN not in [notice.kind for notice in got(people[who])]


def test_an_answer_to_the_family_s_own_move_is_told_at_once(family: Family) -> None:
    meeting = academic(family)
    move_meeting(actor=family.carer, meeting_id=meeting.pk, start=at(20, day=19), now=at(12))
    cancel_meeting(actor=family.academic.user, meeting_id=meeting.pk, now=at(13))
    rationed = {notice.kind: notice.rationed for notice in got(family.parent)}
    assert rationed == {Kind.MEETING_MOVED: True, Kind.MEETING_CANCELLED: False}
    assert family.carer.email in {each.to[0] for each in work(at(13))}


def test_a_cancelled_meeting_of_this_evening_does_not_wait_for_the_evening(family: Family) -> None:
    cancel_meeting(actor=family.academic.user, meeting_id=academic(family).pk, now=at(15, day=19))
    went = {each.to[0] for each in work(at(15, day=19))}
    assert went == {family.parent.email, family.carer.email, family.child.user.email}


def test_a_meeting_that_nobody_came_to_is_told_without_blame_and_not_to_the_carer(family: Family) -> None:
    duties.judge_meetings(at(20.05, day=19))
    assert heard(family, Kind.MEETING_MISSED) == {"parent", "child", "academic"}
    assert sentence(family.parent) == ("李老师和沐阳这次没有见到（2月19日 周三 19:00），老师会再约。")
    assert "missed_by" not in got(family.parent)[0].facts
    duties.judge_meetings(at(20.1, day=19))
    assert len(got(family.parent)) == 1


def test_a_meeting_by_telephone_was_not_missed(family: Family) -> None:
    record_meeting_elsewhere(
        actor=family.academic.user,
        pairing_id=family.rooms["academic"].pairing_id,
        began_at=at(19, day=19),
        minutes=25,
        medium="phone",
        summary="口算。",
        now=at(19.5, day=19),
    )
    duties.judge_meetings(at(20.05, day=19))
    assert heard(family, Kind.MEETING_MISSED) == set()
    assert heard(family, Kind.SUMMARY_WRITTEN) == {"parent"}


def test_an_academic_summary_is_told_to_the_guardian_that_evening_without_its_words(family: Family) -> None:
    together(family.rooms["academic"], at(19, day=19), 28)
    assert heard(family, Kind.SUMMARY_WRITTEN) == {"parent"}
    assert sentence(family.parent) == "李老师写了2月19日 周三 19:00和沐阳见面的小结。"
    [letter] = [each for each in work(at(20.5, day=19)) if each.to == [family.parent.email]]
    assert "分数" not in letter.body and "小结" in letter.subject
    session = Session.objects.get()
    write_summary(actor=family.academic.user, session_id=session.pk, body="再改", now=at(21, day=19))
    assert len(got(family.parent)) == 1, "a second version is no news"


def test_a_wellbeing_summary_is_the_child_s_for_a_day(family: Family) -> None:
    together(family.rooms["wellbeing"], at(19, day=20), 20)
    written = at(19, day=20) + timedelta(minutes=20)
    assert "你可以先看" in sentence(family.child.user)
    with time_machine.travel(written + timedelta(hours=23), tick=False):
        assert list(notices_for(family.parent)) == []
    with time_machine.travel(written + timedelta(hours=24), tick=False):
        assert [notice.kind for notice in notices_for(family.parent)] == [Kind.SUMMARY_WRITTEN]
    assert family.parent.email not in {each.to[0] for each in work(at(20.5, day=20))}
    assert family.parent.email in {each.to[0] for each in work(at(20.5, day=21))}


def test_changed_within_the_day_it_is_the_child_s_for_another_day(family: Family) -> None:
    together(family.rooms["wellbeing"], at(19, day=20), 20)
    session = Session.objects.get()
    write_summary(actor=family.wellbeing.user, session_id=session.pk, body="改了", now=at(10, day=21))
    assert [notice.shown_from for notice in got(family.parent)] == [at(10, day=22)]
    assert len(got(family.child.user)) == 1


def held_without_summary(family: Family) -> None:
    Meeting.objects.filter(pk=academic(family).pk).update(
        state="held", judged_at=at(20.05, day=19), both_s=1680, mentor_s=1680, child_s=1680
    )


def test_a_missing_summary_is_the_mentor_s_matter_first_and_once(family: Family) -> None:
    held_without_summary(family)
    assert reminders.remind_mentors(at(11, day=20)) == 0
    for hour in (12.5, 13, 15):
        reminders.remind_mentors(at(hour, day=20))
    assert kinds(family.academic.user) == [Kind.SUMMARY_DUE]
    assert heard(family, Kind.SUMMARY_DUE) == {"academic"}
    assert reminders.tell_coordinators(at(19, day=20)) == 0
    for hour in (8, 9, 12):
        reminders.tell_coordinators(at(hour, day=21))
    assert kinds(family.coordinator) == [Kind.SUMMARIES_MISSING]
    assert "1" in sentence(family.coordinator) and "沐阳" not in sentence(family.coordinator)
    assert reminders.tell_coordinators(at(10, day=23)) == 0, "nobody is asked for ever"


def test_who_wrote_is_not_reminded(family: Family) -> None:
    together(family.rooms["academic"], at(19, day=19), 28)
    held_without_summary(family)
    Session.objects.update(meeting=academic(family))
    assert reminders.remind_mentors(at(13, day=20)) == 0


def test_a_new_password_is_told_at_once_to_the_one_whose_it_is(family: Family) -> None:
    user = family.child.user

    def invited() -> str:
        kind = Invitation.Kind.STAFF  # no birth date is asked
        user.refresh_from_db()
        return invitations.invite(actor=family.coordinator, user=user, kind=kind).secret

    first, second = invited(), invited()
    with pytest.raises(invitations.NoLongerValid):
        invitations.take_up(secret=first, password="一个安静的晚上 2020", login="muyang")
    invitations.take_up(secret=second, password="一个安静的晚上 2020", login="muyang")
    assert kinds(user) == [], "the first one is no change"
    again = invited()
    assert kinds(user) == [Kind.PASSWORD_RESET]
    invitations.take_up(secret=again, password="另一个安静的晚上 2020")
    assert set(kinds(user)) == {Kind.PASSWORD_RESET, Kind.PASSWORD_CHANGED}
    assert not got(family.child.user)[0].rationed
    assert RULES[Kind.PASSWORD_CHANGED].weight is Weight.SAFETY


@pytest.mark.parametrize(
    ("status", "hears"),
    [
        ("active", {Kind.PAIRING_STARTED, Kind.MEETING_CANCELLED, Kind.MEETING_MISSED, Kind.SUMMARY_WRITTEN}),
        ("limited", {Kind.PAIRING_STARTED, Kind.MEETING_CANCELLED}),
        ("suspended", set()),
    ],
)
@pytest.mark.parametrize("since", ["before", "after"])
def test_a_guardian_hears_what_the_link_allows(
    family: Family, status: str, hears: set[Kind], since: str
) -> None:
    """since: whether the link was changed before the things happened, or after."""
    if since == "before":
        Guardianship.objects.update(status=status, status_reason="协议")
    with time_machine.travel(at(12), tick=False), transaction.atomic():
        telling.pairings_started(Round, pairings=list(Pairing.objects.filter(role="academic")))
    duties.judge_meetings(at(20.05, day=19))
    cancel_meeting(
        actor=family.coordinator, meeting_id=Meeting.objects.filter(state="planned")[0].pk, now=at(21, day=19)
    )
    together(family.rooms["academic"], at(19, day=22), 10)
    Guardianship.objects.update(status=status, status_reason="协议")
    with time_machine.travel(at(12, day=23), tick=False):
        assert {notice.kind for notice in notices_for(family.parent)} == hears


def test_a_round_is_told_in_as_many_queries_for_many_pairs_as_for_few(family: Family) -> None:
    from tests.chat.people import add_family

    with time_machine.travel(at(12), tick=False):
        for number in range(1, 4):
            add_family(number, slots=(67, 91))
        counts = []
        for many in (2, 8):
            with CaptureQueriesContext(connection) as queries, transaction.atomic():
                pairings = list(Pairing.objects.all()[:many])
                telling.pairings_started(Round, pairings=pairings)
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 10
    assert Notice.objects.filter(audience=Audience.FAMILY).exists()
