"""One person's request, and how many queries its answer took."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from tests.api.cast import become
from tests.api.conftest import World
from tests.api.routes import body_of


def ask(world: World, who: str, name: str, method: str, path: str) -> Any:
    """Inside `undone`. The answer says how many queries it took."""
    files = (name, method) == ("api-roster-uploads-list", "post")
    body = {} if method == "get" or files else body_of(world, name, method)
    if files:
        body = {"file": SimpleUploadedFile("r.xlsx", world.file)}
    elif method != "get":
        body = {"data": json.dumps(body), "content_type": "application/json"}
    return knock(world, who, method, path, **({"data": body} if files else body))


def knock(world: World, who: str, method: str, path: str, **sent: Any) -> Any:
    client = world.client(who)
    become(world, who)
    with counted() as queries:
        answer = getattr(client, method)(path, **sent)
    answer.queries = len(queries)
    return answer


@contextmanager
def counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        yield asked
