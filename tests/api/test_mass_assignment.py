"""Every writing route is sent every column of the database besides: nothing else changes than without them."""

import json
import re
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from tests.api.cast import PEOPLE, STATES
from tests.api.conftest import World, undone
from tests.api.knocking import knock
from tests.api.routes import TABLE, body_of, path_of

Rows = dict[str, list[dict[str, Any]]]
WRITES = [
    (name, method)
    for name, method in TABLE
    if method in ("post", "put", "patch") and min(TABLE[name, method].values()) < 300
]
# Made anew at each call, also without anybody's doing.
FRESH = {"key_hash", "code_hash", "secret_hash", "hash", "previous_hash", "epoch", "last_login", "token"}


def columns(world: World) -> dict[str, Any]:
    """A tempting value for every column of every table, and for the usual names of other frameworks."""
    values: dict[str, Any] = {"is_staff": True, "is_superuser": True, "pk": world.foreign_child.pk}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            value: Any = "x"
            if isinstance(field, models.BooleanField):
                value = True
            elif isinstance(field, models.ForeignKey | models.AutoField | models.IntegerField):
                value = world.foreign_child.pk
            elif isinstance(field, models.DateTimeField):
                value = "2031-01-01T00:00:00Z"
            elif isinstance(field, models.DateField):
                value = "2031-01-01"
            elif field.choices:
                value = str(list(field.flatchoices)[-1][0])
            values |= {field.name: value, field.attname: value}
    return values


def accepted(described: dict[str, Any], path: str, method: str) -> set[str]:
    """What the description says that this route takes."""
    components = described["components"]["schemas"]
    for template, operations in described["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in operations:
            content = operations[method].get("requestBody", {}).get("content", {})
            names = [part["schema"].get("$ref", "").rsplit("/", 1)[-1] for part in content.values()]
            return {field for name in names if name for field in components[name]["properties"]}
    raise AssertionError((path, method))


def everything() -> Rows:
    kept = (model for model in apps.get_models() if model is not Session)
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in kept}


def plain(value: Any) -> Any:
    """As it can be compared: a password that nobody has is random after its first sign."""
    if isinstance(value, str) and value.startswith("!"):
        return "!"
    return str(value) if isinstance(value, date | datetime | memoryview | bytes) else value


def differences(one: Rows, other: Rows) -> set[tuple[str, str]]:
    """Columns in which they differ; a row too many differs in its `pk`."""
    found = set()
    for label, rows in one.items():
        if len(rows) != len(other[label]):
            found.add((label, "pk"))
        for left, right in zip(rows, other[label], strict=False):
            found |= {(label, name) for name in left if plain(left[name]) != plain(right[name])}
    return found


def after(world: World, who: str, name: str, method: str, more: dict[str, Any]) -> tuple[int, Rows]:
    body, path = body_of(world, name, method), path_of(world, name)
    sent: dict[str, Any] = {"data": json.dumps({**more, **body}), "content_type": "application/json"}
    if name == "api-roster-uploads-list":
        file = SimpleUploadedFile("r.xlsx", world.file)
        sent = {"data": {**{key: str(value) for key, value in more.items()}, "file": file}}
    answer = knock(world, who, method, path, **sent)
    return answer.status_code, everything()


# Whoever of the staff is refused an edit has seen the row all the same, and the log says so.
LOOKED = {("audit.Entry", "pk"), ("audit.Head", "number"), ("audit.Head", "hash")}


def looks_only(before: Rows, now: Rows) -> bool:
    entries = now["audit.Entry"][len(before["audit.Entry"]) :]
    return {entry["action"] for entry in entries} == {"child.viewed"}


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_nothing_but_what_a_route_takes_is_written(world: World) -> None:
    described = SchemaGenerator().get_schema(request=None, public=True)
    tempting, wrong, tried = columns(world), [], 0
    assert len(tempting) > 150
    with time_machine.travel(timezone.now(), tick=False):
        paths = {name: path_of(world, name) for name, _method in WRITES}  # some make what they are about
        before = everything()
        for name, method in WRITES:
            # The least of those who may.
            who = [each for each in PEOPLE if TABLE[name, method][each] < 300 and each not in STATES][-1]
            takes = accepted(described, paths[name], method)
            more = {key: value for key, value in tempting.items() if key not in takes}
            results = []
            for extra in ({}, {}, more):
                with undone():
                    results.append(after(world, who, name, method, extra))
            (status, once), (_again, twice), (with_more, greedy) = results
            fresh = differences(once, twice)
            assert {column for _label, column in fresh} <= FRESH, (name, method, fresh)
            expected = before if with_more == 400 else once
            tried += len(more)
            written = differences(expected, greedy) - fresh
            if with_more == 400 and looks_only(before, greedy):
                written -= LOOKED
            if with_more not in (status, 400) or written:
                wrong.append((name, method, who, with_more, written))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > 5000
