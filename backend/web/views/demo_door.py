"""The demonstration's door: who one can be, each on a host of its own, without a password.

A form can't carry a CSRF token to another host, so the door has plain links, and it is the role's host that
signs in: a GET of its first page, by a browser without a session there. That is harmless where it happens.
The host has one person, and everybody is invented: whoever is made to open it against their will becomes
nobody else than who lives there. It works in demo mode only, from this machine only, under these host
names only (so no other site's name can be pointed here), and no page of it can be framed.
"""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.accounts.models import User
from backend.notices import texting
from backend.rosters.models import Child
from backend.web.demonstration import people
from backend.web.demonstration.minute import sights
from backend.web.demonstration.roles import DOOR, role_of
from backend.web.views.doors import remember_language


def is_open(request: HttpRequest) -> bool:
    """Only in demo mode, and only for a browser on this very machine."""
    try:
        return settings.DEMO and ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def is_asked(request: HttpRequest) -> bool:
    """Nobody is signed in on this host yet, or somebody comes from the door with the language it has."""
    return is_open(request) and (not request.user.is_authenticated or "language" in request.GET)


def show(request: HttpRequest) -> HttpResponse:
    """On a role's host: in. Anywhere else: the list of roles."""
    role = role_of(request.get_host())
    user = people.person(role) if role else None
    if user is None:
        context = {"groups": _groups(request), "sights": _sights(request)}
        return render(request, "demo_door.html", context)
    login(request, user)
    response = redirect(_wanted(request))
    remember_language(response, request.GET.get("language"))
    return response


def _wanted(request: HttpRequest) -> str:
    """The page of this host that the door promised, or its first one."""
    to = request.GET.get("to", "")
    return to if to.startswith("/") and url_has_allowed_host_and_scheme(to, None) else reverse("home")


@require_POST
def step_into(request: HttpRequest) -> HttpResponse:
    """In on the door's own host, one after the other: for a browser that knows no names below localhost."""
    user = people.person(request.POST.get("role", "")) if is_open(request) else None
    if user is None:
        raise Http404
    login(request, user)
    return redirect("home")


def outbox(request: HttpRequest) -> HttpResponse:
    """The SMS that would have gone, newest first."""
    if not is_open(request):
        raise Http404
    texts = texting.kept()
    names = dict(
        User.objects.filter(phone__in=[each["phone"] for each in texts]).values_list("phone", "name")
    )
    for each in texts:
        each["name"] = names.get(each["phone"], "")
    return render(request, "demo_outbox.html", {"texts": texts})


def _sights(request: HttpRequest) -> list[dict[str, str]]:
    found = []
    for each in sights(people.everybody()):
        url = f"{_host(request, each.role)}/?{urlencode({'language': get_language(), 'to': each.path})}"
        found.append({"words": each.words, "where": each.where, "do": each.do, "url": url})
    return found


def _host(request: HttpRequest, role: str) -> str:
    return f"http://{role}.{DOOR}:{request.get_port()}"


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    here = people.everybody()
    child = _child(here.get("child"))
    facts = {"child": child.call_name if child else "", "carer": _relation(child)}
    facts["coordinator"] = here["coordinator"].name if "coordinator" in here else ""
    texts = {
        "child": (_("The child"), "smile", _("%(name)s. A lesson is on right now.")),
        "mentor": (
            _("Academic mentor"),
            "book-open",
            _("%(name)s. Teaches %(child)s; the two meet in their room now."),
        ),
        "counsellor": (
            _("Wellbeing mentor"),
            "heart-handshake",
            _(
                "%(name)s. Took %(child)s over from somebody else last week, and meets %(child)s in the next days."
            ),
        ),
        "parent": (
            _("Parent"),
            "heart",
            _("%(name)s, on the ward. Has a telephone and three minutes: did somebody come?"),
        ),
        "carer": (
            _("Carer at home"),
            "house",
            _("%(name)s, %(carer)s. Sees what comes next and can move a meeting."),
        ),
        "coordinator": (
            _("Coordinator"),
            "clipboard-list",
            _(
                "%(name)s. Brings in the roster, runs the matching and publishes the pairs. Is also a safeguarding lead: only such a one may read a wellbeing room in an emergency."
            ),
        ),
        "lead": (
            _("Second coordinator"),
            "shield-check",
            _(
                "%(name)s. Also a safeguarding lead: decides when %(coordinator)s asks to read a room in an emergency."
            ),
        ),
        "young": (
            _("A small child"),
            "shapes",
            _("%(name)s, in the first years of school. Touches pictures instead of typing."),
        ),
        "teenager": (_("Another child"), "guitar", _("%(name)s, in senior school, of another family.")),
        "stranger": (
            _("Another mentor"),
            "user-x",
            _("%(name)s. Has nothing to do with %(child)s, and finds nothing of this family."),
        ),
    }
    groups = (
        (_("One family and its two mentors"), ("child", "mentor", "counsellor", "parent", "carer")),
        (
            _("Those who look after it all, and others for trying the limits"),
            ("coordinator", "lead", "young", "teenager", "stranger"),
        ),
    )
    return [
        {
            "title": title,
            "doors": [_door(request, role, here[role], texts[role], facts) for role in roles if role in here],
        }
        for title, roles in groups
    ]


def _door(
    request: HttpRequest, role: str, user: User, text: tuple[str, str, str], facts: dict[str, str]
) -> dict[str, str]:
    title, icon, words = text
    return {
        "role": role,
        "title": title,
        "icon": icon,
        "words": words % {"name": user.name, **facts},
        "url": f"{_host(request, role)}/?language={get_language()}",
    }


def _child(user: User | None) -> Child | None:
    return Child.objects.select_related("carer").filter(user=user).first() if user else None


def _relation(child: Child | None) -> str:
    return child.carer.relation if child is not None and hasattr(child, "carer") else ""
