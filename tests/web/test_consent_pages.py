"""The pages on which a family decides: consent, reading along, stopping; and the coordinator's of a guardian."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.rosters.models import Child, Consent, Guardianship
from chat.acts import Arrive
from chat.models import Reader, Session
from chat.protocol import Side
from chat.record import perform
from chat.rooms import close_rooms
from matching.models import Pairing
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def browser_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_guardian_withdraws_in_two_taps_reads_what_it_means_and_agrees_again(family):
    parent, child = browser_of(family.parent), family.child.pk
    home = text_of(parent.get("/"))
    assert f"/children/{child}/consent/" in home
    page = text_of(parent.get(f"/children/{child}/consent/"))
    assert "已有纸质同意书：2020年2月1日" in page and "我看过了" not in page
    assert f"/children/{child}/consent/withdraw/" in page
    meaning = text_of(parent.get(f"/children/{child}/consent/withdraw/"))
    assert "两位老师马上结束" in meaning and Pairing.objects.live().count() == 2, "looking changes nothing"
    after = text_of(parent.post(f"/children/{child}/consent/withdraw/", follow=True))
    assert "两位老师已经结束" in after and "我看过了，同意" in after
    assert not Pairing.objects.live().exists()
    assert "没有有效的同意" in text_of(parent.get("/"))
    again = text_of(parent.post(f"/children/{child}/consent/give/", follow=True))
    assert "您已经在这里同意了：2020年2月17日" in again
    assert Consent.objects.filter(withdrawn_on=None).count() == 1


def test_one_of_two_is_told_that_the_mentors_stay_and_finds_the_way_back(family):
    Guardianship.objects.create(child=family.child, guardian=User.objects.create_user(name="林爸爸"), order=2)
    parent, child = browser_of(family.parent), family.child.pk
    assert "老师不变" in text_of(parent.get(f"/children/{child}/consent/withdraw/"))
    parent.post(f"/children/{child}/consent/withdraw/")
    home = text_of(parent.get("/"))
    assert re.findall(r"/children/\d+/[a-z/-]+", home) == [f"/children/{child}/consent/"]
    assert "李老师" not in home and parent.get(f"/children/{child}/history/").status_code == 404
    page = text_of(parent.get(f"/children/{child}/consent/"))
    assert "您已经撤回了同意" in page and "2020" not in page.split("<main")[1].split("</main")[0]
    parent.post(f"/children/{child}/consent/give/")
    assert "下次" in text_of(parent.get("/"))


def test_the_child_is_asked_in_plain_words_says_yes_and_takes_it_back_with_one_tap(family):
    parent, child = browser_of(family.parent), browser_of(family.child.user)
    path = f"/children/{family.child.pk}/read-along/"
    assert "问问沐阳" in text_of(parent.get(path))
    assert "还没有回答" in text_of(parent.post(path, follow=True))
    home, reader = text_of(child.get("/")), Reader.objects.get()
    assert "家长想看看你和教你功课的老师说的话，可以吗？说“不”也没关系" in home and "林医生" not in home
    child.post(f"/readers/{reader.pk}/", {"agree": "yes"})
    assert f"/rooms/{reader.room_id}/" in text_of(parent.get(path))
    for who in (parent, browser_of(family.academic.user), child):
        assert "沐阳的一位家长" in text_of(who.get(f"/rooms/{reader.room_id}/"))
    home = text_of(child.get("/"))
    assert "家长能看这里的话。" in home and "不让看了" in home
    child.post(f"/readers/{reader.pk}/", {"agree": "no"})
    assert parent.get(f"/rooms/{reader.room_id}/").status_code == 404
    assert (
        "家长"
        not in text_of(browser_of(family.academic.user).get(f"/rooms/{reader.room_id}/")).split("<script")[0]
    )
    assert "请过一个月再问" in text_of(parent.post(path, follow=True))


@pytest.mark.parametrize(
    ("other", "asks"),
    [("王建国", "家长（姓林）想看看你"), ("林建国", "林医生想看看你"), ("欧阳明", "家长（姓欧阳）想看看你")],
)
def test_of_two_parents_who_ask_the_child_reads_which(family, other, asks):
    """By the family name; by the whole one only where that is the same."""
    second = User.objects.create_user(name=other)
    Guardianship.objects.create(child=family.child, guardian=second, order=2)
    for who in (family.parent, second):
        browser_of(who).post(f"/children/{family.child.pk}/read-along/")
    home = text_of(browser_of(family.child.user).get("/"))
    assert asks in home and (other in home) == (other == "林建国")


def test_a_nonsense_answer_is_a_no(family):
    parent, child = browser_of(family.parent), browser_of(family.child.user)
    parent.post(f"/children/{family.child.pk}/read-along/")
    child.post(f"/readers/{Reader.objects.get().pk}/", {"agree": "maybe"})
    assert Reader.objects.get().end == "refused"


@pytest.mark.parametrize(
    ("born", "words"), [(date(2009, 5, 4), "一天之内"), (date(2005, 5, 4), "现在就结束")]
)
def test_a_child_stops_or_asks_to_in_two_taps_and_is_told_what_happens(family, born, words):
    Child.objects.update(birth_date=born)
    child, path = browser_of(family.child.user), f"/children/{family.child.pk}/stop/"
    assert path in text_of(child.get("/"))
    assert words in text_of(child.get(path)) and Pairing.objects.live().count() == 2
    after = text_of(child.post(path, follow=True))
    if born.year == 2005:
        assert not Pairing.objects.live().exists() and "你已经退出了，想回来随时可以" in after
        home = text_of(child.get("/"))
        assert "不想参加了" not in home
        assert re.search(rf'class="button button-primary"[^>]*href="{path}">我想回来', home)
        assert "想回来吗" in text_of(child.get(path))
        child.post(f"/children/{family.child.pk}/come-back/")
        assert Child.objects.publishable().exists()
    else:
        assert Pairing.objects.live().count() == 2 and "一天之内会有老师来找你" in after
        assert "你告诉过我们" in text_of(child.get(path))


def test_a_coordinator_sees_who_consented_how_and_changes_what_a_guardian_may_see(family):
    desk, link = browser_of(family.coordinator), Guardianship.objects.get()
    page = text_of(desk.get(f"/children/{family.child.pk}/"))
    assert "纸质" in page and f"/guardians/{link.pk}/" in page
    assert "家长能看的都能看" in text_of(desk.get(f"/guardians/{link.pk}/"))
    refused = desk.post(f"/guardians/{link.pk}/", {"status": "suspended"})
    link.refresh_from_db()
    assert refused.context["form"].errors["reason"] and link.status == "active"
    desk.post(f"/guardians/{link.pk}/", {"status": "suspended", "reason": "court"})
    link.refresh_from_db()
    assert link.status == "suspended"
    assert "沐阳" not in text_of(browser_of(family.parent).get("/"))
    own = browser_of(family.child.user).get(f"/children/{family.child.pk}/").content.decode()
    assert f"/guardians/{link.pk}/" not in own and "suspended" not in own


def test_a_carer_stays_when_the_parent_is_shut_out_and_a_coordinator_can_end_that(family):
    desk, link, carer = browser_of(family.coordinator), Guardianship.objects.get(), family.child.carer
    desk.post(f"/guardians/{link.pk}/", {"status": "suspended", "reason": "court"})
    assert "沐阳" in text_of(browser_of(family.carer).get("/"))
    page = text_of(desk.get(f"/guardians/{link.pk}/"))
    assert family.carer.name in page and "不影响这位照护人" in page
    path = f"/carers/{carer.pk}/end/"
    for other in (family.parent, family.carer, family.child.user):
        assert browser_of(other).post(path).status_code == 404
    assert path in page and desk.post(path).url == f"/children/{family.child.pk}/"
    assert "沐阳" not in text_of(browser_of(family.carer).get("/"))
    assert Entry.objects.get(action="carer.ended").actor_id == family.coordinator.pk
    assert desk.post(path).status_code == 404


def test_after_a_withdrawal_everybody_s_page_says_how_it_stands(family):
    room = family.rooms["academic"]
    with time_machine.travel(at(19, day=19), tick=False):
        perform([Arrive(room.pk, side, uuid4()) for side in Side], now=at(19, day=19))
        assert "正在见面" in browser_of(family.parent).get("/").content.decode()
        browser_of(family.parent).post(f"/children/{family.child.pk}/consent/withdraw/")
        assert not Pairing.objects.live().exists()
        Session.objects.update(ended_at=None, why="", decided_at=None, meeting=None)  # left behind
        assert "正在见面" not in browser_of(family.parent).get("/").content.decode()
        child = browser_of(family.child.user)
        page = child.get("/").content.decode()
        assert "现在先停一停" in page and "正在给你找" not in page
        path = f"/children/{family.child.pk}/history/"
        assert path in page and child.get(path).status_code == 200
        assert "目前没有安排见面。" in browser_of(family.carer).get("/").content.decode()


def test_a_child_without_mentors_and_with_a_consent_is_told_that_they_are_being_found(family):
    close_rooms([room.pairing_id for room in family.rooms.values()], at(13))
    Pairing.objects.update(ended_at=at(13), end_reason="round")
    assert "现在先停一停" not in browser_of(family.child.user).get("/").content.decode()
    Consent.objects.all().delete()
    assert "现在先停一停" not in browser_of(family.child.user).get("/").content.decode()


def test_the_guardian_is_told_the_child_s_answer_where_they_asked(family):
    parent, child = browser_of(family.parent), browser_of(family.child.user)
    path = f"/children/{family.child.pk}/read-along/"
    with time_machine.travel(at(12), tick=False):
        parent.post(path)
        child.post(f"/readers/{Reader.objects.get().pk}/", {"agree": "yes"})
        assert "沐阳同意了（2020年2月17日 周一）。" in parent.get(path).content.decode()
        child.post(f"/readers/{Reader.objects.get().pk}/", {"agree": "no"})
        page = parent.get(path).content.decode()
        assert (
            "沐阳这次不太想。2020年3月18日 周三以后可以再问。" in page
            and "<button" not in page.split("<main")[1].split("</main")[0]
        )
    with time_machine.travel(at(13, day=17) + timedelta(days=30), tick=False):
        assert "这次不太想" not in parent.get(path).content.decode()


def test_a_coordinator_s_home_tells_who_stopped_and_who_withdrew_from_who_never_consented(family):
    coordinator = browser_of(family.coordinator)
    Consent.objects.update(withdrawn_on=date(2020, 2, 10))
    page = coordinator.get("/").content.decode()
    assert "有 1 名学生的监护人撤回了同意。" in page and "还没有监护人同意" not in page
    Child.objects.update(stopped_at=at(10))
    page = coordinator.get("/").content.decode()
    assert "有 1 名学生自己决定不再参加。" in page and "撤回了同意" not in page
    Child.objects.update(stopped_at=None)
    Consent.objects.all().delete()
    page = coordinator.get("/").content.decode()
    assert "撤回了同意" not in page and "自己决定" not in page and "有 1 名学生还没有监护人同意" in page
