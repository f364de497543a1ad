"""A scripted life whose names, words, numbers and secrets must stand in no log, no access log and no address."""

import asyncio
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from websockets.exceptions import ConnectionClosed

from tests.chat.served import ROOT, Served, serving
from tests.chat.tabs import tab

WORDS = "UNIQUE failed: Key (phone)=(13912340000) of 金丝雀甲 already exists"
CANARIES = {
    "a child": "金丝雀甲",
    "a mentor": "金丝雀乙",
    "a guardian": "金丝雀丙",
    "a telephone": "13912340000",
    "an address": "泉城路鸟笼七号",
    "a need": "金丝雀夜里会醒",
    "a message": "金丝雀今天唱歌了",
    "a summary": "金丝雀学了分数",
    "a sign-in name": "canary-login",
    "a password": "canary sings at dusk",
    "a wrong password": "canary is silent",
    "an e-mail": "canary@example.org",
    "what is searched": "canary-search",
    "an invitation's code": "CANARYAB",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("canaries"), families=2) as served:
        made = served.run(f"from tests.house import test_log_canaries as it; it.furnish({served.facts!r})")
        served.facts[0]["cookies"] |= made.pop("cookies")
        served.facts[0] |= made
        yield served


def furnish(facts: list[dict[str, Any]]) -> None:
    """In the server's database: the first family is all canaries. Prints cookies and numbers."""
    from backend.accounts.models import User
    from backend.rosters.models import Child, Mentor
    from chat.models import Meeting
    from tests.chat.served import cookie

    users = facts[0]["users"]
    child = Child.objects.get(user=users["child"])
    Child.objects.filter(pk=child.pk).update(
        name=CANARIES["a child"],
        call_name=CANARIES["a child"],
        needs=CANARIES["a need"],
        address=CANARIES["an address"],
    )
    User.objects.filter(pk=users["child"]).update(name=CANARIES["a child"])
    mentor = Mentor.objects.get(user=users["academic"])
    Mentor.objects.filter(pk=mentor.pk).update(name=CANARIES["a mentor"])
    parent = User.objects.get(pk=users["parent"])
    parent.name, parent.phone = CANARIES["a guardian"], CANARIES["a telephone"]
    parent.login, parent.email = CANARIES["a sign-in name"], CANARIES["an e-mail"]
    parent.set_password(CANARIES["a password"])
    parent.save()
    people = {"parent": parent, "coordinator": User.objects.get(login="co")}
    people["lead"] = User.objects.create_user(name="甲", is_coordinator=True, is_safeguarding_lead=True)
    found = {"cookies": {name: cookie(user) for name, user in people.items()}, "child": child.pk}
    found |= {"mentor": mentor.pk, "meeting": Meeting.objects.filter(child=child).first().pk}
    print(json.dumps(found))


ASKED: set[str] = set()  # questions of addresses, as they were typed


