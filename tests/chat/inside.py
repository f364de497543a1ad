"""Runs Python inside a server's database: set up once, then a process of its own for each piece of code.

As a script: listens on the Unix socket it is given, and forks for each request, a JSON text on a line.
"""

import json
import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer

ROOT = Path(__file__).parents[2]
STARTED_BY = os.getppid()


class Inside:
    """env: of the server; it is looked at when the first code comes."""

    def __init__(self, env: Mapping[str, str], address: Path) -> None:
        self._address, self._log = str(address), address.with_suffix(".log")
        command = [sys.executable, "-m", __name__, self._address]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def run(self, code: str) -> str:
        """What it prints. Raises AssertionError with its traceback."""
        with self._connected() as line, line.makefile("rw", encoding="utf-8") as file:
            file.write(json.dumps(code) + "\n")
            file.flush()
            answer = file.readline()
        assert answer, "the code ended its process"
        failed, printed = json.loads(answer)
        assert not failed, failed
        return printed

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def _connected(self) -> socket.socket:
        end = time.monotonic() + 60
        while True:
            line = socket.socket(socket.AF_UNIX)
            try:
                line.connect(self._address)
            except OSError:
                line.close()
                assert self._process.poll() is None and time.monotonic() < end, self._log.read_text()[-3000:]
                time.sleep(0.02)
            else:
                return line


class _Forking(ForkingMixIn, UnixStreamServer):
    block_on_close = False
    request_queue_size = 64

    def service_actions(self) -> None:
        super().service_actions()
        if os.getppid() != STARTED_BY:
            os._exit(0)  # nobody is left to ask


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        code, printed, failed = json.loads(self.rfile.readline()), StringIO(), ""
        try:
            with redirect_stdout(printed):
                exec(code, {"__name__": "inside"})
        except BaseException:
            failed = traceback.format_exc()[-3000:]
        self.wfile.write(json.dumps([failed, printed.getvalue()]).encode() + b"\n")


if __name__ == "__main__":
    import django

    django.setup()
    _Forking(sys.argv[1], _Handler).serve_forever(poll_interval=5)
