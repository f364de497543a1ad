"""Guessing is slow, for whoever guesses; and nobody learns who has an account here."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import hashers
from django.test import Client
from django.utils import timezone

from backend.accounts import throttling
from backend.accounts.models import Tries, User
from backend.accounts.throttling import Pace, Place, TooManyTries, count_try, was_right
from backend.audit.models import Entry
from tests.accounts.conftest import PASSWORD

SIGN_IN = "/api/v1/session/"
STRANGER, HOME = "198.51.100.7", "203.0.113.20"


def sign_in(client: Client, login: str, password: str, address: str = HOME) -> Any:
    body = {"login": login, "password": password}
    return client.post(SIGN_IN, body, content_type="application/json", REMOTE_ADDR=address)


def guess(login: str, times: int, address: str = STRANGER) -> list[int]:
    return [sign_in(Client(), login, "a wrong one", address).status_code for _time in range(times)]


def test_after_some_wrong_passwords_each_must_wait_longer(child: User) -> None:
    free = throttling.NAME_HERE.free
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert guess("xiaoyu", free + 2) == [401] * (free + 1) + [429]
        waits = []
        for _round in range(4):
            refused = sign_in(Client(), "xiaoyu", PASSWORD, STRANGER)
            assert refused.status_code == 429 and refused.json()["code"] == "too_many_tries"
            waits.append(refused.json()["facts"]["seconds"])
            clock.shift(timedelta(seconds=waits[-1]))
            assert guess("xiaoyu", 1) == [401]
        assert waits == [1, 2, 4, 8]
        clock.shift(timedelta(seconds=16))
        assert sign_in(Client(), "xiaoyu", PASSWORD, STRANGER).status_code == 200


def test_a_name_that_there_is_not_waits_just_as_long(child: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        known = [sign_in(Client(), "xiaoyu", "wrong", STRANGER) for _time in range(8)]
        unknown = [sign_in(Client(), "nobody", "wrong", STRANGER) for _time in range(8)]
    assert [(each.status_code, each.content) for each in known] == [
        (each.status_code, each.content) for each in unknown
    ]
    assert known[-1].status_code == 429


def test_an_unknown_name_a_wrong_password_and_a_disabled_account_cost_one_hash(
    child: User, monkeypatch: Any
) -> None:
    User.objects.create_user(name="路人", login="gone", password=PASSWORD, is_active=False)
    User.objects.create_user(name="新人", login="not yet come")
    real, hashed = hashers.MD5PasswordHasher.encode, []

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(real(self, password, salt))

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    costs = {}
    for login in ("xiaoyu", "nobody", "gone", "not yet come"):
        hashed.clear()
        assert sign_in(Client(), login, "wrong").status_code == 401
        costs[login] = len(hashed)
    assert set(costs.values()) == {1}, costs


def test_a_stranger_cannot_keep_a_child_out_for_long(child: User) -> None:
    """From many addresses, all evening: the child waits half a minute at most, from its own tablet never."""
    tablet = Client()
    assert sign_in(tablet, "xiaoyu", PASSWORD).status_code == 200
    tablet.delete(SIGN_IN)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(60):
            guess("xiaoyu", 1, f"198.51.100.{number}")
            clock.shift(timedelta(seconds=31))
        assert guess("xiaoyu", 2, "192.0.2.1") == [401, 429]
        assert sign_in(tablet, "xiaoyu", PASSWORD).status_code == 200
        elsewhere = sign_in(Client(), "xiaoyu", PASSWORD, "203.0.113.99")
        assert elsewhere.status_code == 429 and elsewhere.json()["facts"]["seconds"] <= 30


def test_a_tablet_that_knows_the_child_does_not_let_one_guess_for_ever(child: User) -> None:
    tablet = Client()
    sign_in(tablet, "xiaoyu", PASSWORD)
    with time_machine.travel(timezone.now(), tick=False):
        answers = [sign_in(tablet, "xiaoyu", "wrong").status_code for _time in range(8)]
        assert answers[-1] == 429
        # It speaks for the child alone, not for others.
        assert sign_in(tablet, "co", "wrong").status_code == 401


def test_who_tries_many_names_waits_and_one_right_one_does_not_clear_it(
    child: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(throttling, "ADDRESS", Pace(free=6, most=timedelta(minutes=5)))
    with time_machine.travel(timezone.now(), tick=False):
        answers = [sign_in(Client(), f"name{number}", "wrong", STRANGER).status_code for number in range(6)]
        assert answers == [401] * 6
        assert sign_in(Client(), "xiaoyu", PASSWORD, STRANGER).status_code == 200
        assert guess("one more", 1) == [401]
        assert guess("and more", 1) == [429]
        assert guess("and more", 1, HOME) == [401]


def test_a_household_is_one_address_in_ipv6_too() -> None:
    def seen(address: str) -> str:
        request: Any = type("Request", (), {"META": {"REMOTE_ADDR": address}})
        return throttling.address_of(request)

    assert seen("2001:db8:1:2::7") == seen("2001:db8:1:2:ffff::9") != seen("2001:db8:1:3::7")
    assert seen("203.0.113.20") != seen("203.0.113.21")


def test_a_wait_has_a_ceiling_and_ends_by_itself(db: Any) -> None:
    place = Place("test", "x", Pace(free=1, most=timedelta(seconds=10)))
    now = timezone.now()
    for _try in range(12):
        count_try([place], now=now)
        row = Tries.objects.get()
        assert row.wait_until - now <= timedelta(seconds=10)
        now = row.wait_until
    with pytest.raises(TooManyTries):
        count_try([place], now=now - timedelta(seconds=1))
    later = now + timedelta(hours=1, seconds=1)
    count_try([place], now=later)
    assert Tries.objects.get().tries == 1
    assert throttling.forget_old(later + timedelta(hours=2)) == 1


def test_a_try_is_counted_before_it_is_judged(db: Any) -> None:
    """Ten at once are ten, whatever comes out of them."""
    place = Place("test", "x", Pace(free=2, most=timedelta(minutes=1)))
    now = timezone.now()
    for _try in range(3):
        count_try([place], now=now)
    with pytest.raises(TooManyTries):
        count_try([place], now=now)
    was_right([place])
    count_try([place], now=now)


def test_neither_table_nor_log_holds_what_was_typed(child: User) -> None:
    guess("xiaoyu", 7)
    kept = str([*Tries.objects.values_list(), *Entry.objects.values_list()])
    assert "xiaoyu" not in kept and STRANGER not in kept and "wrong" not in kept
    assert Entry.objects.filter(action="tries.slowed").count() == 1


def test_the_page_says_how_long_to_wait(child: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for _time in range(throttling.NAME_HERE.free + 1):
            Client().post("/sign-in/", {"username": "xiaoyu", "password": "wrong"})
        page = Client().post("/sign-in/", {"username": "xiaoyu", "password": PASSWORD})
    assert page.status_code == 429 and "1" in str(page.context["refusal"])
    assert 'name="password"' in page.content.decode()


def test_the_password_asked_again_is_slowed_too(coordinator: User, client: Client) -> None:
    client.force_login(coordinator)
    with time_machine.travel(timezone.now(), tick=False):
        for _time in range(throttling.CODE.free + 1):
            client.post("/export/", {"password": "wrong"})
        page = client.post("/export/", {"password": PASSWORD})
    assert page.headers["Content-Type"].startswith("text/html"), "the right one must wait as well"
