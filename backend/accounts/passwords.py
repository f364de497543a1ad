"""The password once more, before grave acts: a screen left open must not publish or export."""

from typing import Any

from django.utils.translation import gettext as _

from backend.accounts.throttling import count_try, tried, was_right
from backend.errors import NotNow


class PasswordWrong(NotNow):
    code = "password.wrong"


def check_password_again(actor: Any, password: str) -> None:
    """Raises PasswordWrong or TooManyTries. Ask whether the actor may act at all before this."""
    places = [tried("password again", actor.pk)]
    count_try(places)
    if not actor.check_password(password):
        raise PasswordWrong(_("This is not your password."))
    was_right(places)
