"""The demonstration city, made through the same use-cases that people use."""

import io
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from backend.accounts.models import User
from backend.rosters import city, imports
from backend.rosters.models import RosterUpload
from matching.models import Round
from matching.publishing import publish_round
from matching.rounds import start_round
from matching.solving import run_next_round
from matching.states import State

# "SDao" in SQLite's header: says that this command made the file, and may change what is in it.
APPLICATION_ID = 0x5344616F
COORDINATOR = "demo-coordinator"
Say = Callable[[str], None]


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
                f"{path.name} was not made by this command, so it is left alone. Move it away first."
            )
        cursor.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def build(say: Say) -> Round:
    """Roster, round and pairings; each step only if it is still missing, so an interrupted start goes on."""
    coordinator = _coordinator()
    if not RosterUpload.objects.filter(state=RosterUpload.State.TAKEN).exists():
        say("Importing the demonstration roster …")
        _import(coordinator)
    current = Round.objects.filter(state=State.PUBLISHED).first()
    if current is None:
        say("Matching …")
        current = _match(coordinator)
        publish_round(actor=coordinator, round_id=current.pk, version=current.version)
        current.refresh_from_db()
    return current


def _coordinator() -> User:
    found = User.objects.filter(login=COORDINATOR).first()
    return found or User.objects.create_user(
        name="周敏", login=COORDINATOR, is_coordinator=True, is_safeguarding_lead=True
    )


def _import(coordinator: User) -> None:
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate())
    content = buffer.getvalue()
    (Path(settings.DATA_DIR) / "demo-roster.xlsx").write_bytes(content)
    upload = imports.check_upload(actor=coordinator, file_name="demo-roster.xlsx", content=content)
    imports.take_upload(actor=coordinator, upload_id=upload.pk)


def _match(coordinator: User) -> Round:
    round_ = Round.objects.filter(state__in=[State.SOLVING, State.SOLVED]).first()
    round_ = round_ or start_round(actor=coordinator)
    with tqdm(total=1.0, desc="Round", bar_format="{desc}: {bar} {postfix}", disable=None) as bar:
        while round_.state == State.SOLVING:
            run_next_round()
            round_.refresh_from_db()
        bar.update(1.0)
    if round_.state != State.SOLVED:
        raise NotOurs(f"The round could not be solved: {round_.error}")
    return round_