class Visitor:
    """Asks daphne as one person, follows no redirect, and keeps every address that it was given."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port, self.cookie, self.addresses = port, cookie, set[str]()
        self.token = ""

    def ask(
        self, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        cookies = "; ".join(filter(None, [self.cookie, f"csrf={self.token}" if self.token else ""]))
        headers = {"Cookie": cookies, "Content-Type": kind, "X-CSRFToken": self.token}
        sent = body if isinstance(body, str | None) else json.dumps(body)
        if "?" in path:
            ASKED.update({path.partition("?")[2], quote(path.partition("?")[2])})
        connection.request(method, path, sent and sent.encode(), headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for name, value in answer.getheaders():
            if name.lower() == "location":
                self.addresses.add(value)
            if name.lower() == "set-cookie" and value.startswith("csrf="):
                self.token = value.split(";")[0].removeprefix("csrf=")
        self.addresses |= set(re.findall(r'(?:href|action|src)="([^"#]+)', text))
        self.addresses |= set(re.findall(r'"((?:https?:/)?/[^"\s]+)"', text))
        connection.close()
        return answer.status, text

    def form(self, path: str, **fields: str) -> tuple[int, str]:
        self.ask("GET", "/sign-in/")
        return self.ask("POST", path, urlencode(fields), "application/x-www-form-urlencoded")


def live(house: Served, port: int) -> list[Visitor]:
    """Through every kind of door, well and badly."""
    facts, c = house.facts[0], CANARIES
    visitors = {who: Visitor(port, cookie) for who, cookie in facts["cookies"].items()}
    nobody = Visitor(port)
    room, child = facts["rooms"]["academic"], facts["child"]
    for who, path, expected in (
        ("coordinator", f"/children/{child}/", 200),
        ("coordinator", f"/children/{child}/edit/", 200),
        ("coordinator", f"/children/?search={c['what is searched']}", 200),
        ("coordinator", f"/mentors/{facts['mentor']}/", 200),
        ("coordinator", f"/api/v1/children/{child}/", 200),
        ("coordinator", f"/api/v1/children/?search={quote(c['a child'])}", 200),
        ("coordinator", f"/api/v1/children/?district={c['what is searched']}", 400),
        ("parent", "/", 200),
        ("parent", "/family/", 200),
        ("parent", f"/children/{child}/history/", 200),
        ("parent", f"/meetings/{facts['meeting']}/", 200),
        ("parent", f"/rooms/{room}/?{c['what is searched']}", 404),
        ("child", f"/rooms/{room}/", 200),
        ("child", f"/api/v1/rooms/{room}/messages/", 200),
        ("academic", f"/rooms/{room}/", 200),
        ("academic", "/", 200),
        ("stranger", f"/children/{child}/?next={c['what is searched']}", 404),
        ("stranger", f"/no/such/page/?q={quote(c['a child'])}", 404),
    ):
        status, _text = visitors[who].ask("GET", path)
        assert status == expected or (status, expected) == (302, 200), (who, path, status)
    # Refused forms, bodies that are none, a wrong password, then the right one.
    for given in (c["a wrong password"], c["a password"]):
        nobody.form("/sign-in/", username=c["a sign-in name"], password=given)
        nobody.ask("POST", "/api/v1/session/", {"login": c["a sign-in name"], "password": given})
    nobody.form("/join", secret=c["an invitation's code"])
    nobody.ask("POST", "/api/v1/session/", c["a password"])
    desk = visitors["coordinator"]
    desk.ask("GET", "/api/v1/session/")
    assert (
        desk.form(f"/children/{child}/edit/", name=c["a child"], grade="99", address=c["an address"])[0]
        == 400
    )
    bad = {"grade": c["a need"], "parent_phone": c["a telephone"] + "0", "name": c["a child"]}
    assert desk.ask("PATCH", f"/api/v1/children/{child}/", bad)[0] == 400
    assert desk.ask("POST", "/api/v1/exports/roster/", {"password": c["a wrong password"]})[0] == 403
    desk.ask("POST", f"/api/v1/children/{child}/nothing?{quote(c['a child'])}", bad)
    mentor = visitors["academic"]
    mentor.ask("GET", "/api/v1/session/")
    report = {"began_at": c["a summary"], "minutes": c["a summary"], "medium": c["a summary"]}
    assert mentor.ask("POST", "/api/v1/pairings/1/elsewhere/", report)[0] == 400
    # No token: refused by its absence, and logged by Django.
    assert Visitor(port, facts["cookies"]["parent"]).ask("POST", "/sign-out/", c["a message"])[0] == 403
    return [*visitors.values(), nobody]


async def talk(house: Served, port: int, broken: bool) -> None:
    async with tab(house, port, "child") as child:
        try:
            await child.hello()
            await child.say(CANARIES["a message"])
            await child.get("ack")
            await child.send(t="nonsense", words=CANARIES["a message"])
            await child.get("err")
        except ConnectionClosed:
            assert broken


@pytest.mark.timeout(600)
def test_a_life_leaves_no_trace_in_logs_and_addresses(house: Served, tmp_path: Path) -> None:
    port = house.start(arguments=("-v", "1"))
    visitors = live(house, port)
    asyncio.run(talk(house, port, broken=False))
    broken = house.start(arguments=("-v", "1"), application="tests.house.broken:application")
    status, _page = Visitor(broken).ask("GET", "/components/")
    assert status == 500
    with pytest.raises((AssertionError, TimeoutError, ConnectionClosed)):
        asyncio.run(talk(house, broken, broken=False))
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=ROOT,
            env=house.env | dict(PATH=os.environ["PATH"]),
            stdout=log,
            stderr=log,
        )
        for _ in range(300):
            if "RuntimeError" in (tmp_path / "worker.log").read_text():
                break
            time.sleep(0.1)
        worker.terminate()
        worker.wait(20)
    logs = {name: house.log(each) for name, each in (("site", port), ("broken", broken))}
    logs["worker"] = (tmp_path / "worker.log").read_text()
    # They did log, and what: otherwise silence would prove nothing.
    assert "Forbidden" in logs["site"] and f'"GET /children/{house.facts[0]["child"]}/" 200' in logs["site"]
    assert "WSCONNECT /ws/rooms/" in logs["site"] and "Not Found: /no/such/page/" in logs["site"]
    assert (
        logs["broken"].count("builtins.RuntimeError") == 1
        and "Exception inside application" in logs["broken"]
    )
    assert "in fail" in logs["broken"] and "RuntimeError" in logs["worker"]
    for name, log in logs.items():
        assert not found_in(log), (name, found_in(log))
    addresses = {address for visitor in visitors for address in visitor.addresses}
    assert len(addresses) > 40
    # A search is typed by whoever asks, and comes back only to them.
    told = "\n".join(each for each in addresses if not any(question in each for question in ASKED))
    assert not found_in(told), found_in(told)


WORKER = f"""
import django; django.setup()
from backend.duties import ticker
def fail(*_): raise RuntimeError({WORDS!r})
ticker.tick = fail
from django.core.management import call_command
call_command("worker")
"""


def found_in(text: str) -> list[str]:
    """Which canaries sing, and the line before it is forgotten."""
    forms = {name: {word, quote(word), json.dumps(word)[1:-1]} for name, word in CANARIES.items()}
    forms["somebody else's"] = {"林沐阳", "沐阳"}
    return [
        f"{name}: {line[:300]}"
        for name, words in forms.items()
        for line in text.splitlines()
        if any(word in line for word in words)
    ]
