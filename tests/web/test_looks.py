"""Which of the staff opened a child's row is in the log, whichever door they came through."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.audit.models import Entry
from backend.rosters.looking import open_child
from backend.rosters.models import Guardianship
from tests.web.programme import add_children


@pytest.fixture
def child(db):
    return add_children(1)[0]


def looks():
    return list(Entry.objects.filter(action="child.viewed").values_list("actor_id", "object_id"))


@pytest.mark.parametrize("path", ["/children/{}/", "/children/{}/edit/", "/api/v1/children/{}/"])
def test_a_coordinator_who_opens_a_row_is_in_the_log(desk, coordinator, child, path):
    assert desk.get(path.format(child.pk)).status_code == 200
    assert looks() == [(coordinator.pk, str(child.pk))]


def test_turning_pages_within_an_hour_is_one_look(coordinator, child):
    now = timezone.now()
    for minutes in (0, 5, 59):
        open_child(actor=coordinator, child_id=child.pk, now=now + timedelta(minutes=minutes))
    assert len(looks()) == 1
    open_child(actor=coordinator, child_id=child.pk, now=now + timedelta(minutes=61))
    assert len(looks()) == 2


def test_a_guardian_who_opens_the_row_is_not_in_the_log(stranger, child, client):
    Guardianship.objects.create(child=child, guardian=stranger, order=1, status=Guardianship.Status.ACTIVE)
    client.force_login(stranger)
    assert client.get(f"/children/{child.pk}/").status_code == 200
    assert looks() == []


def test_who_may_not_open_the_row_leaves_nothing(stranger, child, client):
    client.force_login(stranger)
    assert client.get(f"/children/{child.pk}/").status_code == 404
    assert looks() == []
