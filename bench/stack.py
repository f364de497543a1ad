"""What serves, all of it on one core: databases, brokers and the chat itself; and what it costs there."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Skipped(Exception):
    """Says what is missing for a peer on this machine."""


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Whatever is started inside stays on that core, with all that it starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Stack(ExitStack):
    """A folder, and processes that are gone when it is left. core: where all of them run."""

    def __init__(self, core: int) -> None:
        super().__init__()
        self.core = core
        self._roots: list[int] = []
        self.server = 0

    def __enter__(self) -> "Stack":
        super().__enter__()
        self.home = Path(tempfile.mkdtemp(prefix="bench-"))
        self.home.chmod(0o755)  # PostgreSQL may run under another account
        self.callback(shutil.rmtree, self.home, ignore_errors=True)
        # Where PostgreSQL's package keeps its locks.
        before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = str(self.home)
        self.callback(_set_again, "TMPDIR", before)
        return self

    def postgres(self) -> str:
        """The address of a new PostgreSQL, with the settings it comes with: every commit is on the disk."""
        with _needed(), on_core(self.core):
            from bench.stores import Postgres

            postgres = Postgres(self.home)
        self.callback(postgres.close)
        self._roots.append(int((self.home / "pg" / "postmaster.pid").read_text().split()[0]))
        return postgres.uri

    def redis(self) -> str:
        with _needed(), on_core(self.core):
            from bench.stores import Redis

            redis = Redis(self.home)
        self.callback(redis.stop)
        self._roots.append(redis.pid)
        return redis.url

    def run(self, command: list[str], env: Mapping[str, str], cwd: Path = ROOT) -> str:
        """Something that ends by itself; its output."""
        done = subprocess.run(command, cwd=cwd, env=clean(env), capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-2000:] or f"{command[0]} ended with {done.returncode}")
        return done.stdout

    def serve(self, command: list[str], env: Mapping[str, str], port: int, cwd: Path = ROOT) -> None:
        """Something that serves; returns when it answers."""
        log = self.enter_context((self.home / "server.log").open("a"))
        with on_core(self.core):
            process = subprocess.Popen(command, cwd=cwd, env=clean(env), stdout=log, stderr=log)
        self.process = process
        self.callback(self.kill, process)
        self.server = process.pid
        self._roots.append(process.pid)
        self.wait_for(port)

    def wait_for(self, port: int, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the server does not answer: {(self.home / 'server.log').read_text()[-2000:]}")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(10)

    def spent(self) -> float:
        """Seconds of processor of everything here, so far."""
        children, times = defaultdict(list), {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            pid = int(stat.parent.name)
            children[int(fields[1])].append(pid)
            times[pid] = sum(map(int, fields[11:15])) / TICKS  # with those of children that are gone
        total, todo = 0.0, list(self._roots)
        while todo:
            pid = todo.pop()
            total += times.get(pid, 0.0)
            todo += children[pid]
        return total

    def resident(self) -> int:
        """Bytes of memory of the serving process."""
        return int(Path(f"/proc/{self.server}/statm").read_text().split()[1]) * PAGE


@contextmanager
def _needed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise Skipped(f"{error.name} is not installed") from None


def _set_again(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def clean(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without this site's settings, and with ``env``."""
    ours = ("SHUANGDAO_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONPATH": str(ROOT), **env}


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
