"""What a parent and a carer see and may do; and that a stranger sees nothing."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from backend.accounts.invitations import NoLongerValid, find, invite
from backend.accounts.models import Invitation, User
from backend.rosters.consent import withdraw_consent
from backend.rosters.guardians import set_guardian_status
from backend.rosters.models import Carer, Child, Guardianship
from backend.web.saying import coming, on_day, teacher
from chat.meetings import cancel_meeting
from chat.models import Meeting
from chat.rules.meetings import MeetingState
from tests.chat.people import add_family, at
from tests.chat.test_meetings import academic, together

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def family():
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def browser_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_parent_reads_without_a_tap_that_somebody_came_and_when_next(family):
    parent = browser_of(family.parent)
    with time_machine.travel(at(12), tick=False):
        page = parent.get("/").content.decode()
    assert "还没有见过面" in page and "下次：周三 19:00" in page
    together(family.rooms["academic"], at(19, day=19), 28)
    meeting = academic(family)
    Meeting.objects.filter(pk=meeting.pk).update(
        state=MeetingState.HELD, both_s=28 * 60, mentor_s=1680, child_s=1700, judged_at=at(20, day=19)
    )
    with time_machine.travel(at(10, day=20), tick=False):
        page = parent.get("/").content.decode()
        month = parent.get(f"/children/{family.child.pk}/history/?month=2020-02").content.decode()
    assert "李老师昨晚见了沐阳，28分钟。" in page
    assert "下次：今天 19:00。" in page
    assert "沐阳 · 2020年2月" in month and "2月19日 周三 19:00" in month and "分数。" in month
    assert len(page.encode()) + len(month.encode()) < 100_000


@pytest.mark.parametrize("month", ["2020-13", "0000-01", "9999-12", "x", "2020-2-", "20200-01"])
def test_a_month_that_is_none_is_not_found(family, month):
    assert (
        browser_of(family.parent).get(f"/children/{family.child.pk}/history/?month={month}").status_code
        == 404
    )


def test_nobody_is_told_who_did_not_come(family):
    Meeting.objects.filter(pk=academic(family).pk).update(
        state=MeetingState.MISSED,
        missed_by="child",
        both_s=0,
        mentor_s=1200,
        child_s=0,
        judged_at=at(20, day=19),
    )
    with time_machine.travel(at(10, day=20), tick=False):
        page = browser_of(family.parent).get("/").content.decode()
    assert "这次没有见到沐阳，老师会再约" in page


def test_the_carer_sees_the_hours_and_moves_one_in_two_taps_but_reads_no_history(family):
    carer, meeting = browser_of(family.carer), academic(family)
    with time_machine.travel(at(12), tick=False):
        home = carer.get("/").content.decode()
        assert "来不了、换时间" in home and "让沐阳进去见李老师" in home and "进去的是沐阳，不是您" in home
        page = carer.get(f"/meetings/{meeting.pk}/")
        assert f"/meetings/{meeting.pk}/" in home and "/history/" not in home
        start, _words = page.context["hours"][0]
        carer.post(f"/meetings/{meeting.pk}/change/", {"start": start})
        meeting.refresh_from_db()
        assert (meeting.state, meeting.start.isoformat()) == (MeetingState.MOVED, start)
        assert carer.post(f"/meetings/{meeting.pk}/change/", {"start": "nonsense"}).status_code == 404
        before = carer.post(f"/meetings/{meeting.pk}/change/", {"start": ""})  # nothing chosen
        assert (before.status_code, Meeting.objects.get(pk=meeting.pk).state) == (404, MeetingState.MOVED)
        page = carer.get(f"/meetings/{meeting.pk}/").content.decode()
        assert "是的，取消这次" in page.split('<details class="card">')[1].split("</details>")[0]
        assert page.index("这次来不了") < page.index('type="radio"'), "not below all the other hours"
        assert page.count("原定2月19日 周三 19:00") == 1
        assert "原定2月19日 周三 19:00" in carer.get("/").content.decode()
        done = carer.post(f"/meetings/{meeting.pk}/change/", follow=True).content.decode()
        assert done.count("每周的时间不变") == 1, "said once"
        for reader, said in (
            (carer, "您已经取消了"),
            (browser_of(family.parent), "奶奶取消了"),
            (browser_of(family.academic.user), "孩子家里取消了"),
        ):
            assert said in reader.get(f"/meetings/{meeting.pk}/").content.decode()
        assert carer.post(f"/meetings/{meeting.pk}/change/").status_code == 409
        again = {"take_back": "yes"}
        assert "恢复这次见面" in carer.get(f"/meetings/{meeting.pk}/").content.decode()
        assert "恢复" not in browser_of(family.parent).get(f"/meetings/{meeting.pk}/").content.decode()
        assert carer.post(f"/meetings/{meeting.pk}/change/", again).status_code == 302
        assert Meeting.objects.get(pk=meeting.pk).state == MeetingState.MOVED
        carer.post(f"/meetings/{meeting.pk}/change/")
    meeting.refresh_from_db()
    assert meeting.state == MeetingState.CANCELLED
    assert carer.get(f"/children/{family.child.pk}/history/").status_code == 404


def test_a_stranger_and_a_suspended_guardian_find_nothing(family):
    meeting = academic(family)
    Guardianship.objects.update(status="suspended", status_reason="court order")
    for user in (family.stranger, family.parent):
        client = browser_of(user)
        assert "沐阳" not in client.get("/").content.decode()
        absent = client.get("/meetings/999999/")
        assert absent.status_code == 404
        for path in (f"/meetings/{meeting.pk}/", f"/children/{family.child.pk}/history/"):
            assert client.get(path).status_code == 404
        assert client.post(f"/meetings/{meeting.pk}/change/").status_code == 404


def test_days_are_said_as_people_say_them(settings):
    noon = timezone.localtime(at(12))
    with translation.override("zh-hans"):
        assert [on_day(noon - timedelta(days=ago), noon.date()) for ago in (0, 1, 5, 7)] == [
            "今天",
            "昨天",
            "上周三",
            "2月10日",
        ]
        assert coming(noon + timedelta(days=5), noon.date()) == "周六 12:00"
        assert coming(noon + timedelta(days=9), noon.date()) == "2月26日 周三 12:00"
        assert teacher("欧阳子涵") == "欧阳老师"
    with translation.override("en"):
        assert teacher("李文") == "李文"


def test_another_time_is_offered_only_while_the_meeting_can_be_changed(family):
    now = at(12, day=18)
    meeting = Meeting.objects.filter(pairing__child=family.child, start__gt=now).earliest("start")
    path = f"/meetings/{meeting.pk}/"
    parent = browser_of(family.parent)
    with time_machine.travel(now, tick=False):
        assert path in parent.get("/").content.decode()
    together(family.rooms["academic"], at(19, day=19), 25)
    with time_machine.travel(at(19.6, day=19), tick=False):
        page = parent.get("/").content.decode()
        assert "今天 19:00" in page and path not in page


def test_a_parent_lets_the_grandmother_in_once_and_she_sees_the_hours_only(family):
    parent, path = browser_of(family.parent), f"/children/{family.child.pk}/carer/"
    with time_machine.travel(at(12), tick=False):
        for user in (
            family.carer,
            family.stranger,
            family.academic.user,
            family.child.user,
            family.coordinator,
        ):
            assert browser_of(user).post(path).status_code == 404
        family.child.carer.delete()
        page = parent.post(path, {"name": "林奶奶", "relation": "奶奶"})
        code = page.context["way_in"].code
        assert "<img" in page.content.decode() and code in page.content.decode()
        grandmother, secret = Client(), {"secret": code, "login": "nainai"}
        chosen = {"password": "a quiet evening in spring", "again": "a quiet evening in spring"}
        grandmother.post("/join", {**secret, **chosen, "born": "2009-05-05"})
        assert grandmother.get("/").status_code == 302
        assert grandmother.post("/join", {**secret, **chosen, "born": "2009-05-04"}).status_code == 302
        home = grandmother.get("/").content.decode()
        assert "周三晚上7点 李老师" in home and "/history/" not in home
        assert "已经加入了" in parent.get(path).content.decode() and parent.post(path).status_code == 409
        Guardianship.objects.update(status="limited", status_reason="协议")
        assert parent.post(path).status_code == 404


def test_no_parent_lets_somebody_in_by_whom_they_would_see_another_child(family):
    """A carer of this child who is another's mother, this one's other parent, or the carer of others besides."""
    parent, path = browser_of(family.parent), f"/children/{family.child.pk}/carer/"
    aunt, theirs = family.child.carer.user, family.child
    aunt.set_unusable_password()
    aunt.save()
    with time_machine.travel(at(12), tick=False):
        cousin = Child.objects.create(
            roster_id="K-COUSIN",
            user=User.objects.create_user(name="林晚"),
            name="林晚",
            call_name="晚晚",
            grade=5,
            birth_date="2010-01-01",
            district=theirs.district,
        )
        link = Guardianship.objects.create(child=cousin, guardian=aunt, order=1)
        assert parent.post(path).status_code == 409
        link.delete()
        link = Guardianship.objects.create(
            child=theirs, guardian=aunt, order=2, status="suspended", status_reason="x"
        )
        assert parent.post(path).status_code == 409
        link.delete()
        cares = Carer.objects.create(child=cousin, user=aunt)
        assert parent.post(path).status_code == 409
        # Of two of one parent she is the grandmother of both.
        Guardianship.objects.create(child=cousin, guardian=family.parent, order=1)
        assert parent.post(path).status_code == 200
        Guardianship.objects.filter(child=cousin).update(status="limited", status_reason="x")
        assert parent.post(path).status_code == 409
        cares.delete()
        assert parent.post(path).status_code == 200


def test_who_met_before_a_long_holiday_has_met(family):
    together(family.rooms["academic"], at(19, day=19), 28)
    meeting = academic(family)
    Meeting.objects.filter(pk=meeting.pk).update(
        state=MeetingState.HELD, both_s=28 * 60, mentor_s=1680, child_s=1700, judged_at=at(20, day=19)
    )
    Meeting.objects.exclude(pk=meeting.pk).delete()
    for days in (3, 80):
        with time_machine.travel(at(12, day=19) + timedelta(days=days), tick=False):
            page = browser_of(family.parent).get("/").content.decode()
        assert "李老师和沐阳还没有见过面" not in page and "28分钟" in page.replace(" ", ""), days
        assert "王老师和沐阳还没有见过面" in page


@pytest.mark.parametrize("ends", ["by the coordinator", "by withdrawing"])
def test_a_way_in_that_a_parent_holds_ends_with_the_parent_s_own(family, ends):
    """Whoever is shut out must not come back as the grandmother they once let in."""
    family.child.carer.delete()
    other = User.objects.create_user(name="林爸爸")
    Guardianship.objects.create(child=family.child, guardian=other, order=2)
    with time_machine.travel(at(12), tick=False):
        path = f"/children/{family.child.pk}/carer/"
        code = browser_of(family.parent).post(path, {"name": "奶奶"}).context["way_in"].code
        others = invite(actor=family.coordinator, user=family.stranger, kind=Invitation.Kind.FAMILY)
        assert find(code) and find(others.code)
        if ends == "by withdrawing":
            withdraw_consent(actor=family.parent, child_id=family.child.pk)
        else:
            link = Guardianship.objects.get(guardian=family.parent)
            told = {"link_id": link.pk, "status": "suspended", "reason": "court"}
            set_guardian_status(actor=family.coordinator, **told)
        with pytest.raises(NoLongerValid):
            find(code)
        assert find(others.code)
        assert browser_of(other).post(path).context["way_in"].code


def test_whom_one_names_to_those_on_duty_is_shown_with_what_they_are_to_the_child(family):
    path = f"/children/{family.child.pk}/tell/"
    child, parent, mentor = (
        browser_of(user).get(path).content.decode()
        for user in (family.child.user, family.parent, family.wellbeing.user)
    )
    assert f"{family.academic.name}（学业导师）" in child and f"{family.parent.name}（家长）" in child
    assert f"{family.academic.name}（学业导师）" in parent and f"{family.parent.name}（" not in parent
    assert "家长也不会知道" in child and "家长也不会知道" in mentor
    assert "家长也不会知道" not in parent and "家里其他人也不会知道" in parent
    chosen = [re.findall(r'value="(\w+)"[^>]*\schecked', page) for page in (child, parent, mentor)]
    assert chosen == [["report"], [], []]


def test_a_telephone_that_is_handed_over_asks_the_child_by_name_and_says_nothing_in_the_address(family):
    family.child.user.login = "muyang"
    family.child.user.set_password("a quiet evening")
    family.child.user.save()
    carer, foreign = browser_of(family.carer), browser_of(family.academic.user)
    assert f'name="child" value="{family.child.pk}"' in (
        carer.get(f"/children/{family.child.pk}/hand-over/").content.decode()
    )
    for browser, called in ((carer, True), (foreign, False)):
        answer = browser.post("/sign-out/", {"child": family.child.pk})
        assert answer.headers["Location"] == "/sign-in/?left"
        assert ("请沐阳登录" in browser.get("/sign-in/?left").content.decode()) == called
    assert "muyang" not in carer.get("/sign-in/").content.decode()
    carer.post("/sign-in/", {"username": "muyang", "password": "a quiet evening"})
    assert carer.session["_auth_user_id"] == str(family.child.user_id)
    carer.post("/sign-out/")
    assert "请沐阳登录" not in carer.get("/sign-in/").content.decode()


def test_what_was_done_and_what_was_called_off_stand_above_the_month(family):
    """The first view of a mother: did somebody come, what was done, when next, and that nobody comes tonight."""
    together(family.rooms["academic"], at(19, day=19), 28)
    meeting = academic(family)
    Meeting.objects.filter(pk=meeting.pk).update(
        state=MeetingState.HELD, both_s=28 * 60, mentor_s=1680, child_s=1700, judged_at=at(20, day=19)
    )
    talk = Meeting.objects.filter(pairing__role="wellbeing").earliest("start")
    with time_machine.travel(at(10, day=20), tick=False):
        cancel_meeting(actor=family.wellbeing.user, meeting_id=talk.pk)
        home = browser_of(family.parent).get("/").content.decode()
        first, month = home.split("<table", 1)
        assert "分数。" in first and "今晚7点和" in first and "的见面取消了。" in first
        assert f"/meetings/{talk.pk}/" in first and "分数。" not in month
        for who in (family.carer, family.child.user, family.wellbeing.user):
            assert "的见面取消了" in browser_of(who).get("/").content.decode()
        assert "分数" not in browser_of(family.carer).get("/").content.decode()


def test_who_is_with_the_child_is_called_as_the_child_calls_them(family):
    User.objects.filter(pk=family.carer.pk).update(name="王秀英")
    for teller in (family.child.user, family.parent, family.academic.user):
        page = browser_of(teller).get(f"/children/{family.child.pk}/tell/").content.decode()
        assert "王秀英（奶奶）" in page
    Carer.objects.update(relation="")
    page = browser_of(family.child.user).get(f"/children/{family.child.pk}/tell/").content.decode()
    assert "王秀英（在家照看孩子的人）" in page
