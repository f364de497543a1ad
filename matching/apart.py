"""The solver in a process of its own, so that ending it ends the work."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

HEARTBEAT_SECONDS = 1.0


class SolverFailed(Exception):
    """The solver ended without a plan; the message is for the coordinator."""


def run_apart(task: Mapping[str, Any], beat: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Hands the task to `matching.core.job`; returns its answer, or raises SolverFailed.

    beat: called at least every second with the last progress; what it raises ends the solver.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "matching.core.job", str(os.getpid())],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines: queue.Queue[str | None] = queue.Queue()
    pump = threading.Thread(target=_pump, args=(process, json.dumps(task), lines), daemon=True)
    pump.start()
    try:
        return _follow(lines, beat)
    finally:
        process.kill()
        process.wait()
        pump.join()
        assert process.stdout
        process.stdout.close()


def _follow(lines: "queue.Queue[str | None]", beat: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    progress: dict[str, Any] = {}
    while True:
        try:
            line = lines.get(timeout=HEARTBEAT_SECONDS)
        except queue.Empty:
            beat(progress)
            continue
        if line is None:
            raise SolverFailed("the solver ended without an answer")
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            raise SolverFailed(str(message["error"]))
        if "progress" not in message:
            return message
        progress = message["progress"]
        beat(progress)


def _pump(process: "subprocess.Popen[str]", task: str, lines: "queue.Queue[str | None]") -> None:
    """Feeds the task and passes the lines on, in a thread, so that the heartbeat never waits for a pipe."""
    assert process.stdin and process.stdout
    try:
        process.stdin.write(task)
        process.stdin.close()
        for line in process.stdout:
            lines.put(line)
    except (BrokenPipeError, ValueError):  # killed while we wrote or read
        pass
    lines.put(None)
