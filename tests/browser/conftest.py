"""The real server and worker on a temporary database, and a real Chromium."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend.testing import find_chromium
from tests.browser.cast import CANARIES, PASSWORD
from tests.chat.served import copy_migrated

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """A running site: where it is, and its management commands."""

    url: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        return self._run(str(ROOT / "manage.py"), *arguments)

    def furnish(self, module: str) -> str:
        """Runs a module of the tests inside the site's database."""
        return self._run("-m", module)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "backend.settings"},
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return done.stdout


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield from _serve(tmp_path)


@pytest.fixture
def round_the_clock(tmp_path: Path) -> Iterator[Site]:
    """A site whose rooms are open at every hour, as the demonstration's are: tests run at night too."""
    yield from _serve(tmp_path, SHUANGDAO_MODE="demo")


def _serve(tmp_path: Path, **more: str) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHUANGDAO_")}
    environment = {**kept, "SHUANGDAO_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT), **more}
    site = Site(f"http://127.0.0.1:{port}", environment)
    name = "demo" if more.get("SHUANGDAO_MODE") == "demo" else "shuangdao"
    copy_migrated(tmp_path / "data" / f"{name}.sqlite3")
    serve = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "backend.asgi:application"]
    work = [sys.executable, str(ROOT / "manage.py"), "worker"]
    with (tmp_path / "log").open("w") as log:
        processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            for command in (serve, work)
        ]
        try:
            _wait_until_it_answers(site.url)
            yield site
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=20)
    logged = (tmp_path / "log").read_text()
    assert "Traceback" not in logged
    assert [canary for canary in CANARIES if canary in logged] == []


def _wait_until_it_answers(url: str) -> None:
    for _attempt in range(150):
        try:
            urllib.request.urlopen(f"{url}/sign-in/", timeout=5)
        except (urllib.error.URLError, ConnectionError, TimeoutError):  # or slow to begin
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the server does not answer")


@pytest.fixture
def browser() -> Iterator[Browser]:
    # Not for the whole session: while it runs, no other test in this process could run a loop of its own.
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def cast(round_the_clock: Site) -> dict[str, Any]:
    """A child with two mentors, a parent, a carer, a stranger and a coordinator, who can sign in."""
    return dict(json.loads(round_the_clock.furnish("tests.browser.cast")))


def sign_in(browser: Browser, url: str, login: str, *, width: int = 390, **device: Any) -> Page:
    page = browser.new_context(**{"viewport": {"width": width, "height": 760}, **device}).new_page()
    page.goto(f"{url}/sign-in/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{url}/")
    return page
