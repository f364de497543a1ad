"""A pair meets, in two real browsers, one of which loses its network; the parent reads what happened."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, sign_in
from tests.browser.wire import Wire

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def wire(round_the_clock: Site) -> Iterator[Wire]:
    port = urlparse(round_the_clock.url).port
    assert port is not None
    wire = Wire(port)
    yield wire
    wire.close()


def check_reads_well(page: Page) -> None:
    """axe finds nothing, and nothing sticks out sideways."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def check_first_view_is_light(browser: Browser, parent: Page) -> None:
    """The parent's first page, with nothing cached and scripts off: readable, within 100 KB and 12 requests."""
    cold = browser.new_context(viewport={"width": 360, "height": 760}, java_script_enabled=False)
    cold.add_cookies(parent.context.cookies())  # type: ignore[arg-type]
    page, sizes = cold.new_page(), []
    page.on("requestfinished", lambda request: sizes.append(sum(request.sizes().values())))
    page.goto(parent.url, wait_until="networkidle")
    expect(page.locator(".first-line").first).to_contain_text("李老师")
    assert 10_000 < sum(sizes) <= 100_000, sizes
    assert 3 <= len(sizes) <= 12


def say(page: Page, *words: str) -> None:
    field = page.get_by_label("你的话")
    for text in words:
        field.fill(text)
        field.press("Enter")


def said(page: Page) -> list[str]:
    return page.locator(".said .body").all_inner_texts()


def test_they_talk_through_a_lost_network_and_the_parent_reads_that_somebody_came(
    round_the_clock: Site, browser: Browser, cast: dict[str, Any], wire: Wire
) -> None:
    url, room = round_the_clock.url, cast["rooms"]["academic"]
    mentor = sign_in(browser, url, "mentor", width=320)
    child = sign_in(browser, f"http://127.0.0.1:{wire.port}", "child", width=320)
    for page in (mentor, child):
        check_reads_well(page)
    mentor.get_by_role("link", name="进入").first.click()
    child.get_by_role("link", name="进入").first.click()
    expect(mentor.get_by_text("见面中")).to_be_visible()
    expect(child.locator("#readers")).to_have_text(
        "只有李老师、沐阳、紧急时的项目负责老师（每次都有记录）能看到这里的话。"
    )

    say(mentor, "沐阳，晚上好！")
    expect(child.get_by_text("沐阳，晚上好！")).to_be_visible()
    say(child, "老师好")
    expect(mentor.get_by_text("老师好")).to_be_visible()
    expect(child.get_by_text("老师看到了")).to_be_visible()

    wire.cut()
    expect(child.get_by_text("网络断了")).to_be_visible()
    say(child, "三分之一", "加二分之一", "等于多少？")
    say(mentor, "你还在吗？", "我等你。")
    expect(child.locator(".pending")).to_have_count(3)
    child.get_by_label("你的话").fill("还没写完的")
    wire.mend()
    expect(child.locator(".pending")).to_have_count(0, timeout=40_000)
    expect(child.get_by_text("网络断了")).to_be_hidden()
    say(mentor, "先通分。")
    expect(child.get_by_text("先通分。")).to_be_visible()
    both = [
        "沐阳，晚上好！",
        "老师好",
        "你还在吗？",
        "我等你。",
        "三分之一",
        "加二分之一",
        "等于多少？",
        "先通分。",
    ]
    assert said(mentor) == said(child) == both
    for page in (mentor, child):
        check_reads_well(page)
    child.reload()
    expect(child.get_by_label("你的话")).to_have_value("还没写完的")
    assert said(child) == both

    expect(child.locator("#session")).to_contain_text("见面中")
    mentor.get_by_role("link", name="结束见面").click()
    check_reads_well(mentor)
    expect(child.locator("#away")).to_contain_text("李老师现在不在线，这次见面还没有结束。")
    expect(child.locator("#session")).to_have_text("")
    mentor.get_by_label("您自己的话，还有下次做什么").fill("学了通分。下次：分数的加减法。")
    mentor.get_by_role("button", name="结束见面").click()
    expect(mentor.get_by_text("见面已结束，小结已保存")).to_be_visible()
    expect(child.get_by_text("见面结束")).to_be_visible()
    expect(child.get_by_text("还没有结束")).to_be_hidden()
    pairing = cast["pairings"]["academic"]
    for path in ("", f"my-children/{pairing}/", f"my-children/{pairing}/elsewhere/", "notices/"):
        mentor.goto(f"{url}/{path}")
        check_reads_well(mentor)
    for path in ("", f"children/{cast['child']}/history/", "notices/"):
        child.goto(f"{url}/{path}")
        check_reads_well(child)

    parent = sign_in(browser, url, "parent", width=360)
    expect(parent.locator(".first-line").first).to_contain_text("李老师")
    check_reads_well(parent)
    check_first_view_is_light(browser, parent)
    parent.get_by_role("link", name="全部见面记录").click()
    expect(parent.get_by_text("学了通分。下次：分数的加减法。")).to_be_visible()
    check_reads_well(parent)

    carer = sign_in(browser, url, "carer", width=360)
    before = carer.locator("ul.plain li").first.inner_text()
    carer.get_by_role("link", name="来不了、换时间").first.click()
    check_reads_well(carer)
    carer.locator("input[type=radio][name=start]").last.check()
    carer.get_by_role("button", name="改到选好的时间").click()
    expect(carer.get_by_text("已经改到")).to_be_visible()
    assert carer.locator("ul.plain li").first.inner_text() != before

    stranger = sign_in(browser, url, "stranger")
    assert stranger.goto(f"{url}/rooms/{room}/").status == 404  # type: ignore[union-attr]
    for path in (f"/api/v1/rooms/{room}/messages/", f"/api/v1/rooms/{room + 1000}/messages/"):
        assert stranger.request.get(url + path).status == 404
    close = stranger.evaluate(
        """path => new Promise(done => {
             const socket = new WebSocket(`ws://${location.host}${path}`);
             socket.onclose = event => done(event.code);
           })""",
        f"/ws/rooms/{room}/",
    )
    assert close == 4404
