"""The reader's language, and refusals made into pages."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from backend.errors import NOT_SIGNED_IN, Refusal
from chat.endpoint import LANGUAGE_COOKIE


class LanguageOfUserMiddleware:
    """The language chosen in this browser, else the person's own, else Chinese.

    Never the browser's Accept-Language: a grandmother's phone is often set to English by accident.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = dict(settings.LANGUAGES)
        chosen = request.COOKIES.get(LANGUAGE_COOKIE)
        if chosen not in known:
            chosen = getattr(request.user, "language", None) or settings.LANGUAGE_CODE
        with translation.override(chosen):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", str(request.LANGUAGE_CODE))
        patch_vary_headers(response, ["Cookie"])
        return response


class RefusalMiddleware:
    """A rule's refusal becomes a page with its status and its words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        signed_out = exception.kind.http == 404 and not request.user.is_authenticated
        if exception.kind is NOT_SIGNED_IN or (signed_out and request.method == "GET"):
            return redirect_to_login(request.get_full_path())
        template = "404.html" if exception.kind.http == 404 else "refused.html"
        # Nobody counts what somebody has not read to tell them no: it is the dearest part of a page.
        context = {"refusal": exception, "unread": 0, "up": ""}
        return render(request, template, context, status=exception.kind.http)


class HelpMiddleware:
    """Help is answered before session, sign-in and database are asked, and where they fail."""

    PAGE, ASK = "/help/", "/help/ask/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Only now: the views need what this module is a part of.
        from backend.web.views import help

        if request.path == self.PAGE and request.method in ("GET", "HEAD"):
            return help.page(request)
        response = self.get_response(request)
        if request.path == self.ASK and response.status_code >= 500:
            return help.page(request, failed=True)
        return response


class PrivateMiddleware:
    """What one person was shown stays in no cache; no page of ours has a use for camera, microphone or place.

    Static files are served before it, and are cached.
    """

    POWERS = ("camera", "microphone", "geolocation", "payment", "usb", "display-capture", "browsing-topics")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = ", ".join(f"{power}=()" for power in self.POWERS)
        return response
