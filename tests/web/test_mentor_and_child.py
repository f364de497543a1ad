"""What a mentor and a child find on their pages, and that nobody else finds it."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.audit.models import Entry
from backend.rosters.models import Child
from chat import desk
from chat.acts import Arrive, MarkRead, Speak
from chat.meetings import cancel_meeting, record_meeting_elsewhere, take_back_cancelling
from chat.models import Attendance, Elsewhere, Held, Meeting, Session, Summary
from chat.protocol import Side
from chat.record import perform
from chat.rooms import close_rooms
from chat.sessions import end_session, write_summary
from matching.models import Pairing
from tests.chat.people import add_family, at
from tests.chat.test_day import talked
from tests.chat.test_meetings import academic, together
from tests.web.pressing import press
from tests.web.test_family import browser_of

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
CID = "0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e2{}"


@pytest.fixture
def family():
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def page_of(client: Client, path: str, when) -> str:
    with time_machine.travel(when, tick=False):
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def measured(family, start, minutes: float, **more) -> Session:
    """Time together whose minutes are settled, without the summary that `together` writes."""
    together(family.rooms["academic"], start, minutes, **more)
    session = Session.objects.latest("opened_at")
    Summary.objects.all().delete()
    spent = {"both_s": minutes * 60, "mentor_s": minutes * 60, "child_s": minutes * 60}
    Session.objects.filter(pk=session.pk).update(**spent, settled_at=session.decided_at)
    return session


def test_a_mentor_sees_who_comes_today_and_the_door(family):
    mentor = browser_of(family.academic.user)
    room = family.rooms["academic"].pk
    day = page_of(mentor, "/", at(12, day=19))
    assert "今天 19:00" in day and "沐阳" in day and f"/rooms/{room}/" in day
    assert "card-now" not in day and "card-now" in page_of(mentor, "/", at(18.8, day=19))
    assert "今天没有见面" in page_of(mentor, "/", at(12, day=20))


def test_a_meeting_that_goes_on_says_so_and_after_the_last_the_day_is_over(family):
    mentor, another = browser_of(family.academic.user), f"/meetings/{academic(family).pk}/"
    for hour, now in ((18.9, False), (19.2, True)):  # nobody came yet: it can still be moved
        page = page_of(mentor, "/", at(hour, day=19))
        assert ("现在</span>" in page, another in page) == (now, True), hour
    perform([Arrive(family.rooms["academic"].pk, side, uuid4()) for side in Side], now=at(18.9, day=19))
    page = page_of(mentor, "/", at(19.2, day=19))
    assert "现在</span>" in page and another not in page
    for when in (at(20.2, day=19), at(23.9, day=19)):
        page = page_of(mentor, "/", when)
        assert "今天的见面都结束了" in page and "今天没有见面" not in page
    Meeting.objects.filter(pk=academic(family).pk).update(state="cancelled", changed_at=at(18, day=19))
    assert "今天没有见面" in page_of(mentor, "/", at(20.2, day=19))


def test_words_that_wait_for_the_mentor_stand_on_the_page_until_they_are_read(family):
    room, mentor = family.rooms["academic"].pk, browser_of(family.academic.user)
    for number in range(2):
        perform([Speak(room, Side.CHILD, CID.format(number), "老师在吗")], now=at(20, day=17))
    assert "沐阳 昨晚起写了2条消息" in page_of(mentor, "/", at(9, day=18))
    assert "沐阳 今晚写了2条消息" in page_of(mentor, "/", at(21, day=17))
    perform([MarkRead(room, Side.MENTOR, 2)], now=at(10, day=18))
    assert "条消息" not in page_of(mentor, "/", at(11, day=18))
    child = browser_of(family.child.user)
    assert "看看" not in page_of(child, "/", at(11, day=18))
    perform([Speak(room, Side.MENTOR, CID.format(5), "在的")], now=at(10.5, day=18))
    assert "看看李老师写的话" in page_of(child, "/", at(11, day=18))


def test_words_after_the_mentor_ended_wait_and_who_goes_on_is_shown_as_together(family):
    """Nothing is measured yet: the mentor's page says what the family reads in the same moment."""
    room, mentor, parent = (
        family.rooms["academic"].pk,
        browser_of(family.academic.user),
        browser_of(family.parent),
    )
    perform([Arrive(room, side, uuid4()) for side in Side], now=at(19, day=19))
    Attendance.objects.update(last_seen_at=at(19.3, day=19))
    with time_machine.travel(at(19.3, day=19), tick=False):
        end_session(actor=family.academic.user, room_id=room)
    assert Session.objects.get().both_s is None
    home = page_of(mentor, "/", at(19.31, day=19))
    assert "今天的见面都结束了" in home and "上次：今晚" in home and "等您处理" in home
    assert "今晚见了沐阳" in page_of(parent, "/", at(19.31, day=19))
    perform([Arrive(room, side, uuid4()) for side in Side], now=at(19.35, day=19))
    perform([Speak(room, Side.CHILD, CID.format(1), "老师，还有一题")], now=at(19.355, day=19))
    perform([Speak(room, Side.MENTOR, CID.format(2), "好")], now=at(19.36, day=19))
    perform([Speak(room, Side.CHILD, CID.format(3), "谢谢老师")], now=at(19.37, day=19))
    assert Session.objects.filter(ended_at=None).exists()
    home = page_of(mentor, "/", at(19.38, day=19))
    assert "今天的见面都结束了" not in home and "现在</span>" in home
    assert "沐阳 今晚写了2条消息" in home.partition("等您处理")[2]
    assert "李老师来了" in page_of(parent, "/", at(19.38, day=19))


