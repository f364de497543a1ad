"""Whom a case names is chosen among the people around its child, and the case does not exist for them."""

import json
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from backend.care.access import cases_for
from backend.care.cases import close_case, open_case, open_case_by_hand
from backend.care.models import Case
from backend.errors import NotYours
from chat.acts import Speak
from chat.models import Event
from chat.protocol import Side
from chat.record import perform
from matching.models import Pairing


@pytest.fixture(autouse=True)
def plain_settings(settings, tmp_path):
    settings.ALLOWED_HOSTS, settings.STATIC_ROOT, settings.DEMO = ["testserver"], tmp_path, False


@pytest.fixture
def door(second_lead):
    client = Client()
    client.force_login(second_lead)
    return client


def post(door, family, **more):
    given = {"child": family.child.pk, "kind": "abuse"} | more
    return door.post("/api/v1/cases/", json.dumps(given), content_type="application/json")


def test_a_case_names_somebody_around_its_child_and_nobody_else(family, door):
    around = (family.academic.user, family.wellbeing.user, family.parent, family.carer)
    for person in around:
        made = post(door, family, named=person.pk)
        assert made.status_code == 201
        assert made.json()["named"] == {"id": person.pk, "name": person.name}
    assert post(door, family).json()["named"] is None
    Pairing.objects.filter(mentor=family.academic).update(ended_at=timezone.now(), end_reason="finished")
    assert post(door, family, named=family.academic.user.pk).status_code == 201, "who was its mentor before"
    for other in (family.stranger, family.coordinator, family.child.user):
        assert post(door, family, named=other.pk).status_code == 400
    assert post(door, family, named=10**9).status_code == 400
    assert Case.objects.filter(named=None).count() == 1 and Case.objects.count() == 6


def test_the_page_names_somebody_too(family, door):
    page = door.get(f"/children/{family.child.pk}/").content.decode()
    offered = page.split('name="named"')[1].split("</select>")[0]
    assert f'<option value="{family.parent.pk}">' in offered
    assert f'<option value="{family.stranger.pk}">' not in offered
    path = f"/children/{family.child.pk}/cases/"
    door.post(path, {"kind": "abuse", "named": family.stranger.pk})
    assert not Case.objects.exists()
    shown = door.post(path, {"kind": "abuse", "named": family.academic.user.pk}, follow=True)
    assert Case.objects.get().named == family.academic.user
    assert family.academic.user.name in shown.content.decode()
    door.post(path, {"kind": "other", "named": ""})
    assert Case.objects.get(kind="other").named is None


def test_who_is_close_to_the_child_is_offered_neither_a_case_nor_a_room_to_read(family, lead, door):
    def page(client):
        text = client.get(f"/children/{family.child.pk}/").content.decode()
        return f"/children/{family.child.pk}/cases/" in text, "/ask/" in text

    assert page(door) == (True, True)
    family.academic.user = lead
    family.academic.save()
    close = Client()
    close.force_login(lead)
    assert page(close) == (False, False)


def test_what_was_said_is_joined_to_a_case_by_who_said_it_when(family, door, settings):
    settings.ROOMS_ALWAYS_OPEN = True
    rooms = family.rooms
    for room, texts in ((rooms["academic"], ("话一", "话二", "话三")), (rooms["wellbeing"], ("话四",))):
        perform([Speak(room.pk, Side.CHILD, str(uuid4()), text) for text in texts], now=timezone.now())
    case = open_case(actor=None, child_id=family.child.pk, kind="other")
    path = f"/cases/{case.pk}/"
    page = door.get(path).content.decode()
    offered = re.findall(
        r'<option value="(\d+:\d+)">([^<]+)', page.split('name="first"')[1].split("</select>")[0]
    )
    said = Event.objects.filter(kind="msg")
    assert {value for value, _words in offered} == {f"{each.room_id}:{each.s}" for each in said}
    assert all(family.child.call_name in words for _value, words in offered)
    assert not [each.body for each in said if each.body in "".join(words for _value, words in offered)]
    first, last = (said.get(body=body) for body in ("话二", "话三"))
    value = {each: f"{each.room_id}:{each.s}" for each in said}
    other = value[said.get(body="话四")]
    refused = door.post(f"{path}change/", {"talk": "1", "first": value[first], "last": other}, follow=True)
    assert "同一个聊天室" in refused.content.decode() and not case.talks.exists()
    door.post(f"{path}change/", {"talk": "1", "first": value[last], "last": value[first]})
    assert case.talks.values_list("room", "first", "last").get() == (first.room_id, first.s, last.s)


@pytest.mark.parametrize("named", [True, False])
def test_a_lead_who_is_its_mentor_neither_sees_nor_closes_nor_opens_it(family, lead, door, named):
    family.academic.user = lead
    family.academic.save()
    made = post(door, family, **({"named": lead.pk} if named else {})).json()
    assert not cases_for(lead).exists()
    with pytest.raises(NotYours):
        close_case(actor=lead, case_id=made["id"], outcome="unfounded")
    with pytest.raises(NotYours):
        open_case_by_hand(actor=lead, child_id=family.child.pk, kind="other")
