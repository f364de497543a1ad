"""Whom a case names is chosen among the people around its child, and the case does not exist for them."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from backend.care.access import cases_for
from backend.care.cases import close_case, open_case_by_hand
from backend.care.models import Case
from backend.errors import NotYours
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
