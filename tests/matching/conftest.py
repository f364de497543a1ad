"""A coordinator, and thirty children with their mentors who came in by a file."""

import io

import django
import pytest

# Run without manage.py, pytest collects before its Django plugin has found the settings.
django.setup()

from django.utils import timezone  # noqa: E402

from backend.accounts.models import User  # noqa: E402
from backend.rosters import city  # noqa: E402
from backend.rosters.imports import check_upload, take_upload  # noqa: E402


@pytest.fixture
def coordinator() -> User:
    return User.objects.create_user(name="甲", login="co", is_coordinator=True)


def workbook(size: int = 30) -> bytes:
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate(), size=size)
    return buffer.getvalue()


@pytest.fixture
def imported(coordinator: User) -> User:
    upload = check_upload(actor=coordinator, file_name="r.xlsx", content=workbook())
    take_upload(actor=coordinator, upload_id=upload.pk)
    return coordinator
