"""`python -m matching.core.job`: the solver apart from the site."""

import os
import subprocess
import sys
import time


def test_a_solver_whose_worker_was_killed_ends_by_itself() -> None:
    worker = (
        "import subprocess, sys, time\n"
        "job = subprocess.Popen([sys.executable, '-m', 'matching.core.job'], stdin=subprocess.PIPE)\n"
        "print(job.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    # Both read a pipe of ours, which stays open: only the worker's death can end the solver.
    read, write = os.pipe()
    worker = worker.replace("stdin=subprocess.PIPE", f"stdin={read}")
    process = subprocess.Popen(
        [sys.executable, "-c", worker], stdout=subprocess.PIPE, text=True, pass_fds=[read]
    )
    try:
        assert process.stdout
        job = int(process.stdout.readline())
        time.sleep(1.0)  # the solver is up and waits for its task
        assert _runs(job)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
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
