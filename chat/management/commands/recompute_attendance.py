"""`manage.py recompute_attendance`: stored minutes against the rows they were computed from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from chat.measuring import differences


class Command(BaseCommand):
    help = "Computes the minutes of every session and meeting again and compares; --repair stores them."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--repair", action="store_true", help="store what the rows say")

    def handle(self, *, repair: bool, **options: Any) -> None:
        found = 0
        for each in differences(timezone.now()):
            found += 1
            self.stdout.write(f"{each.what}: stored {each.stored}, from the rows {each.found}")
            if repair:
                with transaction.atomic():
                    each.what.mentor_s, each.what.child_s, each.what.both_s = each.found
                    each.what.save(update_fields=["mentor_s", "child_s", "both_s"])
        if found and not repair:
            raise CommandError(f"{found} totals differ from their rows.")
        self.stdout.write("Every total equals its rows." if not found else f"{found} totals repaired.")
