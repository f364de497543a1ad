"""What daphne serves in a drill: the site, with a check of words and a disk that can be full.

While the file `disk-full` stands in the data directory, a SQLite database may not grow.
"""

import os
from pathlib import Path

from bench.words import HOLD, MASK, MASKED

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

from backend.asgi import application  # noqa: F401


def _attach() -> None:
    from django.conf import settings
    from django.db import connection

    from chat import checks

    full = Path(settings.DATA_DIR) / "disk-full"
    small = False

    def look(words: checks.Words) -> checks.Verdict:
        nonlocal small
        if connection.vendor == "sqlite" and (small or full.exists()):
            small = full.exists()
            # A number below the present size means the present size.
            most = 1 if small else 2**31 - 2
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA max_page_count={most}")
        if HOLD in words.body:
            return checks.Hold("drill")
        return checks.Mask(words.body.replace(MASK, MASKED)) if MASK in words.body else None

    checks.register(look)


_attach()
