"""PostgreSQL on a disk that is full: busy, and everything in order once there is room."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

FULL = b"x" * 65536


@contextmanager
def small_disk(where: Path, owner: int):
    where.mkdir()
    options = f"size=2m,uid={owner},mode=700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(where)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def test_a_full_disk_under_postgresql(two):
    postgres = two.postgres
    with small_disk(postgres.home / "small", postgres.owner()) as disk:
        (disk / "space").mkdir()
        os.chown(disk / "space", postgres.owner(), -1)
        postgres.query(f"CREATE TABLESPACE small LOCATION '{disk}/space'")
        postgres.query("ALTER TABLE chat_event SET TABLESPACE small")
        ballast = disk / "ballast"

        async def full(drill) -> None:
            with ballast.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(FULL)
                except OSError:
                    pass
            for pair in drill.pairs:
                for person in pair.people:
                    for _ in range(12):
                        person.say("长" * 1900)
            await drill.until_busy(1)
            ballast.unlink()

        try:
            verdict = two.break_with(full)
        finally:
            ballast.unlink(missing_ok=True)
            postgres.query("ALTER TABLE chat_event SET TABLESPACE pg_default")
            postgres.query("DROP TABLESPACE small")
        assert verdict.good, str(verdict)