def test_what_one_cancelled_stays_among_what_comes_while_it_may_be_taken_back(family):
    meeting = Meeting.objects.filter(pairing__role="academic").order_by("start")[1]
    first = academic(family)
    for who in (family.academic.user, family.parent, family.carer):
        own, others = browser_of(who), {family.academic.user, family.parent, family.carer} - {who}
        for each in (meeting, first):
            with time_machine.travel(at(13, day=18), tick=False):
                cancel_meeting(actor=who, meeting_id=each.pk)
        ways = f'action="/meetings/{meeting.pk}/change/"'
        assert ways in page_of(own, "/", at(14, day=18))
        assert not any(ways in page_of(browser_of(other), "/", at(14, day=18)) for other in others)
        assert ways not in page_of(own, "/", at(13.1, day=19)), "a day is over"
        # Of tomorrow's it is said above already, and the way back is there.
        home = page_of(own, "/", at(14, day=18))
        assert f'action="/meetings/{first.pk}/change/"' not in home
        said = home.partition(f'href="/meetings/{first.pk}/"')[2].partition("</a>")[0]
        assert "恢复这次见面" in said
        with time_machine.travel(at(14, day=18), tick=False):
            press(own, "/", "恢复这次见面")
            take_back_cancelling(actor=who, meeting_id=first.pk)
        meeting.refresh_from_db()
        assert meeting.state == "planned"


def test_a_summary_is_due_after_time_together_until_it_is_written(family):
    mentor, session = browser_of(family.academic.user), measured(family, at(19, day=19), 28)
    with time_machine.travel(at(20, day=19), tick=False):
        assert [row.pk for row in desk.summaries_due(actor=family.academic.user)] == [session.pk]
        assert desk.summaries_due(actor=family.wellbeing.user) == []
        assert desk.summaries_due(actor=family.academic.user, now=timezone.now() + timedelta(days=15)) == []
        assert f"/sessions/{session.pk}/summary/" in mentor.get("/").content.decode()
        mentor.post(f"/sessions/{session.pk}/summary/", {"body": "分数的加减法。"})
        assert desk.summaries_due(actor=family.academic.user) == []
    assert Summary.objects.get().body == "分数的加减法。"


