"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.access import may
from backend.rosters.models import Child
from backend.web.demonstration.roles import door_address
from backend.web.views.notices import unread_of

# Name of the page, its label, and the right that shows it.
NAVIGATION = [
    ("home", gettext_lazy("Home"), None),
    ("children", gettext_lazy("Children"), ("child", "list")),
    ("mentors", gettext_lazy("Mentors"), ("mentor", "list")),
    ("pairings", gettext_lazy("Pairs"), ("pairing", "list")),
    ("imports", gettext_lazy("Imports"), ("roster", "import")),
    ("rounds", gettext_lazy("Rounds"), ("round", "list")),
    ("invitations", gettext_lazy("Invitations"), ("person", "invite")),
]
GROWN_GRADE = 7  # from then on Help is named as for a grown one


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "demo": settings.DEMO,
        "demo_door": door_address(request.get_host()) if settings.DEMO else "",
        "rooms_always_open": settings.ROOMS_ALWAYS_OPEN,
        "languages": settings.LANGUAGES,
        "navigation": _navigation(request),
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
    return _("I need help") if grade < GROWN_GRADE else _("Talk to somebody · help")


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
