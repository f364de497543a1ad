"""The fixed cast of the ways in."""

import re
from typing import Any

import django
import pytest

# Run without manage.py, pytest collects before its Django plugin has found the settings.
django.setup()

from backend.accounts.models import User  # noqa: E402

PASSWORD = "一个安静的晚上 2020"


@pytest.fixture(autouse=True)
def plain_settings(settings: Any, tmp_path: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def coordinator(db: Any) -> User:
    return User.objects.create_user(name="周敏", login="co", password=PASSWORD, is_coordinator=True)


@pytest.fixture
def parent(db: Any) -> User:
    return User.objects.create_user(name="陈敏", phone="13800138000")


@pytest.fixture
def child(db: Any) -> User:
    """With a sign-in name, a password and nothing else."""
    return User.objects.create_user(name="小宇", login="xiaoyu", password=PASSWORD)


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found, text
    return found[0]