def test_five_minutes_make_a_meeting_and_its_last_session_carries_the_summary(family):
    measured(family, at(19, day=19), 3)
    with time_machine.travel(at(20, day=19), tick=False):
        assert desk.summaries_due(actor=family.academic.user) == []
    last = measured(family, at(19.2, day=19), 4)
    with time_machine.travel(at(20, day=19), tick=False):
        assert [row.pk for row in desk.summaries_due(actor=family.academic.user)] == [last.pk]


def test_the_mentor_ends_a_wellbeing_session_with_a_mood_and_an_academic_one_has_none(family):
    room = family.rooms["wellbeing"]
    with time_machine.travel(at(19, day=20), tick=False):
        together(room, at(18.5, day=20), 20)
        form = browser_of(family.wellbeing.user)
        page = form.get(f"/rooms/{room.pk}/end/").content.decode()
        assert "分数。" in page  # last time's
        form.post(f"/rooms/{room.pk}/end/", {"body": "聊了睡觉。", "mood": "4"})
        newest = Summary.objects.latest("version")
        assert (newest.body, newest.mood) == ("聊了睡觉。", 4)
        academic = browser_of(family.academic.user)
        assert "mood" not in academic.get(f"/rooms/{family.rooms['academic'].pk}/end/").content.decode()


def test_a_meeting_by_telephone_is_told_and_stands_in_the_family_s_history(family):
    pairing = family.rooms["academic"].pairing_id
    mentor = browser_of(family.academic.user)
    told = {"medium": "phone", "began_at": "2020-02-19T19:00", "minutes": "25", "body": "聊了分数。"}
    with time_machine.travel(at(21, day=19), tick=False):
        wrong = mentor.post(f"/my-children/{pairing}/elsewhere/", {**told, "minutes": "0"})
        assert wrong.status_code == 200 and not Elsewhere.objects.exists()
        mentor.post(f"/my-children/{pairing}/elsewhere/", told)
        card = mentor.get(f"/my-children/{pairing}/").content.decode()
        history = browser_of(family.parent).get(f"/children/{family.child.pk}/history/").content.decode()
    told_of = Elsewhere.objects.get()
    assert told_of.began_at == at(19, day=19)
    assert "其实没有通电话？告诉我们" in history
    with time_machine.travel(at(22, day=19), tick=False):
        assert mentor.post(f"/reports/{told_of.pk}/dispute/").status_code == 404
        browser_of(family.parent).post(f"/reports/{told_of.pk}/dispute/")
        after = browser_of(family.parent).get(f"/children/{family.child.pk}/history/").content.decode()
    told_of.refresh_from_db()
    assert told_of.disputed_by == family.parent
    assert "其实没有通电话？告诉我们" not in after and "家里说没有发生" in after
    for page in (card, history):
        assert "聊了分数。" in page and "25分钟" in page


def test_needs_are_the_wellbeing_mentor_s_to_read_only(family):
    Child.objects.update(needs="怕黑")
    pages = {}
    for role, who in (("academic", family.academic.user), ("wellbeing", family.wellbeing.user)):
        path = f"/my-children/{family.rooms[role].pairing_id}/"
        pages[role] = page_of(browser_of(who), path, at(12))
    assert "怕黑" in pages["wellbeing"] and "怕黑" not in pages["academic"]


def test_a_child_has_two_teachers_and_is_told_when_each_comes(family):
    page = page_of(browser_of(family.child.user), "/", at(12, day=19))
    assert page.index("学业导师") < page.index("心理导师")
    assert "下次：今天 19:00 起，约30分钟" in page and "下次：明天 19:00 起，约30分钟" in page
    assert "时间到了，可以进去找李老师了" in page_of(browser_of(family.child.user), "/", at(19.1, day=19))
    Child.objects.update(grade=2)
    assert "约20分钟" in page_of(browser_of(family.child.user), "/", at(12, day=19))


