"""Signing in and out, the language, and the demonstration's door."""

from django.test import Client


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


def test_the_demonstration_lets_its_coordinator_in(settings, coordinator):
    settings.DEMO = True
    coordinator.login = "demo-coordinator"
    coordinator.save()
    client = Client()
    assert "/step-into/" in client.get("/").content.decode()
    client.post("/step-into/")
    assert client.get("/children/").status_code == 200


def test_outside_the_demonstration_there_is_no_such_door(coordinator):
    coordinator.login = "demo-coordinator"
    coordinator.save()
    assert Client().post("/step-into/").status_code == 404


def test_the_door_opens_for_this_machine_only(settings, coordinator):
    settings.DEMO = True
    coordinator.login = "demo-coordinator"
    coordinator.save()
    client = Client(REMOTE_ADDR="192.0.2.7")
    assert client.post("/step-into/").status_code == 404
    assert client.get("/").status_code == 302
