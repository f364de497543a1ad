"""Browsers that a person signed in with before, by a cookie of opaque marks.

A mark is a keyed hash of the person and of what ends their sessions (another password, signing out
everywhere), so it names nobody, can't be made up, and goes stale together with the sessions.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

from backend.accounts.models import User

COOKIE = "__Host-device" if settings.PRODUCTION else "device"
KEPT = 180 * 24 * 3600
PEOPLE = 8  # of one family, on one tablet
SALT = "shuangdao.device"


def device_for(request: HttpRequest | None, name: str) -> str:
    """What tells this browser from others, where the person of this name was here before; else empty."""
    held = _held(request)
    if not held:
        return ""
    user = User.objects.filter(login=name.strip().lower()).first()
    return held["id"] if user is not None and _mark(user) in held["marks"] else ""


def is_known(request: HttpRequest, user: User) -> bool:
    held = _held(request)
    return bool(held) and _mark(user) in held["marks"]


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    held = _held(request) or {"id": get_random_string(22), "marks": []}
    mark = _mark(user)
    marks = [mark, *(each for each in held["marks"] if each != mark)][:PEOPLE]
    response.set_cookie(
        COOKIE,
        signing.dumps({"id": held["id"], "marks": marks}, salt=SALT),
        max_age=KEPT,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _held(request: HttpRequest | None) -> dict[str, Any]:
    if request is None:
        return {}
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return {}
    return dict(found)


def _mark(user: User) -> str:
    return salted_hmac(SALT, f"{user.pk} {user.get_session_auth_hash()}", algorithm="sha256").hexdigest()[:32]