def test_on_a_full_day_the_child_reads_why_it_may_not_write_and_until_when(family):
    child = browser_of(family.child.user)
    talked(family, "academic", 15, 15.6)
    assert "让眼睛歇一歇" not in page_of(child, "/", at(17))
    talked(family, "wellbeing", 16, 16.5)
    assert "约好的见面照常；别的时候，2月18日 周二 08:00起又可以写" in page_of(child, "/", at(17))
    assert "让眼睛歇一歇" not in page_of(child, "/", at(9, day=18))
    room = page_of(child, f"/rooms/{family.rooms['academic'].pk}/", at(17))
    assert '"hours": [8, 21]' in room


def test_only_the_two_have_the_room_s_page_and_an_ended_one_is_to_be_read(family):
    room = family.rooms["academic"]
    perform([Speak(room.pk, Side.CHILD, CID.format(1), "<b>老师</b>好")], now=at(12.5))
    with time_machine.travel(at(13), tick=False):
        for user in (family.child.user, family.academic.user):
            page = browser_of(user).get(f"/rooms/{room.pk}/").content.decode()
            assert "room-data" in page and "<b>老师</b>" not in page
        assert (
            'class="button" href="/rooms/'
            not in browser_of(family.child.user).get(f"/rooms/{room.pk}/").content.decode()
        )
        for user in (family.parent, family.carer, family.wellbeing.user, family.stranger, family.coordinator):
            for path in (f"/rooms/{room.pk}/", f"/rooms/{room.pk}/end/"):
                assert browser_of(user).get(path).status_code == 404
        assert browser_of(family.child.user).get(f"/rooms/{room.pk}/end/").status_code == 404
        Pairing.objects.filter(pk=room.pairing_id).update(ended_at=at(13), end_reason="rematched")
        page = browser_of(family.child.user).get(f"/rooms/{room.pk}/").content.decode()
    assert "这段结对已经结束" in page and "room-data" not in page
    assert "&lt;b&gt;老师&lt;/b&gt;好" in page


def test_strangers_find_neither_card_nor_summary_nor_report(family):
    session = measured(family, at(19, day=19), 28)
    pairing = family.rooms["academic"].pairing_id
    paths = [
        f"/my-children/{pairing}/",
        f"/my-children/{pairing}/elsewhere/",
        f"/sessions/{session.pk}/summary/",
    ]
    for user in (family.stranger, family.wellbeing.user, family.child.user, family.carer):
        for path in paths:
            assert browser_of(user).get(path).status_code == 404, (user.name, path)


def test_a_mentor_s_page_asks_no_more_for_many_children_than_for_one_and_shows_few_at_first(
    family, monkeypatch
):
    def queries() -> int:
        with (
            time_machine.travel(at(12), tick=False),
            CaptureQueriesContext(
                connection,
            ) as asked,
        ):
            browser_of(family.academic.user).get("/")
        return len(asked)

    one = queries()
    with time_machine.travel(at(12), tick=False):
        for number, slots in enumerate([(68, 92), (69, 93)], start=1):
            other = add_family(number, slots=slots)
            Pairing.objects.filter(mentor=other.academic).update(mentor=family.academic)
    assert queries() == one
    monkeypatch.setattr("backend.web.views.mentor.FEW", 2)
    page = page_of(browser_of(family.academic.user), "/", at(12))
    mine = page.split("我的学生</h2>")[1]
    first, rest = mine.split("<details")
    assert (first.count("/my-children/"), rest.count("/my-children/")) == (2, 1) and "还有 1 名学生" in rest
    assert page.index("/my-hours/") < page.index("/my-children/"), "not below everything else"


