"""The step after the password: whom it is asked of, and that nothing opens before it."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from backend.accounts import authenticators, devices, sign_in
from backend.accounts.models import Authenticator, RecoveryCode, User
from backend.audit.models import Entry
from backend.rosters.models import District, Mentor
from tests.accounts.conftest import PASSWORD, code_in

CODE = "/sign-in/code/"


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.SECOND_STEP = "required"


@pytest.fixture
def mentor(db: Any) -> User:
    user = User.objects.create_user(name="王芳", login="wang", email="wang@example.org", password=PASSWORD)
    district = District.objects.create(code="z", name="某区", name_en="Some")
    Mentor.objects.create(
        roster_id="M1", user=user, name="王芳", is_academic=True, capacity=1, district=district
    )
    return user


def password(client: Client, login: str) -> Any:
    return client.post("/sign-in/", {"username": login, "password": PASSWORD})


def shown_by_app(user: User, at: Any = None) -> str:
    seed = Authenticator.objects.get(user=user).seed
    return pyotp.TOTP(authenticators.secret_of(seed)).at(at or timezone.now())


def with_app(user: User) -> list[str]:
    """The app was set up a while ago."""
    seed, then = authenticators.new_seed(), timezone.now() - timedelta(hours=1)
    code = pyotp.TOTP(authenticators.secret_of(seed)).at(then)
    return authenticators.set_up(user=user, seed=seed, code=code, now=then)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_coordinator_sets_the_app_up_before_anything_else(coordinator: User, client: Client) -> None:
    assert password(client, "co").headers["Location"] == f"{CODE}?next=%2F"
    for path in ("/", "/children/", "/account/", "/api/v1/me/", "/rounds/"):
        assert client.get(path).status_code in (302, 401), path
    page = client.get(CODE)
    assert page.headers["Cache-Control"].count("no-store") and b"data:image/svg+xml" in page.content
    seed = sign_in.seed_of(page.wsgi_request)
    assert client.post(CODE, {"code": "000000"}).status_code == 200 and not is_in(client)
    code = pyotp.TOTP(authenticators.secret_of(seed)).now()
    page = client.post(f"{CODE}?next=/children/", {"code": f" {code[:3]} {code[3:]} "})
    assert len(page.context["codes"]) == 10 and page.context["target"] == "/children/"
    assert client.get("/children/").status_code == 200
    done = set(Entry.objects.values_list("action", flat=True))
    assert done == {"authenticator.set_up", "recovery_codes.made", "person.signed_in"}


def test_from_then_on_the_code_is_asked_every_time_and_works_once(coordinator: User) -> None:
    with_app(coordinator)
    with time_machine.travel(timezone.now(), tick=False):
        code = shown_by_app(coordinator)
        first, second = Client(), Client()
        password(first, "co")
        assert first.post(CODE, {"code": code}).status_code == 302 and is_in(first)
        first.post("/sign-out/")
        password(first, "co")
        password(second, "co")
        for client in (first, second):
            client.post(CODE, {"code": code})
            assert not is_in(client), "somebody looked over the shoulder"


def test_a_code_of_a_minute_ago_is_too_old(coordinator: User, client: Client) -> None:
    with_app(coordinator)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        code = shown_by_app(coordinator)
        clock.shift(timedelta(seconds=61))
        password(client, "co")
        client.post(CODE, {"code": code})
        assert not is_in(client)


def test_a_recovery_code_lets_in_once(coordinator: User) -> None:
    codes = with_app(coordinator)
    for works in (True, False):
        client = Client()
        password(client, "co")
        client.post(CODE, {"code": codes[0].lower().replace("-", " ")})
        assert is_in(client) is works
    used = Entry.objects.get(action="recovery_code.used")
    assert used.facts == {"left": 9}


def test_codes_are_guessed_slowly(coordinator: User, client: Client) -> None:
    with_app(coordinator)
    with time_machine.travel(timezone.now(), tick=False):
        password(client, "co")
        answers = [client.post(CODE, {"code": "000000"}).status_code for _time in range(7)]
        assert answers == [200] * 6 + [429]
        client.post(CODE, {"code": shown_by_app(coordinator)})
        assert not is_in(client)


def test_what_is_pending_ends_with_time_and_with_another_password(coordinator: User) -> None:
    with_app(coordinator)
    slow, overtaken = Client(), Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        password(slow, "co")
        clock.shift(timedelta(minutes=15, seconds=1))
        assert (
            slow.post(CODE, {"code": shown_by_app(coordinator)}).headers["Location"].startswith("/sign-in/")
        )
        password(overtaken, "co")
        coordinator.set_password("another one altogether")
        coordinator.save()
        overtaken.post(CODE, {"code": shown_by_app(coordinator)})
    assert not is_in(slow) and not is_in(overtaken)


def test_a_mentor_gets_a_code_by_e_mail_in_a_new_browser_only(mentor: User, client: Client) -> None:
    password(client, "wang")
    assert not is_in(client) and mail.outbox[0].to == ["wang@example.org"]
    code = code_in(mail.outbox[0].body)
    assert "王芳" not in mail.outbox[0].body
    client.post(CODE, {"code": code})
    assert is_in(client)
    client.post("/sign-out/")
    password(client, "wang")
    assert is_in(client) and len(mail.outbox) == 1, "this browser is known"
    other = Client()
    password(other, "wang")
    assert not is_in(other) and len(mail.outbox) == 2
    other.post(CODE, {"code": code})
    assert not is_in(other), "the code of another browser"


def test_after_signing_out_everywhere_no_browser_is_known_any_more(mentor: User, client: Client) -> None:
    password(client, "wang")
    client.post(CODE, {"code": code_in(mail.outbox[0].body)})
    answer = client.post("/account/sign-out-everywhere/")
    assert answer.headers["Clear-Site-Data"] == '"storage"' and not is_in(client)
    password(client, "wang")
    assert not is_in(client)


def test_another_code_replaces_the_first(mentor: User, client: Client) -> None:
    password(client, "wang")
    client.post(CODE, {"another": ""})
    first, second = (code_in(each.body) for each in mail.outbox)
    if first != second:
        client.post(CODE, {"code": first})
        assert not is_in(client)
    client.post(CODE, {"code": second})
    assert is_in(client)


def test_asking_for_another_code_gives_no_more_time(mentor: User, client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        password(client, "wang")
        clock.shift(timedelta(minutes=14))
        client.post(CODE, {"another": ""})
        clock.shift(timedelta(minutes=2))
        client.post(CODE, {"code": code_in(mail.outbox[-1].body)})
    assert not is_in(client)


def test_nobody_s_mailbox_is_flooded(mentor: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        answers = [password(Client(), "wang").status_code for _time in range(8)]
    assert answers[-1] == 429 and len(mail.outbox) == 6


def test_a_mailer_that_is_down_lets_nobody_in(mentor: User, client: Client, monkeypatch: Any) -> None:
    def down(*args: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(sign_in, "send_mail", down)
    assert password(client, "wang").status_code == 503
    assert not is_in(client)


def test_a_mentor_without_an_address_uses_an_app(mentor: User, client: Client) -> None:
    User.objects.update(email=None)
    password(client, "wang")
    assert client.get(CODE).context["step"] == "set_up"


def test_a_family_needs_the_password_only(child: User, client: Client) -> None:
    assert password(client, "xiaoyu").headers["Location"] == "/" and is_in(client)


def test_over_rest_the_code_comes_second(coordinator: User, client: Client) -> None:
    with_app(coordinator)
    session, kind = "/api/v1/session/", "application/json"
    answer = client.post(session, {"login": "co", "password": PASSWORD}, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (401, "session.code_needed")
    assert answer.json()["facts"] == {"step": "app"} and client.get("/api/v1/me/").status_code == 401
    answer = client.patch(session, {"code": "000000"}, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (401, "session.wrong_code")
    answer = client.patch(session, {"code": shown_by_app(coordinator)}, content_type=kind)
    assert answer.json()["me"]["roles"] == ["coordinator"]
    assert (
        Client().patch(session, {"code": "1"}, content_type=kind).json()["code"] == "session.nothing_pending"
    )


@pytest.mark.parametrize(("mode", "asked"), [("off", False), ("optional", True), ("required", True)])
def test_who_set_an_app_up_is_asked_for_it(coordinator: User, settings: Any, mode: str, asked: bool) -> None:
    settings.SECOND_STEP = mode
    with_app(coordinator)
    client = Client()
    password(client, "co")
    assert is_in(client) is not asked


def test_without_an_app_it_is_optional_on_a_machine_of_one_s_own(coordinator: User, settings: Any) -> None:
    settings.SECOND_STEP = "optional"
    client = Client()
    password(client, "co")
    assert is_in(client)
    page = client.post("/account/authenticator/", {"password": "wrong"})
    assert "seed" not in client.session, page
    client.post("/account/authenticator/", {"password": PASSWORD})
    code = pyotp.TOTP(authenticators.secret_of(client.session["seed"])).now()
    page = client.post("/account/authenticator/", {"code": code})
    assert len(page.context["codes"]) == 10 and Authenticator.objects.filter(user=coordinator).exists()


def test_the_database_alone_opens_nothing(coordinator: User, settings: Any) -> None:
    codes = with_app(coordinator)
    found = Authenticator.objects.get()
    secret = authenticators.secret_of(found.seed)
    settings.SECRET_KEY = "another key than the site's"
    assert authenticators.secret_of(found.seed) != secret
    kept = str([*RecoveryCode.objects.values_list(), *Authenticator.objects.values_list()])
    assert codes[0].replace("-", "") not in kept and secret not in kept


def test_a_made_up_device_is_not_known(mentor: User, client: Client) -> None:
    client.cookies[devices.COOKIE] = "eyJpZCI6IngiLCJtYXJrcyI6W119:1:x"
    password(client, "wang")
    assert not is_in(client)


def test_a_lost_telephone_is_forgotten_by_the_machine_s_own_command(coordinator: User) -> None:
    codes = with_app(coordinator)
    call_command("forget_authenticator", "co")
    assert not Authenticator.objects.exists() and not RecoveryCode.objects.exists()
    client = Client()
    password(client, "co")
    client.post(CODE, {"code": codes[0]})
    assert not is_in(client) and Entry.objects.filter(action="authenticator.forgotten").exists()
    with pytest.raises(CommandError):
        call_command("forget_authenticator", "co")
