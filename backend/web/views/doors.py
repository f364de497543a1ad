"""Ways in and out: signing in, the language, and the demonstration's door."""

from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from backend.accounts.models import User
from backend.web.middleware import LANGUAGE_COOKIE
from matching.models import Pairing

YEAR = 365 * 24 * 3600
DEMO_COORDINATOR = "demo-coordinator"


class SignInForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Sign-in name")


class SignIn(LoginView):
    authentication_form = SignInForm
    template_name = "sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    http_method_names = ["post", "options"]


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = redirect(target)
    language = request.POST.get("language")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def demo_door_is_open(request: HttpRequest) -> bool:
    """Only in demo mode, and only for a browser on this very machine."""
    try:
        return settings.DEMO and ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _paired() -> Any:
    """Children of the demonstration who have a mentor."""
    return Pairing.objects.live().values("child")


@require_POST
def step_into(request: HttpRequest) -> HttpResponse:
    """Signs in as one of the demonstration's people without a password."""
    if not demo_door_is_open(request):
        raise Http404
    active = User.objects.filter(is_active=True)
    people = {
        "coordinator": active.filter(login=DEMO_COORDINATOR),
        "parent": active.filter(guardianships__child__in=_paired()),
        "carer": active.filter(caring_for__child__in=_paired()),
    }
    user = people.get(request.POST.get("role", "coordinator"), active.none()).order_by("pk").first()
    if user is None:
        raise Http404
    login(request, user)
    return redirect("home")