def test_words_that_wait_for_a_decision_are_shown_to_who_said_them_only(family):
    room = family.rooms["academic"]
    Held.objects.create(room=room, sender=Side.MENTOR, cid=CID.format(7), body="加我微信", said_at=at(12))
    with time_machine.travel(at(13), tick=False):
        mentor = browser_of(family.academic.user).get(f"/rooms/{room.pk}/")
        child = browser_of(family.child.user).get(f"/rooms/{room.pk}/")
        assert mentor.context["data"]["held"] == {
            CID.format(7): {"body": "加我微信", "at": "2020-02-17T04:00:00+00:00", "after": 0}
        }
        assert "加我微信" not in child.content.decode() and child.context["data"]["held"] == {}
        Held.objects.update(state="refused", decided_at=at(12.5))
        again = browser_of(family.academic.user).get(f"/rooms/{room.pk}/")
    assert again.context["data"]["held"] == mentor.context["data"]["held"]


def test_a_coordinator_decides_what_waits_and_looking_is_recorded(family):
    rooms, desk = family.rooms, browser_of(family.coordinator)
    for number, role in enumerate(("academic", "wellbeing")):
        said = {"cid": CID.format(number), "body": f"加我微信 {role}", "said_at": at(12)}
        Held.objects.create(room=rooms[role], sender=Side.MENTOR, reason="wechat", **said)
    with time_machine.travel(at(13), tick=False):
        assert "1 条消息等人看一下" in desk.get("/").content.decode()
        page = desk.get("/held/").content.decode()
        # Wellbeing rooms are the safeguarding lead's.
        assert "加我微信 academic" in page and "wellbeing" not in page
        assert "里面好像有：微信号" in page
        assert Entry.objects.filter(action="held.viewed").count() == 1
        held = Held.objects.get(room=rooms["academic"])
        desk.post(f"/held/{held.pk}/", {"release": "1"})
        assert desk.post(f"/held/{held.pk}/", {"refuse": "1"}).status_code == 409
        other = Held.objects.get(room=rooms["wellbeing"])
        assert desk.post(f"/held/{other.pk}/", {"release": "1"}).status_code == 404
        for user in (family.academic.user, family.parent, family.stranger):
            assert browser_of(user).get("/held/").status_code == 404
    held.refresh_from_db()
    assert held.state == "released" and held.event.body == "加我微信 academic"


def test_what_the_mentor_has_ended_is_no_longer_ahead(family):
    child, parent = browser_of(family.child.user), browser_of(family.parent)
    together(family.rooms["academic"], at(19, day=19), 10)
    assert "时间到了" not in page_of(child, "/", at(19.3, day=19))
    assert "现在是和" not in page_of(parent, "/", at(19.3, day=19))


def test_while_they_are_together_the_parent_reads_it_first(family):
    room, parent = family.rooms["academic"].pk, browser_of(family.parent)
    not_yet = "现在是和李老师见面的时间，两人还没有见上面。"
    assert not_yet not in page_of(parent, "/", at(18.9, day=19))
    assert not_yet in page_of(parent, "/", at(19.05, day=19))
    perform([Arrive(room, Side.CHILD, uuid4())], now=at(19.05, day=19))
    assert not_yet in page_of(parent, "/", at(19.06, day=19))  # and not who of the two is late
    perform([Arrive(room, side, uuid4()) for side in Side], now=at(19.1, day=19))
    together_now = page_of(parent, "/", at(19.2, day=19))
    assert "李老师来了：19:06开始，正在见面。" in together_now and not_yet not in together_now
    over = {"ended_at": at(19.3, day=19), "decided_at": at(19.3, day=19), "why": "left"}
    Session.objects.update(meeting=academic(family), **over)
    left = page_of(parent, "/", at(19.4, day=19))
    assert "现在是和李老师见面的时间。" in left


def test_the_summary_s_page_names_the_day_in_shanghai(family):
    session = measured(family, at(0.5, day=20), 28)
    page = page_of(browser_of(family.academic.user), f"/sessions/{session.pk}/summary/", at(9, day=20))
    assert "2020年2月20日 周四 00:30" in page


