"""`manage.py screens`: pictures of every page, for docs/screens."""

import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.testing import find_chromium
from backend.web.screens.index import written
from backend.web.screens.site import DidNotStart, demonstration
from backend.web.screens.tour import NoWay, stops

MOST_BYTES = 6_000_000


class Command(BaseCommand):
    help = "Starts the demonstration and makes pictures of every page, phone and desk, Chinese and English."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, default=settings.BASE_DIR / "docs" / "screens")
        parser.add_argument("--data", type=Path, help="folder of a demonstration to be used again")
        parser.add_argument("--port", type=int, default=8099, help="port on 127.0.0.1 (default 8099)")
        parser.add_argument("--only", default="", help="pages of one role only; the index stays as it is")

    def handle(self, *, out: Path, data: Path | None, port: int, only: str, **options: Any) -> None:
        chromium = find_chromium()
        if chromium is None or importlib.util.find_spec("playwright") is None:
            raise CommandError(
                "Pictures need Playwright (requirements-dev.txt) and a Chromium on this machine."
            )
        with tempfile.TemporaryDirectory() as temporary:
            try:
                with demonstration(data or Path(temporary), port):
                    self._take(chromium, out, port, only)
            except DidNotStart as error:
                raise CommandError(f"The demonstration did not start: {error}") from error
            except NoWay as error:
                raise CommandError(f"The tour is out of date: {error}") from error

    def _take(self, chromium: str, out: Path, port: int, only: str) -> None:
        from backend.web.screens.camera import Visitor, browser_at, picture
        from backend.web.screens.evening import evening
        from backend.web.screens.ill import acts

        out.mkdir(parents=True, exist_ok=True)
        if not only:
            for old in out.glob("*.webp"):
                old.unlink()
        seen, size = [], 0
        with browser_at(chromium) as browser:
            visitor = Visitor(browser, port)
            for stop in stops():
                if only in ("", stop.role):
                    size += picture(visitor.go(stop), out, stop)
                    seen.append(stop)
                    self.stdout.write(f"{stop.role:12} {stop.name:14} {size // 1000:5} kB")
            if only in ("", "evening"):
                page = visitor.page_of("coordinator")
                for stop in evening(page):
                    size += picture(page, out, stop)
                    seen.append(stop)
                    self.stdout.write(f"{stop.role:12} {stop.name:14} {size // 1000:5} kB")
            if only in ("", "ill"):
                for page, stop, prepare in acts(visitor):
                    size += picture(page, out, stop, prepare)
                    seen.append(stop)
                    self.stdout.write(f"{stop.role:12} {stop.name:14} {size // 1000:5} kB")
        if not only:
            (out / "README.md").write_text(written(seen))
        if size > MOST_BYTES:
            raise CommandError(
                f"The pictures have {size} bytes, more than {MOST_BYTES}: too heavy for a clone."
            )
