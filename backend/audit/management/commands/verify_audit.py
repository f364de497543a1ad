"""`manage.py verify_audit`: whether the log of who did what is whole."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.audit import chain
from backend.audit.models import Entry

WORDS = {
    "altered": "was altered",
    "missing": "is missing",
    "unlinked": "does not follow the entry before it",
    "added": "was added past the head",
    "cut": "and what follows was cut off",
    "forged": "is not what stood here when its hash was written outside",
}


class Command(BaseCommand):
    help = "Recomputes the chain of the audit log and compares it with the heads kept outside the database."

    def handle(self, **options: Any) -> None:
        try:
            anchors = list(chain.read_anchors())
        except ValueError:
            raise CommandError(
                f"{chain.anchor_file().name} has a line that is not a time, number and hash."
            ) from None
        found = 0
        for fault in chain.faults(anchors):
            found += 1
            self.stdout.write(f"Entry {fault.number} {WORDS[fault.what]}.")
        if found:
            raise CommandError(f"{found} faults in the audit log.")
        self.stdout.write(f"{Entry.objects.count()} entries, one chain; {len(anchors)} heads outside agree.")