def test_right_after_the_meeting_nobody_reads_that_it_did_not_take_place(family):
    together(family.rooms["academic"], at(19.1, day=19), 25)
    parent, path = browser_of(family.parent), f"/children/{family.child.pk}/history/"
    month, home = page_of(parent, path, at(19.6, day=19)), page_of(parent, "/", at(19.6, day=19))
    assert "没有见到" not in month and "李老师今晚见了沐阳。" in month and "分数。" in month
    assert "李老师今晚见了沐阳。" in home
    assert "周三 19:00" in month and "19:06" not in month  # not how late it began


@pytest.mark.parametrize(("seconds", "said"), [(20, "，不到1分钟。"), (25 * 60, "，25分钟。")])
def test_as_soon_as_minutes_are_measured_they_are_said_of_seconds_too(family, seconds, said):
    measured(family, at(19, day=19), seconds / 60)
    assert f"李老师今晚见了沐阳{said}" in page_of(browser_of(family.parent), "/", at(19.6, day=19))
    Meeting.objects.filter(pk=academic(family).pk).update(
        state="held", judged_at=at(21, day=19), both_s=seconds, mentor_s=seconds, child_s=seconds
    )
    assert f"李老师今晚见了沐阳{said}" in page_of(browser_of(family.parent), "/", at(22, day=19))


def test_a_summary_with_nothing_to_be_about_is_given_back_and_rewrites_nothing(family):
    room, mentor = family.rooms["academic"], browser_of(family.academic.user)
    with time_machine.travel(at(12, day=17), tick=False):
        answer = mentor.post(f"/rooms/{room.pk}/end/", {"body": "今天沐阳没来"})
    assert answer.status_code == 200 and "今天沐阳没来" in answer.content.decode()
    together(room, at(19, day=19), 25)
    with time_machine.travel(at(19, day=22), tick=False):
        answer = mentor.post(f"/rooms/{room.pk}/end/", {"body": "今天沐阳没来"})
    assert answer.status_code == 200
    assert [row.body for row in Summary.objects.all()] == ["分数。"]
    with time_machine.travel(at(21, day=19), tick=False):  # the next one has not begun
        answer = mentor.post(f"/rooms/{room.pk}/end/", {"body": "今天沐阳没来"})
    assert "还没有开始" in answer.content.decode()
    assert [row.body for row in Summary.objects.all()] == ["分数。"]


def test_a_meeting_in_which_they_met_becomes_no_other_one(family):
    together(family.rooms["academic"], at(19, day=19), 25)
    meeting, parent = academic(family), browser_of(family.parent)
    with time_machine.travel(at(19.8, day=19), tick=False):
        page = parent.get(f"/meetings/{meeting.pk}/")
        assert "may_cancel" not in page.context
        assert parent.post(f"/meetings/{meeting.pk}/change/").status_code == 409
        assert parent.get(f"/api/v1/meetings/{meeting.pk}/").json()["can_change"] is False
    meeting.refresh_from_db()
    assert meeting.state == "planned"


def test_a_pairing_that_ends_within_the_hour_takes_the_meeting_with_it(family):
    room = family.rooms["academic"]
    ids = Meeting.objects.filter(pairing=room.pairing, start__lte=at(19.2, day=19))
    assert ids.count() == 1
    close_rooms([room.pairing_id], at(19.2, day=19))
    assert not ids.exists()


def test_a_new_version_of_a_wellbeing_summary_does_not_take_the_old_one_from_the_parents(family):
    room = family.rooms["wellbeing"]
    together(room, at(19, day=18), 25, words=1)
    session = Session.objects.get()
    write_summary(actor=family.wellbeing.user, session_id=session.pk, body="改过的。", now=at(20, day=20))
    path = f"/children/{family.child.pk}/history/"
    assert "分数。" in page_of(browser_of(family.parent), path, at(21, day=20))
    assert "改过的。" in page_of(browser_of(family.parent), path, at(21, day=21))


