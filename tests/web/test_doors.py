"""Signing in and out, the language, and the demonstration's door."""

import os
import re
import subprocess
import sys

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from backend.accounts.models import User
from backend.web.demonstration.people import login_of
from backend.web.demonstration.roles import HOSTS, role_of


def test_sign_in_leads_home_and_sign_out_leads_back(coordinator):
    client = Client()
    answer = client.post("/sign-in/", {"username": "Zhou@example.org", "password": "a quiet evening"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    client.post("/sign-out/")
    assert client.get("/").status_code == 302


def test_a_wrong_password_is_said_and_lets_nobody_in(coordinator):
    client = Client()
    answer = client.post("/sign-in/", {"username": "zhou@example.org", "password": "wrong"})
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    assert client.get("/").status_code == 302


def test_pages_are_chinese_until_english_is_chosen(desk):
    page = desk.get("/children/")
    assert 'lang="zh-CN"' in page.content.decode()
    assert "退出" in page.content.decode()
    answer = desk.post("/language/", {"language": "en", "next": "/children/"})
    assert answer.headers["Location"] == "/children/"
    page = desk.get("/children/").content.decode()
    assert 'lang="en"' in page
    assert "Sign out" in page


def test_the_language_switch_leads_to_no_other_site(db):
    answer = Client().post("/language/", {"language": "en", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"


def test_an_unknown_language_changes_nothing(db):
    assert "language" not in Client().post("/language/", {"language": "xx"}).cookies


def dark_sheet(page: str) -> str | None:
    """For which screens the dark colours are linked."""
    found = re.search(r'href="[^"]*dark[^"]*"\s+media="([^"]*)"', page)
    return found and found[1]


def test_light_or_dark_is_the_devices_until_somebody_chooses(desk):
    assert dark_sheet(desk.get("/").content.decode()) == "screen and (prefers-color-scheme: dark)"
    for chosen, media in (("dark", "screen"), ("light", None)):
        answer = desk.post("/appearance/", {"appearance": chosen, "next": "/children/"})
        assert answer.headers["Location"] == "/children/"
        for path in ("/", "/help/"):
            assert dark_sheet(desk.get(path).content.decode()) == media, (chosen, path)
    desk.post("/appearance/", {"appearance": 'dark" onload="'})
    assert dark_sheet(desk.get("/").content.decode()) is None
    answer = desk.post("/appearance/", {"appearance": "", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"
    assert dark_sheet(desk.get("/").content.decode()) == "screen and (prefers-color-scheme: dark)"


def test_no_page_holds_inline_style_or_script(desk):
    for path in ("/", "/children/", "/mentors/", "/components/", "/sign-in/"):
        page = desk.get(path, follow=True).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert "<script>" not in page


def test_a_stranger_is_welcomed_without_figures(stranger):
    client = Client()
    client.force_login(stranger)
    page = client.get("/")
    assert page.status_code == 200
    assert "children" not in page.context


# The demonstration's doors: each person on a host of their own.


@pytest.fixture
def doors(settings, coordinator):
    """A demonstration with two people behind its doors."""
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *HOSTS]
    User.objects.filter(pk=coordinator.pk).update(login=login_of("coordinator"))
    User.objects.create(name="林敏", login=login_of("parent"), password=make_password(None))


def test_the_door_lists_who_is_there_and_where(doors):
    page = Client().get("/", HTTP_HOST="127.0.0.1:8000", SERVER_PORT="8000").content.decode()
    assert "演示 · 人物均为虚构" in page
    assert 'href="http://coordinator.localhost:8000/?language=zh-hans"' in page
    assert "http://parent.localhost:8000/" in page
    assert "http://child.localhost" not in page, "nobody stands behind that door yet"


def test_each_host_lets_in_its_own_person_and_no_other(doors):
    browser = Client()
    for role, name in (("coordinator", "周敏"), ("parent", "林敏")):
        answer = browser.get("/?language=en", HTTP_HOST=f"{role}.localhost:8000")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert answer.cookies["language"].value == "en"
        assert User.objects.get(pk=browser.session["_auth_user_id"]).name == name
        assert not answer.cookies["session"]["domain"], "no other host is sent this cookie"


def test_a_host_that_is_nobody_s_is_refused(doors):
    for host in ("elsewhere.example", "nobody.localhost", "child.localhost.example", "x.child.localhost"):
        assert Client().get("/", HTTP_HOST=host).status_code == 400
    assert role_of("child.localhost:8000") == "child"
    assert role_of("localhost:8000") is None


def test_another_tab_finds_its_own_door_closed_after_signing_out(doors):
    host = {"HTTP_HOST": "parent.localhost:8000"}
    browser = Client()
    browser.get("/", **host)
    answer = browser.post("/sign-out/", **host)
    assert answer.headers["Location"] == "/sign-in/?left"
    assert "http://localhost:8000/" in browser.get("/sign-in/", **host).content.decode(), (
        "the way to the others"
    )


def test_a_browser_without_such_names_steps_in_one_after_the_other(doors):
    here = {"HTTP_HOST": "127.0.0.1:8000"}
    browser = Client()
    browser.post("/step-into/", {"role": "coordinator"}, **here)
    assert browser.get("/children/", **here).status_code == 200
    assert browser.post("/sign-out/", **here).headers["Location"] == "/"
    assert browser.post("/step-into/", {"role": "nobody"}, **here).status_code == 404
    assert (
        Client(enforce_csrf_checks=True).post("/step-into/", {"role": "coordinator"}, **here).status_code
        == 403
    )


def test_outside_the_demonstration_there_is_no_such_door(doors, settings):
    settings.DEMO = False
    for host in ("127.0.0.1:8000", "coordinator.localhost:8000"):
        browser = Client()
        assert browser.post("/step-into/", {"role": "coordinator"}, HTTP_HOST=host).status_code == 404
        assert browser.get("/", HTTP_HOST=host).headers["Location"].startswith("/sign-in/")
        assert "_auth_user_id" not in browser.session


def test_the_door_opens_for_this_machine_only(doors):
    for host in ("127.0.0.1:8000", "coordinator.localhost:8000"):
        browser = Client(REMOTE_ADDR="192.0.2.7", HTTP_HOST=host)
        assert browser.post("/step-into/", {"role": "coordinator"}).status_code == 404
        assert browser.get("/").headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(("mode", "known"), [("demo", True), ("local", False)])
def test_only_the_demonstration_answers_to_the_roles_names(mode, known, tmp_path):
    """Sockets take the same list: their Origin is checked against the allowed hosts."""
    code = "from backend import settings; print([h for h in settings.ALLOWED_HOSTS if 'localhost' in h])"
    env = {**os.environ, "SHUANGDAO_MODE": mode, "SHUANGDAO_DATA_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert ("'child.localhost'" in said) is known and "'.localhost'" not in said
