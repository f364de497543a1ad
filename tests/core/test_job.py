"""`python -m matching.core.job`: the solver apart from the site."""

import os
import subprocess
import sys
import time

WORKER = """
import os, subprocess, sys, time
command = [sys.executable, "-m", "matching.core.job", str(os.getpid())]
print(subprocess.Popen(command, stdin=int(sys.argv[1])).pid, flush=True)
time.sleep(60)
"""


def test_a_solver_whose_worker_was_killed_ends_by_itself() -> None:
    # The task comes through a pipe that stays open, so only the worker's death can end the solver.
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(read)], stdout=subprocess.PIPE, text=True, pass_fds=[read]
    )
    try:
        assert process.stdout
        job = int(process.stdout.readline())
        assert _runs(job)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 40
        while _runs(job) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _runs(job)
    finally:
        process.kill()
        process.stdout.close()
        os.close(read)
        os.close(write)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
