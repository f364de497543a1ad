"""Numbers that no database holds and JSON that no parser likes: a refusal, never a fault."""

import pytest
from django.test import Client

from backend.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
HUGE = 10**19


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_user(name="甲", login="co", is_coordinator=True))
    return client


@pytest.mark.parametrize(
    "path", [f"pairings/?child={HUGE}", f"pairings/?round={HUGE}", f"locks/?mentor={HUGE}", f"rounds/{HUGE}/"]
)
def test_a_number_beyond_the_database_is_refused(desk: Client, path: str) -> None:
    assert desk.get(f"/api/v1/{path}").status_code in (400, 404)


@pytest.mark.parametrize("body", ['{"children": [987654321]}', f'{{"children": [{10**30}]}}', "[" * 5000])
def test_a_round_over_nobody_known_is_refused(desk: Client, body: str) -> None:
    assert desk.post("/api/v1/rounds/", body, content_type="application/json").status_code in (400, 404)
