"""Signing out: in this browser, or everywhere at once."""

from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from backend.accounts.models import User
from backend.audit import log as audit

# Drafts and unsent words of the rooms go; cookies stay, of which one knows this browser again.
CLEARED = '"storage"'


@transaction.atomic
def sign_out(request: HttpRequest) -> None:
    if request.user.is_authenticated:
        audit.record(request.user, "person.signed_out", request.user)
    logout(request)


@transaction.atomic
def sign_out_everywhere(*, actor: User) -> None:
    """Every session of this person is over, the one that asks too; so are their sockets."""
    user = User.objects.select_for_update().get(pk=actor.pk)
    user.sign_outs += 1
    user.save(update_fields=["sign_outs"])
    audit.record(actor, "person.signed_out_everywhere", user)


def leave_nothing(response: HttpResponseBase) -> None:
    """What the browser keeps for this site goes with the sign-out: the tablet may be a family's."""
    response["Clear-Site-Data"] = CLEARED
