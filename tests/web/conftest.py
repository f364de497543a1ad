"""People on both sides of the door."""

import django
import pytest

# Run without manage.py, pytest collects before its Django plugin has found the settings.
django.setup()


@pytest.fixture(autouse=True)
def plain_settings(settings, tmp_path):
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STATIC_ROOT = tmp_path
    settings.DEMO = settings.ROOMS_ALWAYS_OPEN = False


@pytest.fixture
def coordinator(db, django_user_model):
    return django_user_model.objects.create_user(
        name="周敏", login="zhou@example.org", password="a quiet evening", is_coordinator=True
    )


@pytest.fixture
def stranger(db, django_user_model):
    return django_user_model.objects.create_user(
        name="路人", login="stranger@example.org", password="a quiet evening"
    )


@pytest.fixture
def desk(coordinator, client):
    """The coordinator's browser."""
    client.force_login(coordinator)
    return client
