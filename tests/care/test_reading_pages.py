"""Reading in an emergency, on the pages: what who asks is told, and what an empty range says."""

from datetime import timedelta

import pytest
import time_machine

from backend.accounts.models import User
from backend.care.models import Reading
from backend.care.readings import ask_in_emergency, decide_reading
from chat.rules.times import local_day
from tests.care.emergency import DAY, NOW, ask, say
from tests.care.test_rules import REASON
from tests.web.test_family import browser_of

pytestmark = pytest.mark.usefixtures("clock")


def asked_of_page(client, room, **more):
    given = {"code": "danger", "first_day": "2020-02-13", "last_day": "2020-02-19", "reason": REASON}
    return client.post(f"/rooms/{room.pk}/ask/", {**given, **more}, follow=True).content.decode()


def test_who_asks_is_told_truly_whether_anybody_may_decide(family, lead, client):
    User.objects.filter(is_coordinator=True).exclude(pk=lead.pk).update(is_active=False)
    client.force_login(lead)
    room = family.rooms["academic"]
    assert client.get(f"/rooms/{room.pk}/ask/").context["form"]["first_day"].value() == local_day(
        NOW - 6 * DAY
    )
    page = asked_of_page(client, room)
    assert "现在没有第二位可以审核的人，请先邀请一位。" in page and "已通知" not in page
    assert "您有 1 条紧急查看申请在等第二个人审核。" in client.get("/").content.decode()
    Reading.objects.all().delete()
    User.objects.create_user(name="吴桐", login="co2", is_coordinator=True)
    page = asked_of_page(client, room)
    assert "已通知" in page and "现在没有第二位" not in page


def test_empty_days_are_said_to_be_empty_and_lead_back(family, lead, second_lead, client):
    room = family.rooms["academic"]
    say(room, 5, "五天前说的。", 1)
    reading = ask_in_emergency(
        actor=lead,
        room_id=room.pk,
        first_day=local_day(NOW),
        last_day=local_day(NOW),
        code="danger",
        reason=REASON,
    )
    decide_reading(actor=second_lead, reading_id=reading.pk, approve=True)
    client.force_login(lead)
    page = client.get(f"/rooms/{room.pk}/").content.decode()
    assert "这几天没有人说话；其他日期要另外申请。" in page and "还没有说过话" not in page
    assert 'href="/readings/"' in page


def test_what_waits_and_what_is_open_stand_first_at_home_and_once_on_the_page(
    family, lead, second_lead, client
):
    reading = ask(lead, family.rooms["academic"])

    def first_card(user):
        page = browser_of(user).get("/").content.decode()
        part = browser_of(user).get("/", headers={"Asks-Again": "1"}).content.decode()
        main = page[page.index("<main") :]
        at = main.find("紧急查看</h2>")
        assert (at >= 0) is ("紧急查看</h2>" in part)
        if at < 0:
            return ""
        assert main[:at].count("<section") == 1, "it is the first card"
        return main[at : main.index("</section>", at)]

    decides = first_card(second_lead)
    assert "有 1 份紧急查看申请等待您审核" in decides and first_card(lead) == ""
    assert browser_of(second_lead).get("/readings/").content.decode().count(REASON) == 1
    decide_reading(actor=second_lead, reading_id=reading.pk, approve=True)
    reads = first_card(lead)
    assert "20:00" in reads and f'href="/rooms/{reading.room_id}/"' in reads and first_card(second_lead) == ""
    page = browser_of(lead).get("/readings/").content.decode()
    assert page.count("林沐阳0") == 1 and f'href="/rooms/{reading.room_id}/"' in page
    assert browser_of(second_lead).get("/readings/").content.decode().count(REASON) == 1
    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        assert first_card(lead) == ""
