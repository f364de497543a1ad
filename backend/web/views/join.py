"""The page at the end of an invitation's link: the code first, then a password of one's own."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from backend.accounts import invitations
from backend.accounts.models import Invitation, User
from backend.accounts.throttling import address_of
from backend.errors import Refusal
from backend.rosters import ways_in
from backend.web.views.signing import go_in

NEW = {"autocomplete": "new-password"}


class CodeForm(forms.Form):
    secret = forms.CharField(
        label=gettext_lazy("Invitation code"),
        max_length=100,
        help_text=gettext_lazy("Eight letters and digits. Capitals don't matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class JoinForm(forms.Form):
    secret = forms.CharField(max_length=100, widget=forms.HiddenInput)
    born = forms.DateField(label="", widget=forms.DateInput(attrs={"type": "date"}))
    login = forms.CharField(
        label=gettext_lazy("Sign-in name"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"), strip=False, widget=forms.PasswordInput(attrs=NEW)
    )
    again = forms.CharField(
        label=gettext_lazy("Password, once more"), strip=False, widget=forms.PasswordInput(attrs=NEW)
    )

    def __init__(self, data: Any, *, found: Invitation, secret: str) -> None:
        super().__init__(data, initial={"secret": secret})
        user, child = found.user, found.kind == Invitation.Kind.CHILD
        if found.kind == Invitation.Kind.STAFF:
            del self.fields["born"]
        else:
            self.fields["born"].label = _("Your birth date") if child else _("The child's birth date")
        name = self.fields["login"]
        name.required = not (user.login or user.email or user.phone)
        name.help_text = _usual_name(user)
        if child:
            self.fields["password"].help_text = _("At least six letters or digits that only you know.")
        else:
            self.fields["password"].help_text = _("At least ten characters; a short sentence is good.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") != given.get("again"):
            self.add_error("again", _("The two passwords are not the same."))
        return given


def _usual_name(user: User) -> str:
    """What leaving it empty means, without showing it: the sheet may have been found by somebody else."""
    if user.login:
        return _("Leave empty to keep the one you have.")
    if user.email or user.phone:
        return _("If left empty: your e-mail address or telephone number.")
    return _("You type it each time: a nickname and two digits, for example.")


@sensitive_post_parameters()
def join(request: HttpRequest) -> HttpResponse:
    """Takes an invitation up: a sign-in name and a password, and they are in."""
    code = CodeForm(request.POST or None)
    if request.method != "POST" or not code.is_valid():
        return render(request, "join.html", {"form": code})
    secret, address = code.cleaned_data["secret"], address_of(request)
    try:
        found = invitations.find(secret, address=address)
    except Refusal as refused:
        code.add_error(None, refused.message)
        too_often = refused.kind.http == 429
        return render(request, "join.html", {"form": code}, status=429 if too_often else 200)
    form = JoinForm(request.POST if "password" in request.POST else None, found=found, secret=secret)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            user = ways_in.take_up(
                secret=secret,
                password=given["password"],
                login=given["login"] or None,
                born=given.get("born"),
                address=address,
            )
        except Refusal as refused:
            _say(form, refused)
        else:
            return go_in(request, user, "/")
    return render(request, "join_as.html", {"form": form, "kind": found.kind})


def _say(form: JoinForm, refused: Refusal) -> None:
    at = {"invitation.wrong_birth_date": "born", "invitation.login_taken": "login"}.get(refused.code)
    problems = refused.facts.get("problems", [])
    for problem in problems:
        form.add_error("password", problem)
    if not problems:
        form.add_error(at, refused.message)
