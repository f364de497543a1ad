"""Names and passwords, for every door: slowed down here, so that no door can forget to."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from backend.accounts import devices, throttling
from backend.accounts.models import User


class Slowed(ModelBackend):
    """Raises TooManyTries. An unknown name, a wrong password and a disabled account take the same time."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if not username or password is None:
            return None
        device = devices.device_for(request, username)
        places = throttling.sign_in_places(username, request, device=device)
        throttling.count_try(places)
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            throttling.was_right(places)
        return user
