"""Light or dark: as the device says, unless somebody chose for this browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

COOKIE = "appearance"
AS_DEVICE = ""
APPEARANCES = [
    (AS_DEVICE, gettext_lazy("As the device")),
    ("light", gettext_lazy("Light")),
    ("dark", gettext_lazy("Dark")),
]
YEAR = 365 * 24 * 3600


def appearance_of(request: HttpRequest) -> str:
    """One of APPEARANCES, whatever the browser sends."""
    chosen = request.COOKIES.get(COOKIE, AS_DEVICE)
    return chosen if chosen in dict(APPEARANCES) else AS_DEVICE


def remember_appearance(response: HttpResponse, chosen: str) -> None:
    """In this browser, on this host; what there is not changes nothing."""
    if chosen == AS_DEVICE:
        response.delete_cookie(COOKIE, samesite="Lax")
    elif chosen in dict(APPEARANCES):
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, chosen, max_age=YEAR, httponly=True, samesite="Lax", secure=secure)
