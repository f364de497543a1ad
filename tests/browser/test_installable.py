"""The site as an application: without a network it says so and whom to ring, and has kept nothing of anybody.
In WeChat's own browser it is only pages, and says where a file can be saved.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
KEPT = """async () => {
    const found = [];
    for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys()) found.push(request.url);
    return found.sort() }"""
WECHAT = (
    "Mozilla/5.0 (Linux; Android 8.1; PACM00) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/66.0.3359.126 MQQBrowser/6.2 Mobile Safari/537.36 MicroMessenger/7.0.3"
)


def test_without_a_network_it_says_whom_to_ring_and_nothing_private_was_kept(
    round_the_clock: Site, cast: dict[str, Any], browser: Browser
) -> None:
    url, history = round_the_clock.url, f"/children/{cast['child']}/history/"
    round_the_clock.furnish("tests.browser.met")
    page = sign_in(browser, url, "parent")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto(url + history)  # through the worker
    assert page.evaluate("!!navigator.serviceWorker.controller")
    expect(page.get_by_role("main")).to_contain_text("28分钟")
    manifest = page.request.get(f"{url}/manifest.webmanifest").json()
    assert manifest["start_url"] == "/" and {icon["sizes"] for icon in manifest["icons"]} == {
        "192x192",
        "512x512",
    }
    for icon in manifest["icons"]:
        assert page.request.get(url + icon["src"]).headers["content-type"] == "image/png"

    page.context.set_offline(True)
    for path in (history, "/"):
        page.goto(url + path)
        expect(page.get_by_role("heading", name="没有网络")).to_be_visible()
        said = page.content()
        assert "12355" in said and "沐阳" not in said and "分数" not in said
    page.context.set_offline(False)  # and it looks again by itself
    expect(page.get_by_role("main")).to_contain_text("沐阳")
    kept = [each.removeprefix(url) for each in page.evaluate(KEPT)]
    assert kept[0] == "/offline/?language=zh-hans" and len(kept) == 5
    assert all(re.fullmatch(r"/static/web/([\w.]+\.css|online[\w.]*\.js)", each) for each in kept[1:]), kept


def test_in_wechat_it_is_pages_only(round_the_clock: Site, cast: dict[str, Any], browser: Browser) -> None:
    url, history = round_the_clock.url, f"/children/{cast['child']}/history/"
    page = sign_in(browser, url, "parent")
    there = browser.new_context(user_agent=WECHAT, viewport={"width": 360, "height": 640})
    there.add_cookies(page.context.cookies())
    wechat = there.new_page()
    wechat.goto(f"{url}{history}file/")
    expect(wechat.get_by_text("请点右上角“…”，选“在浏览器打开”。")).to_be_visible()
    expect(wechat.get_by_role("button", name="保存文件")).to_have_count(0)
    assert wechat.locator("link[rel=manifest], script[src*='install.js']").count() == 0
    assert wechat.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)") == 0
    expect(page.locator("link[rel=manifest]")).to_have_count(1)
