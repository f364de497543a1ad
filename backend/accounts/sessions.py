"""How long a sign-in lasts, by what somebody sees with it and where they sit."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse

from backend.accounts import devices

HOUR, DAY = 3600, 24 * 3600
KEPT_AS = "kept_as"


class Standing(StrEnum):
    """What a person is to the programme, as far as signing in goes; of several the strictest."""

    COORDINATOR = "coordinator"
    MENTOR = "mentor"
    CHILD = "child"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Length:
    """Seconds. idle: after the last page that was asked for.  most: in all."""

    idle: int
    most: int


LENGTHS = {
    # Sees everybody; sits at an office desk.
    Standing.COORDINATOR: Length(HOUR, 12 * HOUR),
    Standing.MENTOR: Length(DAY, 7 * DAY),
    # Often a tablet that the family shares. Longer than the two hours of an evening: no lesson is cut.
    Standing.CHILD: Length(3 * HOUR, 12 * HOUR),
    # Their own telephone, three minutes on a ward: a password each time would keep them out.
    Standing.FAMILY: Length(30 * DAY, 90 * DAY),
}


def keep(request: HttpRequest, standing: Standing) -> None:
    """Right after signing in."""
    now = int(time.time())
    request.session[KEPT_AS] = {"standing": standing, "since": now, "seen": now}
    request.session.set_expiry(LENGTHS[standing].idle)


class SessionsMiddleware:
    """Keeps a session going while it is used, and remembers the browser of whoever just signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _prolong(request)
        response = self.get_response(request)
        signed_in = getattr(request, "signed_in_now", None)
        if signed_in is not None:
            devices.remember(request, response, signed_in)
        return response


def _prolong(request: HttpRequest) -> None:
    """At most four writes a length. What a page fetches by itself shows nobody at the screen."""
    kept = request.session.get(KEPT_AS)
    if kept is None or request.headers.get("Asks-Again"):
        return
    now, length = int(time.time()), LENGTHS[Standing(kept["standing"])]
    if now - kept["seen"] < length.idle / 4:
        return
    left = kept["since"] + length.most - now
    if left > 0:
        request.session[KEPT_AS] = {**kept, "seen": now}
        request.session.set_expiry(min(length.idle, left))


def forget_expired(now: datetime) -> int:
    """They open nothing any more, but say who was here."""
    gone, _rows = Session.objects.filter(expire_date__lt=now).delete()
    return gone
