"""`manage.py import_roster`: what the import page does, from a terminal."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.models import User
from backend.errors import Refusal
from backend.rosters.imports import check_upload, take_upload
from backend.rosters.reading.rows import Problem


class Command(BaseCommand):
    help = "Checks a roster workbook and takes it, whole or not at all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="login", required=True, help="sign-in name of a coordinator")
        parser.add_argument("--check", action="store_true", help="only say what would happen")

    def handle(self, *, file: Path, login: str, check: bool, **options: Any) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        actor = User.objects.filter(login=login.lower(), is_active=True).first()
        if actor is None:
            raise CommandError("--as: no such sign-in name")
        try:
            upload = check_upload(actor=actor, file_name=file.name, content=content)
            for kind in ("warnings", "problems"):
                for found in upload.report[kind]:
                    cell = Problem(**{name: found[name] for name in Problem.__slots__})
                    self.stderr.write(f"{'warning: ' if kind == 'warnings' else ''}{cell}")
            if upload.report["problems"]:
                raise CommandError("Nothing was taken.", returncode=2)
            if not check:
                upload = take_upload(actor=actor, upload_id=upload.pk)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        for kind, found in upload.report["difference"].items():
            counts = ", ".join(f"{len(ids)} {word}" for word, ids in found.items())
            self.stdout.write(f"{kind}: {counts}")
        self.stdout.write("Checked, not taken." if check else "Taken.")
