"""Reading in an emergency, on the pages: what who asks is told, and what an empty range says."""

import pytest

from backend.accounts.models import User
from backend.care.models import Reading
from backend.care.readings import ask_in_emergency, decide_reading
from chat.rules.times import local_day
from tests.care.emergency import DAY, NOW, say
from tests.care.test_rules import REASON

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
