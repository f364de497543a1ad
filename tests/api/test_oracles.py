"""Nothing can be found out by asking for it: no filter, no order and no search by what the asker can't read.

An order must follow from what the rows show; a row that a search finds must show the word; a filter must be
named after something that the rows show, or change nothing.
"""

import json
import re
from typing import Any

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from backend.rosters.models import Child
from tests.api.cast import DESK, SIGNED_IN
from tests.api.conftest import World, undone
from tests.api.knocking import knock
from tests.api.routes import TABLE, path_of
from tests.api.test_queries import LISTS

PAGING = {"page", "page_size"}
# Filters that are not named after the field which they look at.
LOOKS_AT = {
    "from": {"at", "start", "written_at", "day", "ends_at"},
    "to": {"at", "start", "written_at", "day", "begins_at"},
    "created_from": {"created_at"},
    "created_to": {"created_at"},
    "subject": {"subject", "subjects", "teaches", "wanted", "subject_id"},
    "role": {"role", "roles"},
    "live": {"ended_at"},
    "ready": {"vetted_until", "paused", "active"},
    "unread": {"read_at", "read"},
    "fit_min": {"fit"},
    "fit_max": {"fit"},
    "grade": {"grade", "child"},
    "district": {"district", "child"},
    "user": {"user", "person"},
}
VALUES = ("1", "5", "true", "false", "academic", "math", "370102", "2020-02-10", "open", "planned", "active")


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)["paths"]


def parameters_of(described: dict[str, Any], path: str) -> dict[str, Any]:
    fits = (
        operations["get"]
        for template, operations in described.items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and "get" in operations
    )
    return {one["name"]: one["schema"] for one in next(fits)["parameters"] if one["in"] == "query"}


def rows_of(world: World, who: str, path: str, **asked: Any) -> list[dict[str, Any]] | None:
    """None when the question is refused."""
    with undone():
        answer = knock(world, who, "get", path, data={"page_size": 200, **asked})
    assert answer.status_code in (200, 400), (who, path, asked, answer.status_code)
    if answer.status_code == 400:
        return None
    body = answer.json()
    assert body["count"] == len(body["results"]), (who, path, asked)
    return body["results"]


def shown(row: dict[str, Any], name: str) -> tuple[bool, Any]:
    value = row[name]
    if isinstance(value, dict):
        value = next(value[key] for key in ("roster_id", "call_name", "name") if key in value)
    return value is not None, value


def who_list(name: str) -> list[str]:
    """Everybody who may; of the desk the coordinator."""
    return [
        who for who in SIGNED_IN if TABLE[name, "get"][who] == 200 and who not in set(DESK) - {"coordinator"}
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_can_be_asked_only_about_what_it_shows(
    world: World, described: dict[str, Any], name: str
) -> None:
    Child.objects.update(priority=0, needs="想聊聊", updated_at=timezone.now())
    Child.objects.filter(pk=world.child.pk).update(priority=3, needs="一个人的时候会怕")
    path = path_of(world, name)
    asked = parameters_of(described, path)
    private = [world.child.roster_id, world.mentor.roster_id, world.child.name[:1], "怕", world.mentor.name]
    everything = rows_of(world, "coordinator", path) if "coordinator" in who_list(name) else None
    for who in who_list(name):
        plain = rows_of(world, who, path)
        assert plain is not None
        keys = set(plain[0] if plain else ())
        if everything and len(everything) > len(plain):
            assert "count" not in keys
        for order in asked.get("ordering", {}).get("items", {}).get("enum", ()):
            ordered = rows_of(world, who, path, ordering=order)
            if ordered is None or len(ordered) < 2:
                continue
            field = order.removeprefix("-")
            if (who, field) == ("coordinator", "updated_at"):  # shown with each of them
                continue
            assert field in keys, (who, "orders by what is not shown", order)
            values = [shown(row, field) for row in ordered]
            assert values == sorted(values, reverse=order.startswith("-")), (who, order)
        for word in private if "search" in asked else ():
            for row in rows_of(world, who, path, search=word) or ():
                assert word in json.dumps(row, ensure_ascii=False), (who, "found by what is not shown", word)
        for one in set(asked) - PAGING - {"ordering", "search"}:
            if keys & LOOKS_AT.get(one, {one}) or not keys:
                continue
            for value in VALUES:
                found = rows_of(world, who, path, **{one: value})
                assert found in (None, plain), (who, "filters by what is not shown", one)


@pytest.mark.django_db
def test_an_order_or_a_filter_of_the_desk_is_nothing_to_a_family(world: World) -> None:
    """Two children of one guardian: their priority, number and consent can't be told apart."""
    sibling = world.foreign_child
    sibling.guardianships.update(guardian=world.people["guardian"])
    Child.objects.filter(pk=sibling.pk).update(priority=3, active=False, grade=world.child.grade)
    sibling.consents.all().delete()
    mine = rows_of(world, "guardian", "/api/v1/children/")
    assert mine is not None and len(mine) == 2
    for question in ("active=true", "active=false", "consent=true", "consent=false"):
        name, value = question.split("=")
        assert rows_of(world, "guardian", "/api/v1/children/", **{name: value}) == mine
    for order in ("priority", "-priority", "roster_id", "updated_at"):
        assert rows_of(world, "guardian", "/api/v1/children/", ordering=order) is None