def test_a_parent_reads_why_there_is_no_summary_yet_and_not_whether_there_is_one(family):
    parent, why = browser_of(family.parent), "先由孩子自己看一天"
    together(family.rooms["academic"], at(13), 25, words=1)
    assert why not in page_of(parent, "/", at(14)) and "分数。" in page_of(parent, "/", at(14))
    together(family.rooms["wellbeing"], at(15), 25, words=1)
    written = page_of(parent, "/", at(16))
    later = page_of(parent, "/", at(16, day=18))
    assert why in written and why not in later and later.count("分数。") == 2
    Summary.objects.filter(session__room=family.rooms["wellbeing"]).delete()
    main = written.index("<main")
    assert page_of(parent, "/", at(16))[main:] == written[main:]
    assert why not in page_of(parent, "/", at(16, day=19))  # none was written


def test_a_report_makes_good_what_was_missed_on_the_first_line(family):
    meeting = academic(family)
    missed = {"state": "missed", "missed_by": "both", "judged_at": at(20.1, day=19)}
    Meeting.objects.filter(pk=meeting.pk).update(both_s=0, mentor_s=0, child_s=0, **missed)
    told = {"medium": "phone", "began_at": at(19.2, day=19), "minutes": 25}
    record_meeting_elsewhere(
        actor=family.academic.user, pairing_id=meeting.pairing_id, now=at(20.5, day=19), **told
    )
    home = page_of(browser_of(family.parent), "/", at(21, day=19))
    assert "没有见到" not in home and "通了电话，25分钟" in home


def test_a_mood_goes_with_words_and_line_breaks_count_once(family):
    room, mentor = family.rooms["wellbeing"], browser_of(family.wellbeing.user)
    together(room, at(19, day=20), 25)
    with time_machine.travel(at(19.5, day=20), tick=False):
        answer = mentor.post(f"/rooms/{room.pk}/end/", {"body": "", "mood": "2"})
        assert answer.status_code == 200 and "请写一句话" in answer.content.decode()
        long = "\r\n".join(["字" * 9] * 200)
        assert mentor.post(f"/rooms/{room.pk}/end/", {"body": long}).status_code == 302
    assert len(Summary.objects.latest("version").body) == 1999


AWAY = "今天学了分数。我的电话13812345678，微信 shu_dao88"
TOLD = "小结孩子也会看到，请去掉里面的电话号码、微信号。"


@pytest.mark.parametrize("page", ["end", "summary", "elsewhere"])
def test_a_summary_that_leads_the_child_away_is_refused_and_stays_in_the_form(family, page):
    session, mentor = measured(family, at(19, day=19), 28), browser_of(family.academic.user)
    room = family.rooms["academic"]
    path = {
        "end": f"/rooms/{room.pk}/end/",
        "summary": f"/sessions/{session.pk}/summary/",
        "elsewhere": f"/my-children/{room.pairing_id}/elsewhere/",
    }[page]
    told = {"began_at": "2020-02-19T20:00", "minutes": 25, "medium": "phone"}
    with time_machine.travel(at(21, day=19), tick=False):
        answer = mentor.post(path, {**told, "body": AWAY})
        said = answer.content.decode()
        assert answer.status_code == 200 and TOLD in said and AWAY in said
        assert not Summary.objects.exists() and not Elsewhere.objects.exists()
        # Soft words are no details: 见面 is what a summary is about.
        assert mentor.post(path, {**told, "body": "下次在图书馆见面那课，别告诉妈妈。"}).status_code == 302
    assert Summary.objects.count() == 1


def test_a_summary_that_leads_the_child_away_is_refused_by_the_resource(family):
    session = measured(family, at(19, day=19), 28)
    with time_machine.travel(at(21, day=19), tick=False):
        answer = browser_of(family.academic.user).post(
            f"/api/v1/sessions/{session.pk}/summaries/", {"body": AWAY}, content_type="application/json"
        )
    assert answer.status_code == 400 and "电话号码、微信号" in answer.content.decode()
    assert not Summary.objects.exists()
