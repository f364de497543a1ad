"""The site as an application of the telephone: its manifest, and a service worker that knows one page.

What somebody reads here is never kept in the browser. The worker's cache holds the page that says there is no
network, with the numbers to ring, its style sheets, and the script that looks for the network.
"""

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from backend.web.views.help import numbers

PAPER, ACCENT = "#f9f5ee", "#1f6a5b"  # a manifest can't name tokens
PARTS = ("web/tokens.css", "web/dark.css", "web/site.css", "web/online.js")


def manifest(request: HttpRequest) -> HttpResponse:
    icons = [
        {
            "src": static(f"web/mark-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    told = {
        "id": "/",
        "name": _("Shuangdao: two mentors for every child"),
        "short_name": _("Shuangdao"),
        "lang": translation.get_language(),
        "start_url": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": ACCENT,
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")


def worker(request: HttpRequest) -> HttpResponse:
    """In the reader's language: with another one it is another worker, which fetches its page anew."""
    page = f"{reverse('offline')}?language={translation.get_language()}"
    shell = [page, *map(static, PARTS)]
    content = _offline() + "".join(shell)
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    context = {"version": version, "page": page, "shell": shell}
    return render(request, "installing/worker.js", context, content_type="text/javascript; charset=utf-8")


def offline(request: HttpRequest) -> HttpResponse:
    """Of nobody: the same for everybody who reads this language."""
    asked = request.GET.get("language", "")
    with translation.override(asked if asked in dict(settings.LANGUAGES) else translation.get_language()):
        return HttpResponse(_offline())


def _offline() -> str:
    return render_to_string("installing/offline.html", {"numbers": numbers()})
