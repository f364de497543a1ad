"""Consent to take part, for guardians: read, given, withdrawn; and for the child: stopping, coming back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.ages import rules_at
from backend.care.families import stop_is_asked
from backend.rosters import consent


def show(request: HttpRequest, child_id: int) -> HttpResponse:
    """What it means, whether it stands, and the button to give it."""
    standing = consent.consent_of(actor=request.user, child_id=child_id)
    return render(request, "family/consent.html", {"standing": standing, "child": standing.child})


@require_POST
def give(request: HttpRequest, child_id: int) -> HttpResponse:
    consent.give_consent(actor=request.user, child_id=child_id)
    messages.success(request, _("Thank you. Your consent is kept, and you can withdraw it at any time."))
    return redirect("consent", child_id)


def withdraw(request: HttpRequest, child_id: int) -> HttpResponse:
    """What it would mean, and the second tap."""
    consent.access_consent(request.user, child_id, "withdraw")
    if request.method == "POST":
        ended = consent.withdraw_consent(actor=request.user, child_id=child_id)
        if ended:
            messages.success(request, _("Withdrawn. The two mentors have ended."))
        else:
            messages.success(
                request, _("Withdrawn. Nothing is shared with you from now on; a coordinator will call.")
            )
        return redirect("consent", child_id)
    standing = consent.consent_of(actor=request.user, child_id=child_id)
    return render(request, "family/withdraw.html", {"standing": standing, "child": standing.child})


def stop(request: HttpRequest, child_id: int) -> HttpResponse:
    """The child no longer wants to: from 14 it ends there and then, before that a grown-up comes and asks."""
    child = consent.access_consent(request.user, child_id, "stop")
    if request.method == "POST":
        if consent.stop_taking_part(actor=request.user, child_id=child_id):
            messages.success(request, _("It has ended. You can come back whenever you like."))
        else:
            messages.success(request, _("We have heard you. Somebody will talk with you within a day."))
        return redirect("home")
    context = {
        "child": child,
        "rules": rules_at(child.birth_date, timezone.now()),
        "asked": stop_is_asked(child),
    }
    return render(request, "child/stop.html", context)


@require_POST
def come_back(request: HttpRequest, child_id: int) -> HttpResponse:
    consent.come_back(actor=request.user, child_id=child_id)
    messages.success(request, _("Welcome back. A coordinator finds mentors for you again."))
    return redirect("home")
