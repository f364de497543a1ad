"""A parent asks to read along, the child says yes and later no; the open rooms say so at once."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, sign_in
from tests.browser.test_a_meeting import check_reads_well

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
OF_TEN = (
    "from backend.rosters.models import Child; from django.utils import timezone\n"
    "Child.objects.update(birth_date=timezone.localdate().replace(day=1, year=timezone.localdate().year - 10))"
)


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#send").click()


def test_the_room_says_who_reads_along_while_it_is_open(
    round_the_clock: Site, browser: Browser, cast: dict[str, Any]
) -> None:
    site, room = round_the_clock, cast["rooms"]["academic"]
    site.manage("shell", "-c", OF_TEN)
    mentor, parent, child = (sign_in(browser, site.url, who) for who in ("mentor", "parent", "child"))
    mentor.goto(f"{site.url}/rooms/{room}/")
    say(mentor, "之前的话")
    readers = mentor.locator("#readers")
    expect(readers).to_have_text("只有李老师、沐阳、紧急时的项目负责老师（每次都有记录）能看到这里的话。")
    parent.get_by_text("更多，想改点什么").click()
    parent.get_by_role("link", name="看聊天").click()
    parent.get_by_role("button", name="问问沐阳").click()
    expect(parent.get_by_text("还没有回答")).to_be_visible()
    child.reload()
    child.get_by_role("button", name="可以", exact=True).click()
    expect(readers).to_have_text(
        "只有李老师、沐阳、沐阳的一位家长、紧急时的项目负责老师（每次都有记录）能看到这里的话。"
    )
    expect(mentor.locator("#log")).to_contain_text("从这里开始，沐阳的一位家长也能看到这里的话。")
    say(mentor, "之后的话")
    expect(mentor.locator("#log")).to_contain_text("之后的话")
    parent.reload()
    parent.get_by_role("link", name="看聊天").click()
    expect(parent.get_by_text("之后的话")).to_be_visible()
    expect(parent.get_by_text("之前的话")).to_have_count(0)
    child.goto(site.url)
    child.get_by_role("button", name="不让看了").click()
    expect(readers).to_have_text("只有李老师、沐阳、紧急时的项目负责老师（每次都有记录）能看到这里的话。")
    expect(mentor.locator("#log")).to_contain_text(re.compile("从这里开始，家长看不到这里的话了"))
    answer = parent.goto(f"{site.url}/rooms/{room}/")
    assert answer is not None and answer.status == 404
    for page, path in (
        (parent, f"children/{cast['child']}/consent/"),
        (parent, f"children/{cast['child']}/consent/withdraw/"),
        (parent, f"children/{cast['child']}/read-along/"),
        (child, f"children/{cast['child']}/stop/"),
    ):
        page.set_viewport_size({"width": 320, "height": 700})
        page.goto(f"{site.url}/{path}")
        check_reads_well(page)
