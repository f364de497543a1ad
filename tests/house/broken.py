"""The server with faults whose words hold somebody's data, for daphne."""

from django.http import HttpRequest

from backend.asgi import application  # noqa: F401
from backend.web.views import components
from chat import reading
from tests.house.test_log_canaries import WORDS


def fail(request: HttpRequest) -> None:
    raise RuntimeError(WORDS)


def fail_to_read(*_asked: object) -> None:
    try:
        raise KeyError(WORDS)
    except KeyError as error:
        raise ValueError(f"{WORDS}, again") from error


# The routes hold the function itself, so its insides are changed.
components.show.__code__ = fail.__code__
components.__dict__["WORDS"] = WORDS
reading.place_of = fail_to_read
