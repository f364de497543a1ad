"""The second step of signing in, and what somebody may do about their own account."""

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from backend.accounts import authenticators, sign_in, sign_outs
from backend.accounts.models import User
from backend.accounts.sessions import Standing
from backend.accounts.sign_in import Step
from backend.accounts.throttling import count_try, tried, was_right
from backend.errors import NOT_SIGNED_IN, Refusal
from backend.rosters.standing import standing_of
from backend.web.forms import PasswordAgainForm

SEED = "seed"


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


def go_in(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """To where somebody wanted to go, or to the second step first."""
    if sign_in.begin(request, user, standing_of(user)) is None:
        return redirect(target)
    return redirect(f"{reverse('second_step')}?{urlencode({'next': target})}")


def redirect_signed_out() -> HttpResponse:
    """The page empties a browser that does not know what `sign_outs.leave_nothing` asks of it."""
    return redirect(f"{reverse('sign_in')}?left")


@sensitive_post_parameters()
def second_step(request: HttpRequest) -> HttpResponse:
    """The code of the app or of the e-mail; for those who have no app yet, setting it up."""
    found = sign_in.pending(request)
    if found is None:
        return redirect("home") if request.user.is_authenticated else redirect_to_login("/")
    user, step = found
    form, refused = CodeForm(request.POST or None), None
    if request.method == "POST" and "another" in request.POST:
        form = CodeForm()
        try:
            sign_in.mail_code(request)
            messages.success(request, _("A new code is on its way."))
        except Refusal as refusal:
            refused = refusal
    elif request.method == "POST" and form.is_valid():
        try:
            recovery = sign_in.finish(request, form.cleaned_data["code"])
        except Refusal as refusal:
            refused = refusal
        else:
            if recovery:
                return _show_codes(request, recovery, _target(request))
            return redirect(_target(request))
    context: dict[str, Any] = {"form": form, "step": step, "refusal": refused}
    if step is Step.SET_UP:
        context |= _to_scan(user, sign_in.seed_of(request))
    # A wrong code is an answered form, as a wrong password is.
    wrong = refused is not None and refused.kind is not NOT_SIGNED_IN
    return render(
        request, "signing/step.html", context, status=refused.kind.http if wrong and refused else 200
    )


def account(request: HttpRequest) -> HttpResponse:
    """One's own way in: signing out everywhere, the app with codes."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    user = User.objects.get(pk=request.user.pk)
    has_app = hasattr(user, "authenticator")
    left = user.recovery_codes.count() if has_app else 0
    context = {"has_app": has_app, "left": left, "offers_app": standing_of(user) is not Standing.CHILD}
    return render(request, "signing/account.html", context)


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login("/")
    sign_outs.sign_out_everywhere(actor=request.user)
    sign_outs.sign_out(request)
    response = redirect_signed_out()
    sign_outs.leave_nothing(response)
    return response


@sensitive_post_parameters()
def authenticator(request: HttpRequest) -> HttpResponse:
    """A new app with codes, for somebody who is signed in already: the password again first."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    user = User.objects.get(pk=request.user.pk)
    seed = request.session.get(SEED)
    if seed is None:
        form = PasswordAgainForm(request.POST if request.method == "POST" else None, user=user)
        if request.method != "POST" or not form.is_valid():
            return render(request, "signing/authenticator.html", {"form": form})
        seed = request.session[SEED] = authenticators.new_seed()
        code_form = CodeForm()
    else:
        code_form = CodeForm(request.POST or None)
        if request.method == "POST" and code_form.is_valid():
            try:
                recovery = _set_up(user, seed, code_form.cleaned_data["code"])
            except Refusal as refused:
                code_form.add_error("code", str(refused))
            else:
                del request.session[SEED]
                return _show_codes(request, recovery, reverse("account"))
    context = {"form": code_form, "step": Step.SET_UP, **_to_scan(user, seed)}
    return render(request, "signing/step.html", context)


def _set_up(user: User, seed: str, code: str) -> list[str]:
    places = [tried("code", user.pk)]
    count_try(places)
    recovery = authenticators.set_up(user=user, seed=seed, code=code)
    was_right(places)
    return recovery


def _to_scan(user: User, seed: str) -> dict[str, str]:
    address = authenticators.address_for(user, seed)
    return {"picture": picture_of(address), "typed": authenticators.secret_of(seed)}


def picture_of(text: str) -> str:
    """A QR code as an address that an image can show; white behind, also at night."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff"))


def _show_codes(request: HttpRequest, codes: list[str], target: str) -> HttpResponse:
    return render(request, "signing/recovery_codes.html", {"codes": codes, "target": target})


def _target(request: HttpRequest) -> str:
    target = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
