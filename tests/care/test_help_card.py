"""What the Help page tells a child after somebody took it: where they are, who goes on, and that it is done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.care.alerts import ask_for_help, pass_on, take_case
from backend.care.cases import close_case, seal_case
from backend.care.helping import card_for
from backend.care.models import Case
from backend.care.rota import keep_watch
from chat.models import Attendance
from chat.protocol import Side
from tests.care.on_duty import later, put_on_duty
from tests.care.test_told_in_the_room import say
from tests.web.test_family import browser_of

pytestmark = pytest.mark.django_db
NEVER, DONE, SLIP = "你还没有找过老师", "孙老师已经处理好了。还需要人吗？", "没事了，点错了"


@pytest.fixture(autouse=True)
def _open(settings) -> None:
    settings.ROOMS_ALWAYS_OPEN = True


def page(family) -> str:
    """The whole page, and the card that it asks for again: of one mind."""
    child = browser_of(family.child.user)
    whole = child.get("/help/now/").content.decode()
    card = child.get("/help/now/", headers={"Asks-Again": "1"}).content.decode()
    assert card.strip() in whole
    return whole


def test_a_helped_child_reads_that_it_was_helped_and_after_some_hours_no_more(family, counsellor, lead):
    assert NEVER in page(family)
    alert = ask_for_help(actor=family.child.user)
    take_case(actor=counsellor, case_id=alert.case_id)
    close_case(actor=lead, case_id=alert.case_id, outcome="unfounded")
    told = page(family)
    assert DONE in told and NEVER not in told and SLIP not in told and 'href="/help/"' in told
    assert "处理好了" not in browser_of(family.child.user).get("/").content.decode()
    seal_case(actor=lead, case_id=alert.case_id)
    assert NEVER in page(family)
    Case.objects.update(sealed_at=None)
    again = ask_for_help(actor=family.child.user)
    assert again.case_id != alert.case_id and "处理好了" not in page(family)
    take_case(actor=lead, case_id=again.case_id)
    close_case(actor=lead, case_id=again.case_id, outcome="settled")
    assert "何老师已经处理好了" in page(family)
    assert [card_for(family.child, later(60 * hours)).state for hours in (11, 13)] == ["settled", "nothing"]


def test_what_nobody_had_taken_was_looked_after_by_nobody(family, counsellor, lead):
    alert = ask_for_help(actor=family.child.user)
    take_case(actor=counsellor, case_id=alert.case_id)
    close_case(actor=lead, case_id=alert.case_id, outcome="settled")
    Case.objects.update(owner=None)
    assert NEVER in page(family)


def test_who_comes_and_is_the_child_s_mentor_comes_into_their_room(family, counsellor):
    mentor, room = family.wellbeing.user, family.rooms["wellbeing"]
    door, waits, wrote = f'href="/rooms/{room.pk}/"', "王老师在你们的房间等你", "王老师在你们的房间给你写了话"
    put_on_duty(mentor)
    say(family, "早上写的", side=Side.MENTOR)
    alert = ask_for_help(actor=family.child.user)
    take_case(actor=mentor, case_id=alert.case_id)
    told = page(family)
    assert "王老师看到了，会来找你" in told and door not in told and "房间" not in told
    now = timezone.now()
    sits = Attendance.objects.create(
        room=room, side=Side.MENTOR, token="0" * 32, since=now - timedelta(minutes=1), last_seen_at=now
    )
    assert door in page(family) and waits in page(family)
    Attendance.objects.filter(pk=sits.pk).update(last_seen_at=now - timedelta(seconds=50))
    assert door not in page(family)
    say(family, "沐阳，我在", side=Side.MENTOR)
    told = page(family)
    assert door in told and wrote in told and waits not in told
    assert door in browser_of(family.child.user).get("/").content.decode().split("<section")[0]
    Case.objects.update(sealed_at=now)
    assert door not in page(family)


def test_a_counsellor_who_is_no_mentor_of_the_child_has_no_door(family, counsellor):
    say(family, "在吗", side=Side.MENTOR)
    alert = ask_for_help(actor=family.child.user)
    say(family, "我在", side=Side.MENTOR)
    take_case(actor=counsellor, case_id=alert.case_id)
    assert "孙老师看到了" in page(family) and "/rooms/" not in page(family)


def test_passed_on_the_child_reads_who_asked_the_next_one(family, counsellor, lead):
    alert = ask_for_help(actor=family.child.user)
    keep_watch(actor=counsellor, now=timezone.now())
    assert "正在告诉值班的孙老师" in page(family)
    take_case(actor=counsellor, case_id=alert.case_id)
    # Some minutes later: what is late counts from the passing on.
    alert.refresh_from_db()
    alert.raised_at -= timedelta(minutes=20)
    alert.save(update_fields=["raised_at"])
    alert.wakes.update(made_at=alert.raised_at)
    pass_on(actor=counsellor, case_id=alert.case_id, note="我要去接另一个孩子")
    told = page(family)
    assert "孙老师请值班老师接着来" in told and "还没有人接" not in told and "正在告诉" not in told
    keep_watch(actor=lead, now=timezone.now())
    assert "孙老师请何老师接着来" in page(family)
    Case.objects.update(sealed_at=timezone.now())
    assert "接着来" not in page(family)
    Case.objects.update(sealed_at=None)
    take_case(actor=lead, case_id=alert.case_id)
    assert "何老师看到了" in page(family) and "接着来" not in page(family)
