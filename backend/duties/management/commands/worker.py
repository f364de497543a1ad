"""`manage.py worker`: solves rounds and does the periodic duties, until it is told to stop."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from backend.duties import ticker


class Command(BaseCommand):
    help = "Solves rounds and does the periodic duties, until it is told to stop."

    def handle(self, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        threads = [
            threading.Thread(target=_keep_running, args=(runner, stop), daemon=True)
            for runner in ticker.runners()
        ]
        for thread in threads:
            thread.start()
        self.stdout.write("The worker is running.")
        _keep_running(_tick, stop)


def _tick() -> bool:
    ticker.tick()
    return False


def _keep_running(work: Any, stop: threading.Event) -> None:
    while not stop.is_set():
        close_old_connections()
        try:
            busy = work()
        except Exception:
            # A database that is away for a while must not end the worker; the next round tries again.
            ticker.log.exception("the worker's %s failed", work.__name__)
            busy = False
        if not busy:
            stop.wait(0.5)
