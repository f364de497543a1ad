"""How long a refusal takes tells nothing: absent, foreign and nonsense are timed by turns, by everybody."""

import random
import statistics
import time

import pytest

from tests.api.cast import PEOPLE, become
from tests.api.conftest import World, undone
from tests.api.routes import ABSENT, TABLE, path_of

TURNS = 8
ROUTES = [
    "api-children-detail",
    "api-child-card",
    "api-child-history",
    "api-mentor-card",
    "api-meetings-detail",
    "api-meetings-hours",
    "api-rooms-detail",
    "api-rooms-messages",
    "api-summaries-detail",
]


@pytest.mark.deep
@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_foreign_and_absent_take_the_same_time(world: World) -> None:
    rng, taken, tries = random.Random(7), dict[tuple[str, str], list[float]](), 0
    for name in ROUTES:
        paths = {"foreign": path_of(world, name), "absent": path_of(world, name, absent=True)}
        paths["other absent"] = paths["absent"].replace(str(ABSENT), str(ABSENT + 1))
        for who in PEOPLE:
            if TABLE[name, "get"][who] != 404:
                continue
            client = world.client(who)
            with undone():
                become(world, who)
                client.get(paths["absent"])  # what is compiled once is compiled
                for _turn in range(TURNS):
                    for kind in rng.sample(sorted(paths), len(paths)):
                        started = time.perf_counter()
                        answer = client.get(paths[kind])
                        taken.setdefault((name, kind), []).append(time.perf_counter() - started)
                        assert answer.status_code == 404
                        tries += 1
    assert tries > 2000
    for name in ROUTES:
        foreign, absent, again = (
            statistics.median(taken[name, kind]) for kind in ("foreign", "absent", "other absent")
        )
        # Two absent ones differ by the noise of the machine; a foreign one may differ by little more.
        noise = abs(absent - again)
        assert abs(foreign - absent) <= 3 * noise + 0.1 * absent, (name, foreign, absent, again)
