"""`manage.py invite`: the way in for the first coordinator."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from backend.accounts.invitations import invite_coordinator
from backend.errors import Refusal


class Command(BaseCommand):
    help = "Makes a coordinator and prints a link that lets them in once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", choices=["coordinator", "safeguarding-lead"], required=True)
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="", help="default: what stands before the @")

    def handle(self, *, role: str, email: str, name: str, **options: Any) -> None:
        try:
            validate_email(email)
            way_in = invite_coordinator(
                actor=None,
                name=name or email.partition("@")[0],
                email=email,
                lead=role == "safeguarding-lead",
            )
        except ValidationError:
            raise CommandError("--email: that is not an e-mail address") from None
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{settings.SITE_ORIGIN.rstrip('/')}{way_in.link}")
        self.stderr.write("The link works once, within 24 hours. It is not shown again.")
