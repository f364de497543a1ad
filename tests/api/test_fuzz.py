"""The whole API as everybody, with bodies and questions made from its own description: no fault, no lie.

Every answer's status, content type and body must be as the description says. A few examples of each
operation here; 500 in the deep lane.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.cast import PEOPLE
from tests.api.conftest import World, undone
from tests.api.knocking import knock
from tests.api.routes import TABLE, path_of

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
NOT_DESCRIBED = {"api-schema", "api-docs", "api-nothing"}  # the description, its page, and no address
ROUTES = [row for row in TABLE if row[0] not in NOT_DESCRIBED]
FEW, MANY = 4, 500


@pytest.fixture(scope="module")
def described() -> Any:
    return schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))


def operation_of(described: Any, path: str, method: str) -> Any:
    for template in described:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in described[template]:
            return described[template][method]
    raise AssertionError((path, method, "is not described"))


def sent(case: Any) -> dict[str, Any]:
    """The body as Django's client takes it."""
    if isinstance(case.body, NotSet):
        return {}
    if case.media_type == "multipart/form-data" and isinstance(case.body, dict):
        parts = {
            name: SimpleUploadedFile("r.xlsx", value) if isinstance(value, bytes) else str(value)
            for name, value in case.body.items()
        }
        return {"data": parts} if case.method.lower() == "post" else {}
    return {"data": json.dumps(case.body, default=str), "content_type": case.media_type or "application/json"}


def try_one(world: World, operation: Any, case: Any, who: str, path: str, method: str) -> int:
    question = {name: value for name, value in (case.query or {}).items()}
    asked = requests.Request(method.upper(), f"http://testserver{path}", params=question).prepare()
    with undone():
        answer = knock(world, who, method, asked.path_url, **sent(case))
    told = Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.headers.items()},
        content=answer.content,
        request=asked,
        elapsed=0,
        verify=False,
    )
    assert answer.status_code < 500, (who, method, asked.path_url, case.body)
    if answer.status_code != 405:
        case.validate_response(told, checks=CHECKS)
    return answer.status_code


def fuzz(world: World, described: Any, rows: list[tuple[str, str]], examples: int) -> Iterator[str]:
    """Yields what went wrong."""
    statuses: Counter[int] = Counter()
    for name, method in rows:
        known = path_of(world, name)
        operation = operation_of(described, known, method)
        try:
            fuzz_one(world, operation, known, method, examples, statuses)
        except (Exception, BaseExceptionGroup) as wrong:
            inner = getattr(wrong, "exceptions", [wrong])
            yield f"{name} {method}: " + "\n".join(f"{type(one).__name__} {one}"[:1500] for one in inner)
    assert {200, 400, 401, 404} <= set(statuses) or len(rows) < 20, statuses


def fuzz_one(
    world: World, operation: Any, known: str, method: str, examples: int, statuses: Counter[int]
) -> None:
    cases = st.one_of(*(operation.as_strategy(mode) for mode in GenerationMode))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == FEW,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    @given(case=cases, who=st.sampled_from(PEOPLE), at_home=st.integers(0, 3))
    def one(case: Any, who: str, at_home: int) -> None:
        path = known if at_home else case.formatted_path
        statuses[try_one(world, operation, case, who, path, method)] += 1

    one()


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(2))
def test_the_api_neither_breaks_nor_lies(world: World, described: Any, part: int) -> None:
    wrong = list(fuzz(world, described, ROUTES[part::2], FEW))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.deep
@pytest.mark.django_db
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("part", range(8))
def test_the_api_neither_breaks_nor_lies_whatever_is_sent(world: World, described: Any, part: int) -> None:
    wrong = list(fuzz(world, described, ROUTES[part::8], MANY))
    assert not wrong, "\n\n".join(wrong)
