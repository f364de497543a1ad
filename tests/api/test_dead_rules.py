"""A rule of the policy that no door asks is a promise nobody keeps: every one of them must be asked."""

from typing import Any

import pytest

from backend import policy
from tests.api import test_page_walk as pages
from tests.api import test_walk as rest
from tests.api.conftest import World, undone

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
    for (name, method), who_may in rest.TABLE.items():
        for who in ("lead", "mentor", "guardian", "child"):
            if who_may[who] < 400 and name not in ("api-schema", "api-docs"):
                with undone():
                    rest.ask(world, who, name, method, rest.path_of(world, name))
    for name, (methods, who_may) in pages.TABLE.items():
        for method in methods:
            for who in {"lead", "mentor", "guardian", "child"} & who_may:
                with undone():
                    pages.visit(world, who, name, method, pages.path_of(world, name))
    rules = {(resource, action) for resource, actions in policy.TABLE.items() for action in actions}
    assert rules - asked - BY_SOCKETS == WAITING
