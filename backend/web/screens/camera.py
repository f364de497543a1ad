"""A browser that goes the tour and takes pictures: each stop in both languages, on a phone and on a desk."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from backend.testing import FLAGS
from backend.web.appearance import COOKIE as APPEARANCE
from backend.web.screens.tour import NoWay, Stop, pattern
from chat.endpoint import LANGUAGE_COOKIE

# Width, and the least and greatest height: as tall as the page, within reason.
SIZES = {"phone": (360, 640, 760), "desk": (1080, 560, 660)}
LANGUAGES = {"zh": "zh-hans", "en": "en"}
QUALITY = 16
SETTLE = 350  # milliseconds: what a room says after it has been joined


@contextmanager
def browser_at(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, "--hide-scrollbars"])
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """One role at a time, each on a host and in a browser context of its own."""

    browser: Browser
    port: int
    options: dict[str, Any] = field(default_factory=dict)
    _pages: dict[str, Page] = field(default_factory=dict)

    def go(self, stop: Stop) -> Page:
        """The role's page, at the stop. Raises NoWay."""
        page = self.page_of(stop.role)
        for number, step in enumerate(stop.way):
            page.goto(self.address(stop.role, _follow(page, step) if number else step))
        return page

    def page_of(self, role: str) -> Page:
        """Signed in, as the demonstration's doors do it."""
        if role not in self._pages:
            page = self.browser.new_context(**{"service_workers": "block"} | self.options).new_page()
            page.goto(self.address(role, "/"))
            self._pages[role] = page
        return self._pages[role]

    def address(self, role: str, path: str) -> str:
        host = "localhost" if role == "localhost" else f"{role}.localhost"
        return f"http://{host}:{self.port}{path}"


def _follow(page: Page, step: str) -> str:
    wanted = pattern(step)
    links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    for link in links:
        if wanted.fullmatch(urlsplit(link).path):
            return urlsplit(link).path + (f"?{urlsplit(link).query}" if urlsplit(link).query else "")
    raise NoWay(f"{urlsplit(page.url).path} has no link to {step}")


def speak(page: Page, language: str, appearance: str = "light") -> None:
    """From the next page on."""
    chosen = {LANGUAGE_COOKIE: language, APPEARANCE: appearance}
    url = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in chosen.items()])


def picture(
    page: Page, folder: Path, stop: Stop, prepare: Callable[[Page], None] = lambda _page: None
) -> int:
    """Files named after the stop; how many bytes they have together. prepare: what is done on each page first."""
    size = 0
    for language, code in LANGUAGES.items():
        for appearance in ("light", "dark") if stop.dark and language == "zh" else ("light",):
            speak(page, code, appearance)
            page.reload()
            prepare(page)
            for kind in SIZES:
                _fit(page, kind)
                dark = "-dark" if appearance == "dark" else ""
                file = folder / f"{stop.role}-{stop.name}-{language}-{kind}{dark}.webp"
                size += _save(page, file)
    return size


def _fit(page: Page, kind: str) -> None:
    width, least, most = SIZES[kind]
    page.set_viewport_size({"width": width, "height": least})
    page.wait_for_timeout(SETTLE)
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(least, min(most, tall))})
    page.wait_for_timeout(60)


def _save(page: Page, file: Path) -> int:
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    session.detach()
    data = base64.b64decode(shot["data"])
    file.write_bytes(data)
    return len(data)
