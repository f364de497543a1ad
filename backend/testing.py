"""`manage.py tests`: the linters, the types, the layers and the tests, each with its line in the summary."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.prefix) / "bin"
# Quick: three, for servers and browsers make tests wait. What a file has set up stays in one process. The order stays: tests that empty the tables come last.
BY_FILE = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
AS_FREE = ["-n", "2"]  # deep: single tests are long
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Of a Chromium that is driven: it talks to nobody but the site.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py tests", description="Everything quick.")
    parser.add_argument("--deep", action="store_true", help="long tests too, up to 40 minutes")
    parser.add_argument("-k", default="", help="only tests whose name matches")
    options = parser.parse_args(arguments)
    skipped = [] if find_chromium() else ["browser lane: no Chromium on this machine"]
    marks = [] if options.deep else ["not deep"]
    if skipped:
        marks.append("not browser")
    pytest = [sys.executable, "-m", "pytest", "-q", "-m", " and ".join(marks), "-k", options.k]
    manage = [sys.executable, str(ROOT / "manage.py")]
    steps = {
        "ruff check": [str(BIN / "ruff"), "check", "."],
        "ruff format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        "mypy": [str(BIN / "mypy")],
        "layers": [str(BIN / "lint-imports")],
        "templates": [str(BIN / "djlint"), "backend", "--check", "--lint", "--quiet"],
        "migrations": [*manage, "makemigrations", "--check", "--dry-run"],
        "system check": [*manage, "check"],
        "core tests": [*pytest, "-p", "no:django", "tests/core"],
        "tests": [*pytest, *(AS_FREE if options.deep else BY_FILE), "--ignore", "tests/core", "tests"],
    }
    failed, passed_tests, failed_tests = [], 0, 0
    for name, done in _run(steps):
        # 5: no test matched, which is a fault only when nothing narrowed the choice.
        if done.returncode and not (done.returncode == 5 and options.k):
            failed.append(name)
        if name.endswith("tests"):
            passed_tests += _count(done.stdout, "passed")
            failed_tests += _count(done.stdout, "failed") + _count(done.stdout, "error")
    for lane in skipped:
        print(f"skipped  {lane}")
    for name in steps:
        print(f"{'FAILED' if name in failed else 'ok':8} {name}")
    if skipped and os.environ.get("REQUIRE_ALL") == "1":
        failed.append("a lane that REQUIRE_ALL asks for is missing")
    print(f"tests: {passed_tests} passed, {failed_tests} failed")
    return 1 if failed else 0


def _run(steps: dict[str, list[str]]) -> Iterator[tuple[str, subprocess.CompletedProcess[str]]]:
    """Two at once, but the tests alone, which are two processes themselves; told in the order of the steps."""

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(steps[name], cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE)

    *short, tests = steps
    with ThreadPoolExecutor(2) as two:
        running = {name: two.submit(run, name) for name in short}
        for name in steps:
            print(f"== {name}", flush=True)
            done = run(name) if name == tests else running[name].result()
            print(done.stdout, flush=True)
            yield name, done


def _count(output: str, word: str) -> int:
    found = re.findall(rf"(\d+) {word}s?\b", output.splitlines()[-1] if output.strip() else "")
    return int(found[0]) if found else 0
