"""The real server and worker on a temporary database, and a real Chromium."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend.testing import FLAGS, find_chromium
from tests.browser.cast import CANARIES, PASSWORD
from tests.chat.served import copy_migrated, made_once, run_folder

ROOT = Path(__file__).resolve().parent.parent.parent
ROUND_THE_CLOCK = {"SHUANGDAO_MODE": "demo"}


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
    copy_migrated(tmp_path / "data" / "shuangdao.sqlite3")
    yield from _serve(tmp_path)


@pytest.fixture
def round_the_clock(tmp_path: Path) -> Iterator[Site]:
    """A site whose rooms are open at every hour, as the demonstration's are: tests run at night too. With its cast."""
    shutil.copytree(_with_cast(), tmp_path / "data")
    yield from _serve(tmp_path, **ROUND_THE_CLOCK)


def _with_cast() -> Path:
    """The data of a site in which the cast lives: made once a run."""

    def make(where: Path) -> None:
        data = Path(tempfile.mkdtemp(dir=run_folder()))
        copy_migrated(data / "demo.sqlite3")
        printed = Site("", _environment(data, **ROUND_THE_CLOCK)).furnish("tests.browser.cast")
        (data / "cast.json").write_text(printed)
        os.replace(data, where)

    return made_once("cast", make)


def _environment(data: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHUANGDAO_")}
    return {**kept, "SHUANGDAO_DATA_DIR": str(data), "PYTHONPATH": str(ROOT), **more}


def _serve(tmp_path: Path, **more: str) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = _environment(tmp_path / "data", **more)
    site = Site(f"http://127.0.0.1:{port}", environment)
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not for the whole session: while it runs, no other test in this process could run a loop of its own.
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """What is open in it is this test's."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def cast(round_the_clock: Site) -> dict[str, Any]:
    """A child with two mentors, a parent, a carer, a stranger and a coordinator, who can sign in."""
    return dict(
        json.loads((Path(round_the_clock.environment["SHUANGDAO_DATA_DIR"]) / "cast.json").read_text())
    )


def sign_in(browser: Browser, url: str, login: str, *, width: int = 390, **device: Any) -> Page:
    page = browser.new_context(**{"viewport": {"width": width, "height": 760}, **device}).new_page()
    page.goto(f"{url}/sign-in/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{url}/")
    return page
