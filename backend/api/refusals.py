"""Refusals as JSON: {"code", "detail", "facts"}, with the status of their kind."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from backend.errors import Refusal


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(exception, Refusal):
        set_rollback()
        body = {"code": exception.code, "detail": str(exception), "facts": exception.facts}
        return Response(body, status=exception.kind.http)
    return exception_handler(exception, context)
