"""Whose database it is: the demonstration changes only what it made itself."""

from pathlib import Path

from django.conf import settings
from django.db import connection

# "SDa2" in SQLite's header: says that this command made the file, and in which form.
APPLICATION_ID = 0x53446132


class NotOurs(Exception):
    """The database holds something that the demonstration did not make."""


def claim_database() -> None:
    """Marks a new, empty database as the demonstration's; raises NotOurs for any other."""
    if connection.vendor != "sqlite":
        raise NotOurs("The demonstration uses SQLite only: start it without DATABASE_URL.")
    path = Path(settings.DATABASES["default"]["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA application_id")
        found = cursor.fetchone()[0]
        if found == APPLICATION_ID:
            return
        if connection.introspection.table_names():
            raise NotOurs(
                f"{path.name} was not made by this version of the command, so it is left alone. "
                "Move it away first."
            )
        cursor.execute(f"PRAGMA application_id = {APPLICATION_ID}")
