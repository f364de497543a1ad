"""`manage.py demo`: the demonstration city, served on this machine."""

import os
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.web.demonstration.city import NotSolved, build
from backend.web.demonstration.claim import NotOurs, claim_database
from backend.web.demonstration.roles import origins


class Command(BaseCommand):
    help = "Makes the demonstration city and serves it on this machine (--once: makes it and stops)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")
        parser.add_argument("--once", action="store_true", help="do everything but serve, then exit")

    def handle(self, *, port: int, once: bool, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demonstration runs only with SHUANGDAO_MODE=demo.")
        if not once:
            _check_port(port)
        try:
            claim_database()
            call_command("migrate", verbosity=0)
            round_ = build(self.stdout.write)
        except (NotOurs, NotSolved) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_in_words(round_.summary))
        if not once:
            self._serve(port)

    def _serve(self, port: int) -> None:
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        daphne = [
            sys.executable,
            "-m",
            "daphne",
            "-b",
            "127.0.0.1",
            "-p",
            str(port),
            "backend.asgi:application",
        ]
        # Links in letters, SMS and calendars lead to the first of them.
        at = {"SHUANGDAO_ORIGINS": ",".join(origins(port))} | os.environ
        processes = [
            subprocess.Popen(daphne, cwd=settings.BASE_DIR, env=at),
            subprocess.Popen([*manage, "worker"], env=at),
        ]
        self.stdout.write(f"\nOpen http://127.0.0.1:{port}/ and choose a role. Ctrl-C stops it.\n")
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        try:
            while not stop.wait(0.5):
                if any(process.poll() is not None for process in processes):
                    raise CommandError("The server or the worker has ended; its last words stand above.")
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=20)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(f"Port {port} is in use. Choose another one with --port.") from None


def _in_words(summary: dict[str, Any]) -> str:
    proved = "proved optimal at all four levels" if summary.get("proved_optimal") else "not proved optimal"
    return (
        f"{summary['complete']} of {summary['children']} children have both mentors;"
        f" value {summary['objective']} (bound {summary['objective_bound']}), {proved}."
    )
