"""Signing out on every machine at once."""

from django.db import transaction

from backend.accounts.models import User
from backend.audit import log as audit


@transaction.atomic
def sign_out_everywhere(*, actor: User) -> None:
    """Every session of this person is over, the one that asks too; so are their sockets."""
    user = User.objects.select_for_update().get(pk=actor.pk)
    user.sign_outs += 1
    user.save(update_fields=["sign_outs"])
    audit.record(actor, "person.signed_out_everywhere", user)
