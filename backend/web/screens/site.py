"""The demonstration as a site of its own, beside any other, while pictures of it are taken."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PATIENCE = 600  # seconds: it is made anew if the folder does not have it


class DidNotStart(Exception):
    """In its last words."""


@contextmanager
def demonstration(data: Path, port: int) -> Iterator[None]:
    """Runs `manage.py demo` on the port, with its data in the folder, until the end of the block."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--port", str(port)]
    environment = {**os.environ, "SHUANGDAO_DATA_DIR": str(data)}
    data.mkdir(parents=True, exist_ok=True)
    with (data / "demo.log").open("w") as log:
        demo = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(demo, port, data / "demo.log")
            yield
        finally:
            demo.terminate()
            demo.wait(timeout=60)


def _wait(demo: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and demo.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=5)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
        else:
            return
    raise DidNotStart(log.read_text().strip().rpartition("\n")[2] or "nothing was said")
