"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.access import may
from backend.rosters.models import Child
from backend.web.appearance import APPEARANCES, appearance_of
from backend.web.bands import Band, band_of
from backend.web.demonstration.roles import door_address
from backend.web.views.notices import unread_of
from backend.web.way_up import way_up

AT_DESK = ("child", "list")  # the right that makes somebody one who looks after the programme
# Name of the page, its label and icon, and the right that shows it.
NAVIGATION = [
    ("home", gettext_lazy("Home"), "house", None),
    ("children", gettext_lazy("Children"), "backpack", AT_DESK),
    ("mentors", gettext_lazy("Mentors"), "graduation-cap", ("mentor", "list")),
    ("pairings", gettext_lazy("Pairs"), "handshake", ("pairing", "list")),
    ("imports", gettext_lazy("Imports"), "file-up", ("roster", "import")),
    ("rounds", gettext_lazy("Rounds"), "shuffle", ("round", "list")),
    ("invitations", gettext_lazy("Invitations"), "mail-plus", ("person", "invite")),
]
# What mentors, children and families have under their thumb.
IN_THE_HAND = [
    ("home", gettext_lazy("Home"), "house", None),
    ("notices", gettext_lazy("Notices"), "bell", None),
    ("account", gettext_lazy("Account"), "user-round", None),
]


def site(request: HttpRequest) -> dict[str, Any]:
    at_desk = may(request.user, *AT_DESK)
    return {
        "demo": settings.DEMO,
        "demo_door": door_address(request.get_host()) if settings.DEMO else "",
        "rooms_always_open": settings.ROOMS_ALWAYS_OPEN,
        "languages": settings.LANGUAGES,
        "in_wechat": "MicroMessenger" in request.headers.get("User-Agent", ""),
        "appearance": appearance_of(request),
        "appearances": APPEARANCES,
        "at_desk": at_desk,
        "navigation": _navigation(request),
        "up": SimpleLazyObject(lambda: way_up(request, at_desk=at_desk)),
        "help_label": SimpleLazyObject(lambda: _help_label(request)),
        "unread": SimpleLazyObject(lambda: unread_of(request)),  # asked only where the header is shown
    }


def _help_label(request: HttpRequest) -> str:
    """For a child, on every page in the same place; empty for everybody else."""
    if not request.user.is_authenticated:
        return ""
    grade = Child.objects.filter(user=request.user.pk, active=True).values_list("grade", flat=True).first()
    if grade is None:
        return ""
    return help_label(band_of(grade))


def help_label(band: Band) -> str:
    return _("Talk · help") if band is Band.GROWN else _("I need help")


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Nothing for who is not signed in: their one way is the page in front of them."""
    if not request.user.is_authenticated:
        return []
    entries = []
    for name, label, icon, right in NAVIGATION if may(request.user, *AT_DESK) else IN_THE_HAND:
        if right is None or may(request.user, *right):
            url = reverse(name)
            current = request.path == url or (name != "home" and request.path.startswith(url))
            entries.append({"name": name, "url": url, "label": label, "icon": icon, "current": current})
    return entries
