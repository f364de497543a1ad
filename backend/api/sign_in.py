"""Who is asking, for REST."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class Session(SessionAuthentication):
    """Django's session; answers 401, not 403, to those who are not signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
