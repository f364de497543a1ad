"""What the child's own page says once a person has taken what it said, or its asking; and that it was a slip."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from backend.audit.models import Entry
from backend.care.alerts import (
    add_note,
    ask_for_help,
    pass_on,
    say_it_was_a_slip,
    take_case,
    tell_those_on_duty,
)
from backend.care.cases import close_case, seal_case
from backend.care.helping import card_for
from backend.care.models import Alert, Case, Note, Wake
from backend.errors import NotYours
from chat.acts import Speak
from chat.models import Event
from chat.protocol import Side
from chat.record import perform
from chat.writer import _looked_at
from tests.care.on_duty import called, later
from tests.web.test_family import browser_of

pytestmark = pytest.mark.django_db
S1, A1, B1 = "我不想活了", "爸爸又打我", "他们都孤立我"
COMES, OFFERED, DUTY_SEES = "看到了，会来找你", "谢谢你愿意说出来。", "值班老师也会看到这句话"
ASKED = "你已经叫了人：看看谁会来"


@pytest.fixture(autouse=True)
def _open(settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = True


def say(family, body: str, role: str = "wellbeing", side: Side = Side.CHILD) -> None:
    act = _looked_at(Speak(family.rooms[role].pk, side, str(uuid4()), body))
    perform([act], now=later(0))


def asked(family, role: str = "wellbeing", shown: str = "") -> tuple[int, str]:
    """What the room's page is answered when it asks; shown: whether it says already that somebody has taken it."""
    query = {"shown": shown} if shown else {}
    answer = browser_of(family.child.user).get(f"/help/offered/{family.rooms[role].pk}/", query)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("body", [S1, B1])
def test_who_has_taken_it_is_said_where_it_was_said_and_only_while_it_is_so(family, counsellor, lead, body):
    assert "data-every" not in asked(family)[1]  # nobody was called: the page need not ask again by itself
    say(family, body)
    alert = Alert.objects.get()
    first = asked(family)[1]
    assert OFFERED in first and "#numbers" in first and COMES not in first and "shown=0" in first
    assert asked(family, shown="0w") == (204, "")
    taker = counsellor if body == S1 else family.wellbeing.user
    take_case(actor=taker, case_id=alert.case_id)
    status, told = asked(family, shown="0w")
    assert status == 200 and COMES in told and taker.name[0] in told and OFFERED not in told
    assert asked(family, shown="1")[0] == 204
    assert COMES not in asked(family, "academic")[1], "in the other room nothing was said"
    if body == S1:
        pass_on(actor=counsellor, case_id=alert.case_id, note="我要去接另一个孩子")
        assert COMES not in asked(family, shown="1")[1]
        take_case(actor=lead, case_id=alert.case_id)
        assert f"何老师{COMES}" in asked(family)[1]
        close_case(actor=lead, case_id=alert.case_id, outcome="settled")
        status, told = asked(family, shown="1")
        assert status == 200 and COMES not in told and "data-every" not in told


def test_help_stays_offered_until_somebody_has_taken_what_was_said(family, counsellor, lead):
    """After a reload too, which asks without saying what it shows; and again with each such sentence."""
    say(family, S1)
    for _reload in range(3):
        told = asked(family)[1]
        assert OFFERED in told and DUTY_SEES in told and "shown=0w" in told
    assert asked(family, shown="0w") == (204, ""), (
        "it stands there already, and is not read out every five seconds"
    )
    say(family, "我真的不想活了")
    assert Alert.objects.count() == 1, "the same alert"
    assert OFFERED in asked(family, shown="0w")[1]
    assert OFFERED not in asked(family, "academic")[1]
    take_case(actor=counsellor, case_id=Alert.objects.get().case_id)
    assert OFFERED not in asked(family, shown="0w")[1] and OFFERED not in asked(family)[1]
    pass_on(actor=counsellor, case_id=Alert.objects.get().case_id, note="我要去接另一个孩子")
    assert OFFERED in asked(family)[1], "nobody has it any more"
    seal_case(actor=lead, case_id=Alert.objects.get().case_id)
    assert OFFERED not in asked(family)[1]


def test_that_those_on_duty_see_it_is_said_only_where_they_are_called(family, counsellor, lead):
    for body in (B1, A1):  # a mentor has the first, leads alone the second
        say(family, body)
        told = asked(family)[1]
        assert OFFERED in told and DUTY_SEES not in told


def test_newer_danger_that_nobody_has_looked_at_is_not_said_to_be_seen(family, counsellor):
    say(family, S1)
    take_case(actor=counsellor, case_id=Alert.objects.get().case_id)
    say(family, "我写好遗书了")
    assert COMES not in asked(family)[1]
    take_case(actor=counsellor, case_id=Alert.objects.last().case_id)
    assert COMES in asked(family)[1]


def test_of_what_is_sealed_the_page_says_nothing(family, lead):
    say(family, A1)
    take_case(actor=lead, case_id=Alert.objects.get().case_id)
    assert Case.objects.get().is_sealed
    told = asked(family)[1]
    assert OFFERED in told and "看到了" not in told and "data-every" not in told


