"""Every API route × method × person, against one table."""

from typing import Any

import pytest

from backend.api.urls import urlpatterns
from tests.api import fields
from tests.api.cast import become
from tests.api.conftest import World, undone
from tests.api.hardened import check_hardened
from tests.api.knocking import ask, knock
from tests.api.routes import ABSENT, METHODS, TABLE, path_of, routes


def as_a_stranger_sees(answer: Any) -> tuple[Any, ...]:
    """All that could be compared; instead of the time, the queries it took."""
    return answer.status_code, answer.content, sorted(answer.headers.items()), answer.queries


def test_the_table_names_every_route() -> None:
    assert set(routes(urlpatterns)) == {name for name, _method in TABLE}


@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.parametrize("half", [0, 1])
def test_everybody_gets_what_the_table_says_and_the_rest_is_as_if_it_were_not_there(
    world: World, half: int
) -> None:
    wrong, not_found, tries = [], set(), 0
    fields.hide(world)
    answered: dict[str, dict[str, Any]] = {}
    for name in list(dict.fromkeys(name for name, _method in TABLE))[half::2]:
        path, nowhere = path_of(world, name), path_of(world, name, absent=True)
        for method in METHODS:
            # What the table does not name must not exist; nobody's rights are asked for it.
            open_door = name in ("api-session", "api-schema", "api-docs")
            refused = {"coordinator": 405, "anonymous": 405 if open_door else 401}
            for who, status in TABLE.get((name, method), refused).items():
                with undone():
                    answer = ask(world, who, name, method, path)
                check_hardened(answer)
                if status < 300 and name not in ("api-schema", "api-docs"):
                    answered.setdefault(f"{name} {method}", {})[who] = answer
                if answer.status_code != status:
                    wrong.append((name, method, who, status, answer.status_code))
                if answer.status_code == 404:
                    not_found.add(answer.content)
                    tries += 1
                    with undone():
                        absent = ask(world, who, name, method, nowhere)
                    if as_a_stranger_sees(absent) != as_a_stranger_sees(answer):
                        wrong.append((name, method, who, "absent and foreign differ"))
                elif answer.status_code >= 400 and name != "api-docs":  # a page
                    assert set(answer.json()) == {"code", "detail", "facts"}
    assert not wrong, "\n".join(map(str, wrong))
    assert len(not_found) == 1
    fields.compare(answered)
    assert tries > 300


def test_options_tell_nothing(world: World) -> None:
    assert world.client("mentor").options("/api/v1/rounds/").status_code == 405


@pytest.mark.django_db
def test_nobody_learns_from_a_bad_body_that_something_exists(world: World) -> None:
    client = world.client("foreign child")
    for name, method in TABLE:
        if method == "get" or name in ("api-session", "api-sessions", "api-help"):  # they read no body
            continue
        answer = getattr(client, method)(path_of(world, name), b"{", content_type="application/json")
        assert answer.status_code == 404, (name, method)


@pytest.mark.django_db
def test_a_room_of_the_youngest_looks_absent_too(world: World) -> None:
    """Its guardians read along, so that more is asked about it."""
    path, nowhere = path_of(world, "api-rooms-detail"), path_of(world, "api-rooms-detail", absent=True)
    answers_seen = set()
    for each in (path, nowhere):
        with undone():
            become(world, "young guardian")
            answers_seen.add(str(as_a_stranger_sees(knock(world, "foreign guardian", "get", each))))
    assert len(answers_seen) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "2147483648", "9223372036854775808", "1" + "0" * 300])
def test_a_number_that_nothing_can_have_is_not_found_either(world: World, number: str) -> None:
    for name, method in TABLE:
        path = path_of(world, name, absent=True)
        if str(ABSENT) in path:
            for who in ("coordinator", "foreign guardian"):
                with undone():
                    answer = ask(world, who, name, method, path.replace(str(ABSENT), number))
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (name, method, who)
