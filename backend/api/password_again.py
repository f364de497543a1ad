"""Acts that ask for the password once more, so that a screen left open does nothing grave."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from backend.errors import NotNow


class PasswordWrong(NotNow):
    code = "password.wrong"


class PasswordAgainIn(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=128, trim_whitespace=False)


def check_password_again(actor: Any, password: str) -> None:
    """Raises PasswordWrong. Ask whether the actor may act at all before this."""
    if not actor.check_password(password):
        raise PasswordWrong(_("This is not your password."))
