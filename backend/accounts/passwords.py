"""The password once more, before grave acts: a screen left open must not publish or export."""

from typing import Any

from django.utils.translation import gettext as _

from backend.errors import NotNow


class PasswordWrong(NotNow):
    code = "password.wrong"


def check_password_again(actor: Any, password: str) -> None:
    """Raises PasswordWrong. Ask whether the actor may act at all before this."""
    if not actor.check_password(password):
        raise PasswordWrong(_("This is not your password."))
