"""Every page of every role, as it looks: the whole matrix on the demonstration (deep), and a few pages always."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from backend.web.screens.camera import Visitor, speak
from backend.web.screens.site import demonstration
from backend.web.screens.tour import stops
from tests.browser import looks
from tests.browser.conftest import Site, sign_in

pytestmark = pytest.mark.browser
DEVICES: dict[str, dict[str, Any]] = {
    "pixel": {"viewport": {"width": 412, "height": 839}, "is_mobile": True, "has_touch": True},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
LARGE = 200  # per cent


def faults(page: Page, device: str) -> Iterator[str]:
    """In both colour schemes."""
    width = DEVICES[device]["viewport"]["width"]
    page.emulate_media(
        color_scheme="light", reduced_motion="reduce"
    )  # a colour on its way to another is none
    yield from looks.violations(page)
    page.emulate_media(color_scheme="dark")
    yield from (f"dark: {fault}" for fault in looks.violations(page, "color-contrast"))
    if DEVICES[device].get("has_touch"):
        yield from looks.small_targets(page)
    yield from looks.sticks_out(page, 320)
    yield from looks.sticks_out(page, width, LARGE)
    yield from looks.unseen_focus(page)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The demonstration, on the port that it gives."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = os.environ.get("DEMONSTRATION_DATA")  # made before: it takes some minutes
    with demonstration(Path(kept) if kept else tmp_path_factory.mktemp("city"), port):
        yield port


@pytest.mark.deep
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("device", DEVICES)
def test_every_page_of_every_role(city: int, browser: Browser, device: str, language: str) -> None:
    visitor = Visitor(browser, city, DEVICES[device])
    wrong = []
    for stop in stops():
        page = visitor.go(stop)
        speak(page, language, appearance="")
        page.reload()
        wrong += [f"{stop.role} {stop.name}: {fault}" for fault in faults(page, device)]
    assert not wrong, "\n".join(wrong)


def test_in_the_hand(round_the_clock: Site, browser: Browser, cast: dict[str, Any]) -> None:
    """One cell of the matrix: what a child, a mentor and a parent see first, and the room."""
    room = f"/rooms/{cast['rooms']['academic']}/"
    wrong = []
    for login, paths in {"child": ["/", room], "mentor": ["/"], "parent": ["/"]}.items():
        page = sign_in(browser, round_the_clock.url, login, **DEVICES["pixel"])
        for path in paths:
            page.goto(round_the_clock.url + path)
            wrong += [f"{login} {path}: {fault}" for fault in faults(page, "pixel")]
    assert not wrong, "\n".join(wrong)
