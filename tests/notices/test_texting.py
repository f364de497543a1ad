"""SMS for who has a telephone and no e-mail address: the same rations, no names, and never twice by two ways."""

import json
from typing import Any

import pytest

from backend.notices import letters
from backend.notices.kinds import Audience
from backend.notices.models import Letter, Notice
from backend.web.views import demo_door
from tests.care.test_waking import Pager
from tests.chat.people import Family, at
from tests.notices.conftest import waiting, work
from tests.notices.test_one_a_day import MISSED, MOVED, tell

pytestmark = pytest.mark.django_db
PHONE = "13800000007"


@pytest.fixture
def gateway(settings: Any, family: Family) -> Any:
    Notice.objects.all().delete()
    made = Pager()
    made.works = True
    settings.SMS_URL = made.url
    family.parent.email, family.parent.phone = None, PHONE
    family.parent.save()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_who_has_no_e_mail_gets_one_sms_in_the_evening_that_names_nobody(
    family: Family, gateway: Any, caplog: Any
) -> None:
    tell(family, at(10), MISSED)
    tell(family, at(11), MISSED)
    assert work(at(12)) == [] and gateway.calls == []
    went = work(at(20.6))
    assert [call["phone"] for call in gateway.calls] == [PHONE]
    assert gateway.calls[0]["text"] == "【双导】有一次没有见到，请看 https://pairs.example/notices/"
    assert family.parent.email not in [each.to for each in went] and work(at(21)) == []
    tell(family, at(21), MISSED)
    work(at(22))
    assert len(gateway.calls) == 1, "one a day"
    assert PHONE not in caplog.text


def test_a_gateway_that_is_away_holds_up_no_e_mail_and_loses_nothing(
    family: Family, gateway: Any, caplog: Any
) -> None:
    gateway.works = False
    tell(family, at(10), MISSED)
    tell(family, at(20.5), MOVED, who=family.academic.user, audience=Audience.MENTOR)
    assert [each.to for each in work(at(20.6))] == [[family.academic.user.email]]
    assert waiting() == 1 and "failed 1 times: HTTPError" in caplog.text and PHONE not in caplog.text
    gateway.works = True
    work(at(20.7))
    token = str(Letter.objects.get(person=family.parent).token)
    assert [call["token"] for call in gateway.calls] == [token] and waiting() == 0


def test_where_none_are_set_up_what_waits_for_a_telephone_is_over(
    family: Family, gateway: Any, settings: Any
) -> None:
    settings.SMS_URL = None
    tell(family, at(10), MISSED)
    work(at(20.6))
    assert gateway.calls == [] and not Letter.objects.filter(person=family.parent).exists()


def test_the_demonstration_keeps_them_for_its_own_page_only(
    family: Family, gateway: Any, settings: Any, tmp_path: Any, rf: Any, client: Any, caplog: Any
) -> None:
    settings.SMS_URL, settings.SMS_FOLDER = None, tmp_path / "sms"
    tell(family, at(10), MISSED)
    work(at(20.6))
    (kept,) = settings.SMS_FOLDER.iterdir()
    assert json.loads(kept.read_text())["phone"] == PHONE and PHONE not in caplog.text
    assert client.get("/outbox/").status_code == 404
    settings.DEMO = True
    page = client.get("/outbox/").content.decode()
    assert "138 0000 0007" in page and "没有见到" in page and "沐阳" not in page
    assert client.get("/outbox/", REMOTE_ADDR="10.1.2.3").status_code == 404
    assert letters.work_off() is False and demo_door.is_open(rf.get("/"))


def test_an_address_that_sends_elsewhere_has_taken_nothing(family: Family, gateway: Any) -> None:
    """What follows such an answer is a GET without a word of the SMS, whatever it is answered."""
    gateway.moved_to = "/elsewhere"
    tell(family, at(10), MISSED)
    work(at(20.6))
    assert gateway.calls == [] and waiting() == 1
    gateway.moved_to = None
    work(at(20.7))
    assert len(gateway.calls) == 1 and waiting() == 0
