"""How long a sign-in lasts, and that nothing stays behind when it ends."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from backend.accounts import sessions
from backend.accounts.models import User
from backend.accounts.sessions import LENGTHS, Standing
from backend.audit.models import Entry
from backend.rosters.models import Child, District, Mentor
from backend.rosters.standing import standing_of
from tests.accounts.conftest import PASSWORD


@pytest.fixture
def people(db: Any) -> dict[Standing, User]:
    found = {
        standing: User.objects.create_user(name="某人", login=standing, password=PASSWORD)
        for standing in Standing
    }
    found[Standing.COORDINATOR].is_coordinator = True
    found[Standing.COORDINATOR].save()
    district = District.objects.create(code="z", name="某区", name_en="Some")
    common = {"name": "某人", "district": district}
    Mentor.objects.create(roster_id="M", user=found[Standing.MENTOR], is_academic=True, capacity=1, **common)
    Child.objects.create(
        roster_id="K",
        user=found[Standing.CHILD],
        call_name="宇",
        grade=5,
        birth_date=timezone.localdate() - timedelta(days=4000),
        **common,
    )
    return found


def sign_in(standing: Standing) -> Client:
    client = Client()
    client.post("/sign-in/", {"username": standing, "password": PASSWORD})
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.parametrize("standing", list(Standing))
def test_each_stays_signed_in_as_long_as_fits_them(people: dict[Standing, User], standing: Standing) -> None:
    assert standing_of(people[standing]) is standing
    idle = timedelta(seconds=LENGTHS[standing].idle)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        left, used = sign_in(standing), sign_in(standing)
        clock.shift(idle * 0.7)
        assert is_in(used)
        clock.shift(idle * 0.7)
        assert not is_in(left)
        assert is_in(used), "who goes on working is not thrown out"


def test_the_order_is_what_the_programme_needs() -> None:
    idle = {standing: length.idle for standing, length in LENGTHS.items()}
    shortest_first = sorted(idle, key=lambda standing: idle[standing])
    assert shortest_first == [Standing.COORDINATOR, Standing.CHILD, Standing.MENTOR, Standing.FAMILY]
    assert all(length.idle < length.most for length in LENGTHS.values())


def test_no_sign_in_lasts_for_ever(people: dict[Standing, User]) -> None:
    length = LENGTHS[Standing.COORDINATOR]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client, hours = sign_in(Standing.COORDINATOR), 0.0
        while is_in(client):
            clock.shift(timedelta(seconds=length.idle * 0.3))
            hours += 0.3
        assert length.most / 3600 <= round(hours, 1) <= length.most / 3600 + 0.3


def test_a_page_that_fetches_by_itself_keeps_nobody_signed_in(people: dict[Standing, User]) -> None:
    idle = timedelta(seconds=LENGTHS[Standing.COORDINATOR].idle)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = sign_in(Standing.COORDINATOR)
        for _time in range(4):
            clock.shift(idle * 0.3)
            client.get("/account/", headers={"Asks-Again": "1"})
        assert not is_in(client)


def test_signing_out_leaves_nothing_on_the_tablet(people: dict[Standing, User]) -> None:
    page, rest = sign_in(Standing.CHILD), sign_in(Standing.CHILD)
    answers = [page.post("/sign-out/"), rest.delete("/api/v1/session/")]
    assert [answer.headers["Clear-Site-Data"] for answer in answers] == ['"storage"'] * 2
    assert not is_in(page) and not is_in(rest)
    assert Entry.objects.filter(action="person.signed_out").count() == 2
    assert sign_in(Standing.CHILD).delete("/api/v1/sessions/").headers["Clear-Site-Data"] == '"storage"'


def test_the_cookie_that_knows_the_tablet_names_nobody(people: dict[Standing, User]) -> None:
    client = sign_in(Standing.CHILD)
    from django.core import signing

    held = signing.loads(client.cookies["device"].value, salt="shuangdao.device")
    assert held.keys() == {"id", "marks"} and len(held["marks"]) == 1
    assert client.cookies["device"]["httponly"]


def test_expired_sessions_are_deleted(people: dict[Standing, User]) -> None:
    sign_in(Standing.CHILD)
    assert sessions.forget_expired(timezone.now()) == 0
    assert sessions.forget_expired(timezone.now() + timedelta(hours=4)) == 1
    assert not Session.objects.exists()
