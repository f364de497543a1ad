"""What the API's description says of every operation: its title, its answer and its refusals."""

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema

from backend.api.refusals import RefusalOut

WORDS = {
    400: "Not valid, or it would break a rule: facts says where.",
    401: "Not signed in.",
    403: "The CSRF token is missing or wrong.",
    404: "Absent, or not yours: the two look the same.",
    409: "Somebody else was faster: look again.",
    413: "Too big.",
    415: "The body is of a kind that is not taken here.",
    429: "Tried too often: facts says for how many seconds to wait.",
}


def any_of(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """What one person sees of a row is part of what another sees: an answer may fit more than one form."""
    for component in result["components"]["schemas"].values():
        if "oneOf" in component:
            component["anyOf"] = component.pop("oneOf")
    return result


def other_bodies(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """Whatever takes a body refuses other kinds of it, before anything of ours is asked."""
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/RefusalOut"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["responses"]["415"] = {"content": refusal, "description": WORDS[415]}
    return result


def told(
    title: str,
    answer: Any = None,
    *,
    status: int = 200,
    refusals: Sequence[int] = (401, 404),
    takes: Any = None,
    media_type: str | None = None,
    **more: Any,
) -> Callable[[Any], Any]:
    """Describes one operation. answer None is an empty body; takes None is no body."""
    key = (status, media_type) if media_type else status
    responses: dict[Any, Any] = {key: OpenApiResponse(answer, description=title)}
    responses |= {code: OpenApiResponse(RefusalOut, description=WORDS[code]) for code in refusals}
    return extend_schema(summary=title, request=takes, responses=responses, **more)


def listed(title: str, answer: Any, *, refusals: Sequence[int] = (400, 401, 404)) -> Callable[[Any], Any]:
    """Describes a list: pages of ``answer`` (a serializer class). A page after the last one is not found."""
    responses: dict[int, Any] = {200: answer(many=True) if isinstance(answer, type) else answer}
    responses |= {code: OpenApiResponse(RefusalOut, description=WORDS[code]) for code in {*refusals, 404}}
    return extend_schema(summary=title, responses=responses)
