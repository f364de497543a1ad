"""A family in the rooms, and the people who look after cases."""

import django
import pytest
import time_machine

# Run without manage.py, pytest collects before its Django plugin has found the settings.
django.setup()

from backend.accounts.models import User  # noqa: E402
from tests.care.emergency import NOW  # noqa: E402
from tests.care.on_duty import put_on_duty  # noqa: E402
from tests.chat.people import Family, add_family  # noqa: E402


@pytest.fixture
def family(db) -> Family:
    return add_family()


@pytest.fixture
def lead(db) -> User:
    return User.objects.create_user(
        name="何静", login="sl", is_coordinator=True, is_safeguarding_lead=True, password="a quiet evening"
    )


@pytest.fixture
def second_lead(db) -> User:
    return User.objects.create_user(
        name="许岚", login="sl2", is_coordinator=True, is_safeguarding_lead=True, password="a quiet evening"
    )


@pytest.fixture
def counsellor(family):
    """On duty for some hours around now."""
    user = User.objects.create_user(name="孙老师", phone="13800000001", email="sun@example.org")
    put_on_duty(user)
    return user


@pytest.fixture
def clock(settings):
    """Seven in the evening, with rooms that never close."""
    settings.ROOMS_ALWAYS_OPEN = True
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def second(db) -> User:
    """Another coordinator."""
    return User.objects.create_user(name="吴桐", login="co2", is_coordinator=True)
