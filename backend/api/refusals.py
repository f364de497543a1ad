"""Refusals as JSON: {"code", "detail", "facts"}, with the status of their kind. Every error has this shape."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from backend.errors import INVALID, Kind, NotYours, Refusal

CODES: Mapping[type[Exception], str] = {
    exceptions.NotAuthenticated: "not_signed_in",
    exceptions.AuthenticationFailed: "not_signed_in",
    exceptions.PermissionDenied: "not_now",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.ParseError: "invalid",
}


class RefusalOut(serializers.Serializer[Any]):
    """Why something was refused. The code is stable, the detail is for people, facts lists the places."""

    code = serializers.CharField(help_text="Stable and machine-readable, dotted.")
    detail = serializers.CharField(help_text="A sentence in the reader's language.")
    facts = serializers.DictField(help_text="Plain values: rows, fields, rules that were broken.")


def refused(code: str, detail: str, facts: dict[str, Any], kind: Kind) -> Response:
    return Response({"code": code, "detail": detail, "facts": facts}, status=kind.http)


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    # Missing and forbidden answer with the same bytes, whoever noticed it.
    if isinstance(exception, Http404 | exceptions.NotFound):
        exception = NotYours()
    if isinstance(exception, Refusal):
        set_rollback()
        return refused(exception.code, str(exception), exception.facts, exception.kind)
    # Numbers that no database holds, and JSON nested deeper than any request of ours.
    if isinstance(exception, OverflowError | RecursionError):
        set_rollback()
        return refused("invalid", _("Some fields can't be taken."), {}, INVALID)
    if isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    response = exception_handler(exception, context)
    if response is None:
        return None
    if isinstance(exception, exceptions.ValidationError):
        listed = exception.detail if isinstance(exception.detail, dict) else {"": exception.detail}
        response.data = {
            "code": "invalid",
            "detail": _("Some fields can't be taken."),
            "facts": {"fields": listed},
        }
    else:
        detail = getattr(exception, "detail", "")
        response.data = {"code": CODES.get(type(exception), "refused"), "detail": str(detail), "facts": {}}
    return response
