"""Markup that somebody stored is shown as what it is: no script runs, and nothing even tries to."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Site, sign_in
from tests.browser.hostile import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.deep, pytest.mark.timeout(600)]

SIGNS = ("onload=", "onerror=", "onfocus=", "ontoggle=", "<script>", "javascript:", "<iframe", "<style>")
# Pages on which nothing stands that anybody stored.
BARE = ("/invitations/file/", "/rounds/locks/", "/notices/", "/stop/")


def pages_of(cast: dict[str, Any], made: dict[str, int]) -> dict[str, list[str]]:
    child, rooms, pairings = cast["child"], cast["rooms"], cast["pairings"]
    academic, wellbeing = f"/rooms/{rooms['academic']}/", f"/rooms/{rooms['wellbeing']}/"
    of_child = f"/children/{child}/"
    mentor, meeting = f"/mentors/{made['mentor']}/", f"/meetings/{made['meeting']}/"
    own = f"/my-children/{pairings['academic']}/"
    desk = [
        *("/", "/children/", of_child, f"{of_child}edit/", f"{of_child}history/", f"{of_child}consent/"),
        *("/mentors/", mentor, f"{mentor}edit/", "/pairings/", meeting, f"/guardians/{made['link']}/"),
        *("/rota/", "/hotlines/"),
        *("/held/", "/readings/", f"{academic}ask/", "/log/", "/notices/", "/account/"),
        *("/invitations/?come=yes", "/invitations/file/"),
        *("/imports/", f"/imports/{made['upload']}/", "/rounds/", "/rounds/locks/"),
    ]
    return {
        "child": [
            "/",
            academic,
            f"{of_child}history/",
            "/notices/",
            f"{of_child}consent/",
            f"{of_child}stop/",
            f"{of_child}tell/",
            "/help/",
        ],
        "mentor": ["/", academic, own, f"{own}elsewhere/", mentor, meeting, "/notices/", f"{of_child}tell/"],
        "counsellor": ["/", f"{wellbeing}end/", f"/my-children/{pairings['wellbeing']}/"],
        "parent": [
            *("/", f"{of_child}history/", of_child, "/notices/", "/family/", meeting),
            *(f"{of_child}looks/", f"{of_child}consent/", f"{of_child}read-along/"),
            *(f"{of_child}consent/withdraw/", f"{of_child}tell/"),
        ],
        "carer": ["/", "/family/", meeting],
        "coordinator": desk,
        "lead": [
            *desk,
            *(
                "/duty/",
                "/cases/",
                f"/cases/{made['case']}/",
                f"/cases/{made['raised']}/",
                f"{of_child}looks/",
            ),
            academic,
        ],
    }


def test_a_hundred_and_twenty_scripts_in_every_text_do_nothing(
    round_the_clock: Site, browser: Browser, cast: dict[str, Any]
) -> None:
    made = json.loads(round_the_clock.furnish("tests.browser.hostile"))
    assert len(PAYLOADS) >= 100
    complaints: list[str] = []
    bare, tried = set[tuple[str, str]](), 0
    for login, paths in pages_of(cast, made).items():
        page = sign_in(browser, round_the_clock.url, login)
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        # A policy that had to stop something means that markup got through.
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        for path in paths:
            answer = page.goto(round_the_clock.url + path)
            assert answer is not None and answer.status == 200, (login, path)
            page.wait_for_timeout(300)
            assert page.title() != "ran"
            shown = page.locator("main").inner_text()
            shown += "".join(page.locator("main input").evaluate_all("all => all.map((each) => each.value)"))
            tried += sum(shown.count(sign) for sign in SIGNS)
            if not any(sign in shown for sign in SIGNS):
                bare.add((login, path))
            if login in ("child", "mentor") and path.startswith("/rooms/"):
                page.locator("#scroller").evaluate("(element) => element.scrollTo(0, 0)")
                page.locator(".said").nth(60).wait_for()  # an older page has come over REST
        page.context.close()
    assert complaints == []
    assert tried > 1000, tried
    assert not {(who, path) for who, path in bare if not path.endswith(BARE)}
