"""What a parent on a ward waits for: the first view of the history with nothing cached, on a slow telephone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
MOST_BYTES, MOST_REQUESTS, LARGEST_BY_MS = 100_000, 12, 2500
# Chromium's own "slow 4G", as its performance audits use it.
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
LARGEST = """() => new Promise(done => new PerformanceObserver(list => {
    const last = list.getEntries().at(-1); done([last.startTime, last.element?.innerText ?? ""]) })
    .observe({type: "largest-contentful-paint", buffered: true}))"""


def cold(browser: Browser, page: Page, **more: Any) -> tuple[Page, Any]:
    """The same person in a browser that has nothing of the site but the sign-in."""
    context = browser.new_context(
        storage_state=page.context.storage_state(), viewport={"width": 390, "height": 760}, **more
    )
    fresh = context.new_page()
    line = context.new_cdp_session(fresh)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return fresh, line


def test_the_history_comes_in_few_small_pieces_and_reads_without_scripts(
    round_the_clock: Site, cast: dict[str, Any], browser: Browser
) -> None:
    round_the_clock.furnish("tests.browser.met")
    parent = sign_in(browser, round_the_clock.url, "parent")
    for path in ("/", f"/children/{cast['child']}/history/"):
        fresh, line = cold(browser, parent, java_script_enabled=False)
        sizes: list[float] = []
        asked: list[str] = []
        line.on("Network.requestWillBeSent", lambda told, asked=asked: asked.append(told["request"]["url"]))
        line.on("Network.loadingFinished", lambda told, sizes=sizes: sizes.append(told["encodedDataLength"]))
        fresh.goto(round_the_clock.url + path, wait_until="load")
        main = fresh.get_by_role("main").inner_text()
        assert "李老师昨" in main and "28分钟" in main, main
        assert len([url for url in asked if not url.startswith("data:")]) <= MOST_REQUESTS, asked
        assert sum(sizes) <= MOST_BYTES, (path, sum(sizes))
        print(f"{path}: {sum(sizes):,.0f} bytes, {len(asked)} requests")


@pytest.mark.deep
def test_the_largest_text_stands_there_in_time_on_a_slow_telephone(
    round_the_clock: Site, cast: dict[str, Any], browser: Browser
) -> None:
    round_the_clock.furnish("tests.browser.met")
    parent = sign_in(browser, round_the_clock.url, "parent")
    for path in ("/", f"/children/{cast['child']}/history/"):
        fresh, line = cold(browser, parent)
        line.send("Network.emulateNetworkConditions", SLOW_4G)
        line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        fresh.goto(round_the_clock.url + path, wait_until="load")
        took, text = fresh.evaluate(LARGEST)
        print(f"{path}: largest text after {took:.0f} ms: {text[:40]!r}")
        assert took < LARGEST_BY_MS, path
