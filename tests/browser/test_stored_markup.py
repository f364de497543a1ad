"""Markup that somebody stored is shown as what it is: no script runs, and nothing even tries to."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Site, sign_in
from tests.browser.hostile import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.deep, pytest.mark.timeout(240)]


def test_a_hundred_and_twenty_scripts_in_every_text_do_nothing(
    round_the_clock: Site, browser: Browser, cast: dict[str, Any]
) -> None:
    round_the_clock.furnish("tests.browser.hostile")
    assert len(PAYLOADS) >= 100
    child, rooms, pairings = cast["child"], cast["rooms"], cast["pairings"]
    pages = {
        "child": ["/", f"/rooms/{rooms['academic']}/", f"/children/{child}/history/", "/notices/"],
        "mentor": ["/", f"/rooms/{rooms['academic']}/", f"/my-children/{pairings['academic']}/", "/notices/"],
        "counsellor": [f"/rooms/{rooms['wellbeing']}/end/", f"/my-children/{pairings['wellbeing']}/"],
        "parent": ["/", f"/children/{child}/history/", f"/children/{child}/", "/notices/"],
        "carer": ["/"],
        "coordinator": [
            "/",
            "/children/",
            f"/children/{child}/",
            f"/children/{child}/edit/",
            "/mentors/",
            "/pairings/",
        ],
    }
    complaints: list[str] = []
    for login, paths in pages.items():
        page = sign_in(browser, round_the_clock.url, login)
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        # A policy that had to stop something means that markup got through.
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        for path in paths:
            answer = page.goto(round_the_clock.url + path)
            assert answer is not None and answer.status == 200, path
            page.wait_for_timeout(300)
            assert page.title() != "ran"
            shown = page.locator("main").inner_text()
            assert "onload=" in shown or "<script>" in shown or "onerror=" in shown or path == "/notices/", (
                path
            )
            if "/rooms/" in path and "end" not in path:
                page.locator("#scroller").evaluate("(element) => element.scrollTo(0, 0)")
                page.locator(".said").nth(60).wait_for()  # an older page has come over REST
        page.context.close()
    assert complaints == []
