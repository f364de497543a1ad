"""One coordinator, and a programme of a few children and mentors that came in by a file."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from backend.accounts.models import User
from backend.rosters import city, imports


@pytest.fixture
def coordinator(db: Any) -> User:
    return User.objects.create_user(name="周敏", login="co", is_coordinator=True)


@pytest.fixture
def lead(db: Any) -> User:
    return User.objects.create_user(name="何静", login="sl", is_coordinator=True, is_safeguarding_lead=True)


@pytest.fixture
def stranger(db: Any) -> User:
    return User.objects.create_user(name="路人", login="stranger")


@pytest.fixture(scope="session")
def small_city() -> bytes:
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate(), size=20)
    return buffer.getvalue()


@pytest.fixture
def imported(coordinator: User, small_city: bytes) -> User:
    upload = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=small_city)
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    return coordinator


@pytest.fixture
def everything() -> Callable[[], dict[str, list[Any]]]:
    """Every row of every table of ours but the uploads and the log of acts, to compare before and after."""

    def read() -> dict[str, list[Any]]:
        skipped = {"rosters_rosterupload", "audit_entry", "audit_head"}
        tables = [model._meta.db_table for model in apps.get_models()]
        found = {}
        with connection.cursor() as cursor:
            for table in sorted(set(tables) - skipped):
                cursor.execute(f'SELECT * FROM "{table}"')
                found[table] = sorted(cursor.fetchall(), key=repr)
        return found

    return read
