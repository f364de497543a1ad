"""A sign-in with a name that nobody has takes as long as one with a name that somebody has."""

import random
import statistics
import time
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User


@pytest.mark.deep
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(900)
def test_a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has(db: Any, settings: Any) -> None:
    """With the hasher of production; throttling counts the address, so each try has one of its own."""
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
