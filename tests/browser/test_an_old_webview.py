"""The child's room in a WebView of 2018, as WeChat brings one along: what later browsers have is taken away.

What its scripts may not even contain is held by `test_old_webviews_can_read_our_scripts`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_help import ON_DUTY
from tests.browser.test_installable import WECHAT
from tests.chat.served import Served, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Not in Chrome 69, or forbidden in such a WebView.
TAKEN = """
for (const name of ["structuredClone", "indexedDB", "caches", "speechSynthesis", "SpeechSynthesisUtterance",
  "queueMicrotask", "ResizeObserver", "WeakRef", "FinalizationRegistry", "AggregateError", "CSSStyleSheet"]) {
  try { Object.defineProperty(window, name, { value: undefined }); } catch (error) { delete window[name]; }
}
for (const [of, names] of [
  [Array.prototype, ["at", "findLast", "findLastIndex", "toSorted", "toReversed", "with"]],
  [String.prototype, ["at", "replaceAll", "matchAll"]],
  [Object, ["fromEntries", "hasOwn", "groupBy"]],
  [Promise, ["allSettled", "any", "withResolvers"]],
  [Element.prototype, ["replaceChildren", "checkVisibility"]],
  [HTMLElement.prototype, ["showPopover"]],
  [HTMLDialogElement.prototype, ["showModal", "show"]],
  [Navigator.prototype, ["clipboard", "serviceWorker", "share", "locks", "storage"]],
  [Crypto.prototype, ["randomUUID"]],
  [AbortSignal, ["timeout", "any"]],
]) for (const name of names) delete of[name];
const matches = Element.prototype.querySelectorAll;
for (const [of, name] of [[Element.prototype, "querySelectorAll"], [Document.prototype, "querySelectorAll"],
  [Element.prototype, "querySelector"], [Document.prototype, "querySelector"], [Element.prototype, "closest"],
  [Element.prototype, "matches"]]) {
  const real = of[name];
  of[name] = function (selector) {
    if (/:(has|is|where|focus-visible)\\b/.test(selector)) throw new DOMException("not a valid selector", "SyntaxError");
    return real.call(this, selector);
  };
}
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as made:
        made.port = made.start()
        yield made


def test_a_child_talks_and_finds_help_in_it(served: Served, browser: Browser) -> None:
    url, family = f"http://127.0.0.1:{served.port}", served.facts[0]
    there = browser.new_context(
        user_agent=WECHAT,
        viewport={"width": 360, "height": 640},
        locale="zh-CN",
        has_touch=True,
        is_mobile=True,
    )
    there.add_init_script(TAKEN)
    name, _is, value = family["cookies"]["child"].partition("=")
    there.add_cookies([{"name": name, "value": value, "url": url}])
    wrong: list[str] = []

    def opened() -> Page:
        page = there.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        return page

    page = opened()
    duty = browser.new_context(locale="zh-CN").new_page()
    name, _is, value = served.run(ON_DUTY).partition("=")
    duty.context.add_cookies([{"name": name, "value": value, "url": url}])

    page.goto(f"{url}/rooms/{family['rooms']['academic']}/")
    assert page.evaluate("[window.structuredClone, [].at, navigator.clipboard].every((each) => !each)")
    say = page.get_by_placeholder("写点什么")
    say.fill("老师好")
    say.press("Enter")
    expect(page.locator(".said.mine:not(.pending)")).to_have_count(1)
    page.get_by_role("button", name="数学符号").tap()
    page.get_by_role("button", name="½").tap()
    say.press("Enter")
    expect(page.locator(".said.mine .body").last).to_have_text("½")
    say.fill("写了一半")
    there.set_offline(True)
    expect(page.get_by_text("现在没有网络")).to_be_visible()
    page.get_by_role("button", name="发送").tap()
    expect(page.get_by_text("等待发送")).to_be_visible()
    page.close()
    there.set_offline(False)
    page = opened()
    page.goto(url)
    expect(page.locator("[data-unsent]:not([hidden])")).to_have_count(1)
    expect(page.get_by_text("给李老师的1句话还没有发出")).to_be_visible()
    page.get_by_role("link", name="去房间").tap()
    say = page.get_by_placeholder("写点什么")
    expect(page.locator(".pending")).to_have_count(0, timeout=20_000)
    say.fill("还没写完")
    page.reload()
    expect(say).to_have_value("还没写完")
    expect(page.locator(".said .body")).to_have_text(["老师好", "½", "写了一半"])
    say.fill("我不想活了")
    say.press("Enter")
    expect(page.get_by_text("谢谢你愿意说出来。")).to_be_visible(timeout=8000)
    duty.goto(f"{url}/duty/")
    duty.get_by_role("link", name="打开").click()
    duty.get_by_role("button", name="我来处理").click()
    expect(page.get_by_text("孙老师看到了，会来找你")).to_be_visible(timeout=10_000)
    page.get_by_role("link", name="我需要帮助").tap()
    page.get_by_role("button", name="我想找一位老师聊聊").tap()
    expect(page.get_by_text("正在告诉值班的孙老师")).to_be_visible()
    duty.goto(f"{url}/duty/")
    duty.get_by_role("link", name="打开").first.click()
    duty.get_by_role("button", name="我来处理").click()
    expect(page.get_by_text("孙老师看到了，会来找你")).to_be_visible(timeout=8000)
    assert [each for each in wrong if "net::ERR_INTERNET_DISCONNECTED" not in each] == []
