"""Django's settings for whoever runs pytest without manage.py; and one migrating for the whole run."""

import gc
import os
import sqlite3
import sys
from typing import Any

import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
# A run starts a hundred processes, and each would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_configure(config: pytest.Config) -> None:
    from tests.chat.served import run_folder

    run_folder()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported by now stays: nobody need look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The tests' database begins as a copy of a migrated one; Django is told not to look what is left to do."""
    from django.db import connection
    from django.db.backends.signals import connection_created

    from tests.chat.served import migrated

    def fill(connection: Any, **_: Any) -> None:
        in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()
        if in_memory and not connection.introspection.table_names():
            with sqlite3.connect(migrated()) as made:
                made.backup(connection.connection)
            made.close()

    connection_created.connect(fill, weak=False)
    connection.settings_dict["TEST"]["MIGRATE"] = False
