"""`manage.py forget_authenticator`: for a coordinator whose telephone and recovery codes are gone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.authenticators import forget
from backend.accounts.models import User


class Command(BaseCommand):
    help = "Forgets a person's app with codes; their next sign-in sets one up anew. Make sure who is asking."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", help="their sign-in name")

    def handle(self, *, login: str, **options: Any) -> None:
        user = User.objects.filter(login=login.strip().lower()).first()
        if user is None or not forget(actor=None, user=user):
            raise CommandError("nobody with this sign-in name has an app with codes")
        self.stderr.write("Forgotten. Their next sign-in asks for a new app, after the password.")