def test_asked_from_the_help_page_it_is_said_in_the_room_too(family, counsellor):
    assert ASKED not in asked(family)[1]
    alert = ask_for_help(actor=family.child.user)
    told = asked(family)[1]
    assert COMES not in told and ASKED in told and 'href="/help/now/"' in told and OFFERED not in told
    assert asked(family, shown="0a")[0] == 204
    say_it_was_a_slip(actor=family.child.user)
    assert ASKED not in asked(family)[1]
    take_case(actor=counsellor, case_id=alert.case_id)
    assert f"孙老师{COMES}" in asked(family)[1] and f"孙老师{COMES}" in asked(family, "academic")[1]


def test_a_slip_is_told_to_those_who_were_called_and_ends_nothing(family, counsellor, lead):
    child = browser_of(family.child.user)
    slip = "没事了，点错了"
    assert slip not in child.get("/help/now/").content.decode()
    child.post("/help/slip/")  # nobody was called
    assert not Note.objects.exists()
    alert = ask_for_help(actor=family.child.user)
    assert slip in child.get("/help/now/").content.decode()
    for _twice in range(2):
        assert child.post("/help/slip/").url == "/help/now/"
    assert Note.objects.get().kind == "slip" and Entry.objects.filter(action="case.said_a_slip").count() == 1
    alert.refresh_from_db()
    assert alert.answered_at is None and alert.climbs_at is not None and alert.case.closed_at is None
    home = child.get("/").content.decode()
    assert "你说没事了" in home and "你说想找人聊聊" not in home
    page = child.get("/help/now/").content.decode()
    assert card_for(family.child, later(0)).slip and "你说没事了" in page and slip not in page
    duty = browser_of(counsellor)
    assert "孩子说点错了" in duty.get("/duty/standing/").content.decode()
    assert slip in duty.get(f"/cases/{alert.case_id}/").content.decode()
    # After all it was none.
    again = ask_for_help(actor=family.child.user)
    assert again != alert and again.case_id == alert.case_id and called(again) == ["孙老师"]
    assert not card_for(family.child, later(0)).slip
    assert "孩子说点错了" not in duty.get("/duty/standing/").content.decode()
    for other in (family.parent, family.wellbeing.user, counsellor):
        with pytest.raises(NotYours):
            say_it_was_a_slip(actor=other)


def test_from_the_case_leads_a_way_into_the_room_to_whom_it_belongs_and_to_nobody_else(
    family, counsellor, lead
):
    say(family, "我用圆规划自己")  # to the wellbeing mentor and the counsellors
    alert = Alert.objects.get()
    assert sorted(called(alert)) == sorted([family.wellbeing.user.name, "孙老师"])
    way = f'href="/rooms/{family.rooms["wellbeing"].pk}/"'
    for user, leads in ((family.wellbeing.user, True), (counsellor, False), (lead, False)):
        page = browser_of(user).get(f"/cases/{alert.case_id}/").content.decode()
        assert (way in page) is leads and f"/rooms/{family.rooms['academic'].pk}/" not in page


def test_lines_around_two_alerts_that_lie_together_stand_once_each_with_its_day(family, counsellor):
    for body in ("晚上好", S1, "嗯", "我写好遗书了", "再见"):
        say(family, body)
    case = Alert.objects.first().case
    assert case.alerts.count() == 2
    page = browser_of(counsellor).get(f"/cases/{case.pk}/").content.decode()
    assert [page.count(f">{body}<") for body in ("晚上好", "嗯", "再见", S1)] == [1, 1, 1, 1]
    assert page.count("notice-warning") == 2 and page.count("前后的话") == 1
    said = Event.objects.filter(kind="msg").first()
    local = f"{timezone.localtime(said.at).month}月"
    lines = page[page.index("晚上好") - 200 : page.index("晚上好")]
    assert local in lines, "a time without its day"


def test_nobody_is_said_to_come_who_can_t_or_has_telephoned_or_took_it_long_ago(family, counsellor, lead):
    say(family, "我用圆规划自己")
    alert, mentor = Alert.objects.get(), family.wellbeing.user
    take_case(actor=mentor, case_id=alert.case_id)
    assert COMES in asked(family)[1]
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert COMES not in asked(family)[1]
    with transaction.atomic():
        report = {"child_id": family.child.pk, "kind": "report", "words": "他摸我", "named": mentor.pk}
        tell_those_on_duty(actor=family.child.user, **report)
        assert COMES not in asked(family)[1], "whom the child reports"
        transaction.set_rollback(True)
    add_note(actor=mentor, case_id=alert.case_id, kind="call", body="打过电话了")
    assert COMES not in asked(family)[1]


def test_help_and_slip_in_turns_ring_again_but_not_without_end(family, counsellor, lead):
    for _turn in range(6):
        ask_for_help(actor=family.child.user)
        say_it_was_a_slip(actor=family.child.user)
    assert Wake.objects.filter(person=counsellor).count() == 3
    again = ask_for_help(actor=family.child.user)
    assert not card_for(family.child, timezone.now()).slip and again.case.alerts.count() == 3
