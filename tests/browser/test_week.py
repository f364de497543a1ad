"""A mentor's week in a real browser: ticked, painted over, walked through with keys; on the smallest telephone too."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import looks
from tests.browser.conftest import Site, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_week_is_painted_over_and_walked_through(
    round_the_clock: Site, cast: dict[str, Any], browser: Browser
) -> None:
    url = round_the_clock.url
    page = sign_in(browser, url, "mentor")
    page.goto(f"{url}/my-hours/")
    assert [*looks.violations(page), *looks.sticks_out(page, 320)] == []
    page.set_viewport_size({"width": 390, "height": 760})

    def box(day: int, hour: int) -> Any:
        return page.locator(f"input[name=slot][value='{day * 24 + hour}']")

    # A stroke with the mouse over four hours of Monday morning, the first of which is not ticked yet.
    first, last = (box(0, hour).locator("..").bounding_box() for hour in (8, 11))
    assert first and last
    # A finger's stroke that the browser takes for a scroll has ticked nothing.
    for kind, where in (("pointerdown", first), ("pointermove", last), ("pointercancel", last)):
        at = {"clientX": where["x"] + 9, "clientY": where["y"] + 9, "bubbles": True, "pointerType": "touch"}
        box(0, 8).locator("..").dispatch_event(kind, at)
        if kind == "pointermove":
            expect(box(0, 11)).to_be_checked()
    for hour in (8, 11):
        expect(box(0, hour)).not_to_be_checked()
    page.mouse.move(first["x"] + 9, first["y"] + 9)
    page.mouse.down()
    page.mouse.move(last["x"] + 9, last["y"] + 9, steps=12)
    page.mouse.up()
    for hour in range(8, 12):
        expect(box(0, hour)).to_be_checked()
    # A tap takes one back; keys walk on, and the space bar ticks.
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
    assert {8, 10, 11, 24 + 9} <= set(ticked)
    assert 9 not in ticked
    # Without the newer way to copy the address is marked, whole.
    page.goto(f"{url}/my-calendar/")
    page.get_by_role("button", name="生成").click()
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="复制地址").click()
    address = page.locator("#address")
    marked = address.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
    assert marked == address.input_value() and "/calendar/" in marked
    webcal = page.locator("a[href^='webcal:']").get_attribute("href")
    assert webcal and webcal.partition(":")[2] == marked.partition(":")[2]
