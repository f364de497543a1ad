"""The pages of parents, carers and mentors on a small telephone: nothing sticks out, axe finds nothing, thumbs
hit; and a week that is ticked, painted over, or walked through with keys.
"""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# Links inside a sentence are no targets of their own; what lies off the page is read out only.
SMALL = """() => [...document.querySelectorAll("main button, main a.button, main summary, main select,"
        + " main .hours label, main td a")]
    .filter(e => e.getClientRects().length && !e.closest("details:not([open]) > :not(summary)"))
    .map(e => [e.innerText.trim(), Math.round(e.getBoundingClientRect().width), Math.round(e.getBoundingClientRect().height)])
    .filter(([_, width, height]) => height < 44 || width < 40)"""


def check(page: Page) -> None:
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 760})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
    assert page.evaluate(SMALL) == [], page.url


def test_every_page_reads_well_and_a_week_is_painted(
    round_the_clock: Site, cast: dict[str, Any], browser: Browser
) -> None:
    url, child = round_the_clock.url, f"/children/{cast['child']}"
    round_the_clock.furnish("tests.browser.met")
    pages = {
        "parent": [
            "/",
            *(f"{child}/{each}/" for each in ("history", "history/paper", "history/file", "mentors")),
        ],
        "carer": ["/", f"{child}/hand-over/"],
        "mentor": ["/", "/my-calendar/", "/my-hours/", f"/rooms/{cast['rooms']['academic']}/end/"],
    }
    for who, paths in pages.items():
        page = sign_in(browser, url, who)
        for path in paths:
            page.goto(url + path)
            for more in page.locator("main details").all():
                more.locator("summary").click()
            check(page)

    page.goto(f"{url}/my-hours/")

    def box(day: int, hour: int) -> Any:
        return page.locator(f"input[name=slot][value='{day * 24 + hour}']")

    # A stroke with the mouse over four hours of Monday morning, the first of which is not ticked yet.
    first, last = (box(0, hour).locator("..").bounding_box() for hour in (8, 11))
    assert first and last
    page.mouse.move(first["x"] + 9, first["y"] + 9)
    page.mouse.down()
    page.mouse.move(last["x"] + 9, last["y"] + 9, steps=12)
    page.mouse.up()
    for hour in range(8, 12):
        expect(box(0, hour)).to_be_checked()
    # A tap takes one back; keys walk on, past nothing, and the space bar ticks.
    box(0, 9).locator("..").click()
    expect(box(0, 9)).not_to_be_checked()
    box(0, 8).focus()
    for key in ("ArrowRight", "ArrowDown", "Space"):
        page.keyboard.press(key)
    expect(box(1, 9)).to_be_focused()
    expect(box(1, 9)).to_be_checked()
    # The child's hour, Wednesday at seven, is passed over.
    box(1, 19).focus()
    page.keyboard.press("ArrowRight")
    expect(box(3, 19)).to_be_focused()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("您的空闲时间已保存")).to_be_visible()
    ticked = page.locator("input[name=slot]:checked").evaluate_all("boxes => boxes.map(box => +box.value)")
    assert {8, 10, 11, 24 + 9} <= set(ticked) and 9 not in ticked
