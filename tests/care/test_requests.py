"""请联系我: asked once, with a time that is kept or shown as late, and answered once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from backend.care.models import CallRequest
from backend.care.requests import (
    AsksAlready,
    answer_call,
    answer_time,
    ask_to_be_rung,
    calls_to_make,
    take_back_call,
)
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import Guardianship
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "by"),
    [(3, 12), (6, 20), (13.9, 20), (14, 36), (23, 36)],  # hours of the day; 36 is noon tomorrow
)
def test_the_time_that_is_promised_is_never_more_than_a_day_away(asked: float, by: float) -> None:
    assert answer_time(at(asked)) == at(0) + timedelta(hours=by)


def test_who_may_ask_asks_once_and_one_coordinator_answers(settings) -> None:
    family = add_family(1)
    carer = family.child.carer.user
    for person in (family.parent, family.academic.user, carer):
        asked = ask_to_be_rung(actor=person, topic="hour")
        assert asked.answer_by > asked.asked_at
        with pytest.raises(AsksAlready):
            ask_to_be_rung(actor=person, topic="other")
    with pytest.raises(Invalid):
        ask_to_be_rung(actor=family.parent, topic="love")
    for person in (family.child.user, family.stranger):
        with pytest.raises(NotYours):
            ask_to_be_rung(actor=person, topic="hour")
        with pytest.raises(NotYours):
            calls_to_make(person)
    family.child.guardianships.update(status="suspended", status_reason="court")
    with pytest.raises(NotYours):
        ask_to_be_rung(actor=family.parent, topic="hour")
    first = calls_to_make(family.coordinator)[0]
    with pytest.raises(Invalid):
        answer_call(actor=family.coordinator, request_id=first.pk, outcome="")
    with pytest.raises(NotYours):
        answer_call(actor=family.academic.user, request_id=first.pk, outcome="reached")
    answer_call(actor=family.coordinator, request_id=first.pk, outcome="reached")
    with pytest.raises(Conflict):
        answer_call(actor=family.coordinator, request_id=first.pk, outcome="not_reached")
    assert calls_to_make(family.coordinator).count() == 2
    with pytest.raises(Invalid):
        answer_call(
            actor=family.coordinator, request_id=calls_to_make(family.coordinator)[0].pk, outcome="taken_back"
        )
    assert CallRequest.objects.get(pk=first.pk).outcome == "reached"
    for wrong in (
        {"answered_at": timezone.now()},
        {"answer_by": timezone.now() - timedelta(days=1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CallRequest.objects.filter(answered_at=None).update(**wrong)


def test_who_asked_takes_it_back_and_may_ask_about_something_else(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    family, mentor = add_family(1), Client()
    mentor.force_login(family.academic.user)
    other = ask_to_be_rung(actor=family.child.carer.user, topic="hour")
    mentor.post("/call-me/", {"topic": "hour"})
    assert "不用打了" in mentor.get("/call-me/").content.decode()
    assert mentor.post("/call-me/", {"take_back": "yes"}).status_code == 302
    assert list(calls_to_make(family.coordinator)) == [other], "of nobody else"
    assert mentor.post("/call-me/", {"take_back": "yes"}).status_code == 409
    mentor.post("/call-me/", {"topic": "other"})
    assert {each.topic for each in calls_to_make(family.coordinator)} == {"hour", "other"}
    with pytest.raises(NotYours):
        take_back_call(actor=family.stranger)


def test_the_desk_sees_whom_to_ring_and_what_is_late(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    family = add_family(1)
    mentor, desk = Client(), Client()
    mentor.force_login(family.academic.user)
    desk.force_login(family.coordinator)
    assert "请联系我" in mentor.get("/").content.decode()
    mentor.post("/call-me/", {"topic": "way_in"})
    assert "登录不了" in mentor.get("/call-me/").content.decode()
    assert "有 1 人请您回电话" in desk.get("/").content.decode()
    CallRequest.objects.update(
        asked_at=timezone.now() - timedelta(days=3), answer_by=timezone.now() - timedelta(days=2)
    )
    page = desk.get("/calls/").content.decode()
    assert (
        family.academic.name in page and "已超时" in page and "1 个已超时" in desk.get("/").content.decode()
    )
    desk.post(f"/calls/{CallRequest.objects.get().pk}/", {"outcome": "reached"})
    assert "没有人在等电话" in desk.get("/calls/").content.decode()
    assert "已经联系上" in mentor.get("/call-me/").content.decode()
    # Whose parent or carer it is stands beside; a guardian who is shut out is nobody's.
    for who in (family.parent, family.carer):
        CallRequest.objects.all().delete()
        ask_to_be_rung(actor=who, topic="hour")
        assert f'/children/{family.child.pk}/">{family.child.name}' in desk.get("/calls/").content.decode()
    CallRequest.objects.all().delete()
    ask_to_be_rung(actor=family.parent, topic="hour")
    Guardianship.objects.filter(guardian=family.parent).update(status="suspended", status_reason="x")
    assert family.child.name not in desk.get("/calls/").content.decode()
