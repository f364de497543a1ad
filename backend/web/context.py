"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from backend.accounts.access import may
from backend.web.demonstration.roles import door_address
from backend.web.views.notices import unread_of

# Name of the page, its label, and the right that shows it.
NAVIGATION = [
    ("home", _("Home"), None),
    ("children", _("Children"), ("child", "list")),
    ("mentors", _("Mentors"), ("mentor", "list")),
    ("pairings", _("Pairs"), ("pairing", "list")),
    ("imports", _("Imports"), ("roster", "import")),
    ("rounds", _("Rounds"), ("round", "list")),
    ("invitations", _("Invitations"), ("person", "invite")),
]


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "demo": settings.DEMO,
        "demo_door": door_address(request.get_host()) if settings.DEMO else "",
        "rooms_always_open": settings.ROOMS_ALWAYS_OPEN,
        "languages": settings.LANGUAGES,
        "navigation": _navigation(request),
        "unread": SimpleLazyObject(lambda: unread_of(request)),  # asked only where the header is shown
    }


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    entries = []
    for name, label, right in NAVIGATION:
        if right is not None and not may(request.user, *right):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        current = request.path == url or (name != "home" and request.path.startswith(url))
        entries.append({"url": url, "label": label, "current": current})
    return entries
