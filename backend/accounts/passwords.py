"""What a password must be, and the password once more before grave acts: a screen left open must not publish."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    get_password_validators,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backend.accounts.throttling import count_try, tried, was_right
from backend.errors import Invalid, NotNow


class LongEnough(MinimumLengthValidator):
    """Django's, in words that are there in Chinese too."""

    def get_error_message(self) -> str:
        return _("Too short: at least %(count)d characters.") % {"count": self.min_length}


class PasswordWrong(NotNow):
    code = "password.wrong"


class BadPassword(Invalid):
    """facts["problems"]: sentences about the password."""

    code = "invitation.bad_password"


def check_new_password(password: str, user: Any, *, child: bool = False, births: Iterable[date] = ()) -> None:
    """Raises BadPassword. A child's may be short, or only digits: who guesses it is slowed down.

    births: of the family; whoever knows them must not get in with them.
    """
    validators = get_password_validators(settings.CHILD_PASSWORD_VALIDATORS) if child else None
    problems = []
    try:
        validate_password(password, user, validators)
    except ValidationError as error:
        problems = list(error.messages)
    digits = "".join(char for char in password if char.isdecimal())
    if any(f"{born:%y%m%d}" in digits or f"{born:%Y%m%d}" == digits for born in births):
        problems.append(_("A birthday is easy to guess."))
    if len(set(password)) < 3:
        problems.append(_("Use at least three different characters."))
    if problems:
        raise BadPassword(_("Choose another password."), problems=problems)


def check_password_again(actor: Any, password: str) -> None:
    """Raises PasswordWrong or TooManyTries. Ask whether the actor may act at all before this."""
    places = [tried("password again", actor.pk)]
    count_try(places)
    if not actor.check_password(password):
        raise PasswordWrong(_("This is not your password."))
    was_right(places)
