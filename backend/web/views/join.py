"""The page at the end of an invitation's link."""

from typing import Any

from django import forms
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from backend.accounts import invitations
from backend.errors import Refusal


class JoinForm(forms.Form):
    secret = forms.CharField(
        label=_("Invitation code"),
        max_length=100,
        help_text=_("It stands after the # of the link that you were sent."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    login = forms.CharField(
        label=_("Sign-in name"),
        max_length=254,
        required=False,
        help_text=_("Empty: your e-mail address or telephone number."),
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") != given.get("again"):
            self.add_error("again", _("The two passwords are not the same."))
        return given


@sensitive_post_parameters()
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """Takes an invitation up: a sign-in name and a password, and they are in."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = invitations.take_up(
                secret=given["secret"], password=given["password"], login=given["login"] or None
            )
        except Refusal as refused:
            form.add_error(None, refused.message)
            for problem in refused.facts.get("problems", []):
                form.add_error("password", problem)
        else:
            login(request, user)
            return redirect("home")
    return render(request, "join.html", {"form": form})
