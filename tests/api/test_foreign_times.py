"""How long a refusal takes tells nothing: absent, foreign and nonsense are timed by turns, by everybody."""

import random
import statistics
import time
from typing import Any

import pytest

from tests.api.cast import PEOPLE
from tests.api.conftest import World, undone
from tests.api.test_walk import ABSENT, TABLE, become, path_of

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


@pytest.mark.deep
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(900)
def test_a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has(db: Any, settings: Any) -> None:
    """With the hasher of production; throttling counts the address, so each try has one of its own."""
    from django.test import Client

    from backend.accounts.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    names = []
    for number in range(12):
        User.objects.create_user(name="甲", login=f"known-{number}", password="a quiet evening")
        names += [("known", f"known-{number}"), ("unknown", f"nobody-{number}")]
    random.Random(3).shuffle(names)
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    answers = set()
    for number, (kind, name) in enumerate(names):
        started = time.perf_counter()
        answer = Client(REMOTE_ADDR=f"10.1.{number // 200}.{number % 200 + 1}").post(
            "/api/v1/session/", {"login": name, "password": "wrong words"}, content_type="application/json"
        )
        taken[kind].append(time.perf_counter() - started)
        answers.add((answer.status_code, answer.content))
    assert {status for status, _content in answers} == {401} and len(answers) == 1
    known, unknown = (statistics.median(taken[kind]) for kind in ("known", "unknown"))
    assert abs(known - unknown) <= 0.15 * known, (known, unknown)
