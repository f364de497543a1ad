"""A rule of the policy that no door asks is a promise nobody keeps: every one of them must be asked."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from backend import policy
from tests.api import routes as rest
from tests.api import test_page_walk as pages
from tests.api.conftest import World, undone
from tests.api.knocking import ask

# Asked by what has no address of its own: the sockets, tests/chat/test_socket_walk.py.
BY_SOCKETS = {("room", "enter")}

# No door yet. A rule that is asked after all may not stand here.
WAITING: set[tuple[str, str]] = set()


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_every_rule_is_asked_by_some_door(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, str]] = set()
    allows = policy.allows

    def listen(resource: str, action: str, relations: Any) -> bool:
        asked.add((resource, action))
        return allows(resource, action, relations)

    monkeypatch.setattr(policy, "allows", listen)
    rules = {(resource, action) for resource, actions in policy.TABLE.items() for action in actions}
    for knock in doors(world):
        with undone():
            knock()
        if not WAITING and rules - asked <= BY_SOCKETS:
            return  # more doors can only ask more
    assert rules - asked - BY_SOCKETS == WAITING


def doors(world: World) -> Iterator[Callable[[], Any]]:
    for (name, method), who_may in rest.TABLE.items():
        for who in ("lead", "mentor", "guardian", "child"):
            if who_may[who] < 400 and name not in ("api-schema", "api-docs"):
                yield partial(ask, world, who, name, method, rest.path_of(world, name))
    for name, (methods, who_may) in pages.TABLE.items():
        for method in methods:
            for who in {"lead", "mentor", "guardian", "child"} & who_may:
                yield partial(pages.visit, world, who, name, method, pages.path_of(world, name))
