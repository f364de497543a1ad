"""Older messages over REST: the socket's frames, a page at a time, for those who may read the room."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.rosters.models import Guardianship
from chat.access import readers_of
from chat.acts import Speak
from chat.models import Room
from chat.protocol import Side
from chat.record import perform
from tests.chat.people import Family, add_family

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(settings: Any) -> Family:
    settings.ROOMS_ALWAYS_OPEN = True  # open around the clock
    family = add_family()
    settings.ALLOWED_HOSTS = ["testserver"]
    return family


def say(room: Room, number: int, side: Side = Side.CHILD) -> None:
    acts = [Speak(room.pk, side, str(uuid4()), f"第{one}句") for one in range(1, number + 1)]
    perform(acts, now=timezone.now())


def read(user: User, room: Room, **asked: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(f"/api/v1/rooms/{room.pk}/messages/", asked)


def test_a_room_is_read_backwards_page_by_page_without_gaps(family: Family) -> None:
    room = family.rooms["academic"]
    say(room, 120)
    newest = read(family.child.user, room).json()
    assert [row["s"] for row in newest["results"]] == list(range(71, 121))
    assert (newest["last"], newest["before"], newest["epoch"]) == (120, 71, room.epoch)
    older = read(family.academic.user, room, before=newest["before"], limit=50).json()
    oldest = read(family.academic.user, room, before=older["before"]).json()
    assert [row["s"] for row in oldest["results"] + older["results"]] == list(range(1, 71))
    assert oldest["before"] is None


def test_a_row_is_the_socket_s_frame(family: Family) -> None:
    room = family.rooms["academic"]
    say(room, 1)
    (row,) = read(family.child.user, room).json()["results"]
    assert set(row) == {"t", "s", "from", "cid", "body", "at"}
    assert (row["t"], row["from"], row["body"]) == ("msg", "child", "第1句")
    assert row["at"].endswith("Z") and len(row["at"]) == 24


@pytest.mark.parametrize("asked", [{"before": 0}, {"before": "x"}, {"limit": 51}, {"limit": 0}])
def test_a_number_that_is_none_is_refused_only_to_those_who_may_read(family: Family, asked: Any) -> None:
    room = family.rooms["academic"]
    assert read(family.child.user, room, **asked).status_code == 400
    assert read(family.stranger, room, **asked).status_code == 404


def test_an_ended_room_can_still_be_read_by_the_two(family: Family) -> None:
    room = family.rooms["academic"]
    say(room, 2)
    pairing = room.pairing
    pairing.ended_at, pairing.end_reason = timezone.now(), "not_a_fit"
    pairing.save()
    for user in (family.child.user, family.academic.user):
        assert len(read(user, room).json()["results"]) == 2
    assert read(family.wellbeing.user, room).status_code == 404


def birthday(family: Family, born: date) -> None:
    family.child.birth_date = born
    family.child.save()
    for room in family.rooms.values():
        room.refresh_from_db()


def test_guardians_read_the_academic_room_until_the_eighth_birthday_and_it_says_so(settings: Any) -> None:
    settings.ROOMS_ALWAYS_OPEN, settings.ALLOWED_HOSTS = True, ["testserver"]
    today = timezone.localdate()
    eight = date(today.year - 8, today.month, min(today.day, 28))
    family = add_family(born=eight + timedelta(days=10))
    academic, wellbeing = family.rooms["academic"], family.rooms["wellbeing"]
    say(academic, 3)
    assert "家长" in readers_of(academic)[-2] and len(readers_of(academic)) == 4
    assert len(readers_of(wellbeing)) == 3
    assert len(read(family.parent, academic).json()["results"]) == 3
    assert read(family.parent, wellbeing).status_code == 404
    assert read(family.carer, academic).status_code == 404
    entry = Entry.objects.get(action="room.viewed")
    assert (entry.actor_id, entry.object_id) == (family.parent.pk, str(academic.pk))
    assert entry.facts == {"first": 1, "last": 3}
    Guardianship.objects.update(status="limited", status_reason="协议")
    assert read(family.parent, academic).status_code == 404
    Guardianship.objects.update(status="active")
    birthday(family, eight - timedelta(days=1))
    assert len(readers_of(academic)) == 3
    assert read(family.parent, academic).status_code == 404


def test_the_two_leave_no_trace_by_reading(family: Family) -> None:
    read(family.child.user, family.rooms["academic"])
    read(family.academic.user, family.rooms["academic"])
    assert not Entry.objects.filter(action="room.viewed").exists()


def test_a_page_takes_as_many_queries_for_many_rows_as_for_few(family: Family) -> None:
    client = Client()
    client.force_login(family.child.user)
    counts = []
    for number in (1, 60):
        say(family.rooms["academic"], number)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/api/v1/rooms/{family.rooms['academic'].pk}/messages/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
