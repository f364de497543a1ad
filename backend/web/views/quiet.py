"""A family that is to be left in peace, for coordinators."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.rosters import quiet
from backend.rosters.looking import open_child
from backend.rosters.models import Child


class QuietForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=[("", ""), *Child.QuietReason.choices])


def show(request: HttpRequest, child_id: int) -> HttpResponse:
    child = open_child(actor=request.user, child_id=child_id, now=timezone.now(), action="quiet")
    is_over = "over" in request.POST
    form = QuietForm(request.POST if request.method == "POST" and not is_over else None)
    if request.method == "POST" and (is_over or form.is_valid()):
        reason = "" if is_over else form.cleaned_data["reason"]
        quiet.set_quiet(actor=request.user, child_id=child_id, quiet=not is_over, reason=reason)
        messages.success(
            request,
            _("The family is told of what happens again.")
            if is_over
            else _("The family is left in peace from now on. Its mentors are asked to speak with you first."),
        )
        return redirect("child", child_id)
    context = {"child": child, "form": form, "family": quiet.siblings_of(child).exclude(pk=child.pk)}
    return render(request, "people/quiet.html", context)
