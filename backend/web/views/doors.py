"""Ways in and out: signing in and out, and the language."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from backend.accounts import sign_outs
from backend.accounts.throttling import TooManyTries
from backend.rosters.models import Child
from backend.web.appearance import YEAR, remember_appearance
from backend.web.demonstration.roles import role_of
from backend.web.middleware import LANGUAGE_COOKIE
from backend.web.views.signing import go_in, redirect_signed_out
from chat.access import children_of_family

# In the session of nobody: what the child is called who signs in next, for so many seconds.
HANDED_TO, HANDING_OVER = "handed_to", 10 * 60


class SignInForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Sign-in name")


class SignIn(LoginView):
    authentication_form = SignInForm
    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except TooManyTries as refused:
            context = self.get_context_data(form=SignInForm(), refusal=refused)
            return self.render_to_response(context, status=refused.kind.http)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = {"handed_to": self.request.session.get(HANDED_TO), "telephone": settings.PROGRAMME_PHONE}
        return super().get_context_data(**told, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        self.request.session.pop(HANDED_TO, None)
        return go_in(self.request, form.get_user(), self.get_success_url())


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    child = _child_handed_to(request)
    sign_outs.sign_out(request)
    if child is not None:
        request.session[HANDED_TO] = child.call_name
        request.session.set_expiry(HANDING_OVER)
    # In the demonstration to the list of roles.
    to_roles = settings.DEMO and role_of(request.get_host()) is None
    response = redirect("home") if to_roles else redirect_signed_out()
    sign_outs.leave_nothing(response)
    return response


def _child_handed_to(request: HttpRequest) -> Child | None:
    """Whose turn it is on this telephone, where a grown-up of the family signs out for that."""
    asked = request.POST.get("child", "")
    return (
        next((each for each in children_of_family(request.user) if str(each.pk) == asked), None)
        if asked
        else None
    )


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    response = redirect(_page_it_was_chosen_on(request))
    remember_language(response, request.POST.get("language"))
    return response


@require_POST
def set_appearance(request: HttpRequest) -> HttpResponse:
    response = redirect(_page_it_was_chosen_on(request))
    remember_appearance(response, request.POST.get("appearance", ""))
    return response


def _page_it_was_chosen_on(request: HttpRequest) -> str:
    """Home instead of another site."""
    target = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else "/"


def remember_language(response: HttpResponse, language: str | None) -> None:
    """In this browser, on this host; a language that there is not changes nothing."""
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            LANGUAGE_COOKIE,
            str(language),
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
