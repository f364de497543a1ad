"""A family in February 2020, everybody with an address, and a mailer that can be away."""

from datetime import datetime
from typing import Any

import django
import pytest

# Run without manage.py, pytest collects before its Django plugin has found the settings.
django.setup()

import time_machine  # noqa: E402
from django.core import mail  # noqa: E402
from django.core.mail.backends.locmem import EmailBackend  # noqa: E402

from backend.accounts.models import User  # noqa: E402
from backend.notices import letters  # noqa: E402
from backend.notices.models import Letter, Notice  # noqa: E402
from tests.chat.people import Family, add_family, at  # noqa: E402


@pytest.fixture(autouse=True)
def plain_settings(settings: Any, tmp_path: Any) -> None:
    settings.DEMO = False
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STATIC_ROOT = tmp_path
    settings.SITE_ORIGIN = "https://pairs.example"


@pytest.fixture
def family(db: Any) -> Family:
    """Monday 17 February 2020, 12:00. The academic hour is Wednesday 19:00, the wellbeing one Thursday."""
    with time_machine.travel(at(12), tick=False):
        family = add_family()
    child, mentors = family.child.user, (family.academic.user, family.wellbeing.user)
    for user in (family.coordinator, family.parent, family.carer, family.stranger, child, *mentors):
        user.email = f"u{user.pk}@example.invalid"
        user.save()
    return family


def work(now: datetime) -> list[Any]:
    """The worker's next look at the outbox. Returns the e-mails that went, and empties the box."""
    with time_machine.travel(now, tick=False):
        letters.gather(now)
        letters.post()
    went, mail.outbox = mail.outbox, []
    return went


def got(user: User) -> list[Notice]:
    return list(Notice.objects.filter(person=user).order_by("pk"))


def kinds(user: User) -> list[str]:
    return [notice.kind for notice in got(user)]


def waiting() -> int:
    return Letter.objects.filter(state="waiting").count()


class Mailer(EmailBackend):
    """Django's box in memory, unless it is told to fail. ``meanwhile`` happens while it sends."""

    fails: Exception | None = None
    refused: str = ""
    meanwhile: Any = None
    knocks = 0

    def send_messages(self, messages: Any) -> int:
        Mailer.knocks += 1
        if Mailer.meanwhile:
            happening, Mailer.meanwhile = Mailer.meanwhile, None
            happening()
        if Mailer.fails:
            raise Mailer.fails
        if Mailer.refused in messages[0].to:
            import smtplib

            raise smtplib.SMTPRecipientsRefused({Mailer.refused: (550, b"no such person")})
        return super().send_messages(messages)


@pytest.fixture
def mailer(settings: Any) -> Any:
    settings.EMAIL_BACKEND = "tests.notices.conftest.Mailer"
    yield Mailer
    Mailer.fails, Mailer.refused, Mailer.meanwhile, Mailer.knocks = None, "", None, 0
