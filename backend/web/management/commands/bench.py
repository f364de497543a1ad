"""`manage.py bench WHAT`: what is measured. One module of `bench/` for each, found here by its name."""

from importlib import import_module
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

# Each has HELP, add_arguments(parser) and run(say, **options); what goes wrong there is a RuntimeError.
BENCHMARKS = ("matching", "detection", "faults", "chat")


class Command(BaseCommand):
    help = "Measures one part against its peers, or under faults."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        for name in BENCHMARKS:
            try:
                benchmark = import_module(f"bench.{name}")
            except ModuleNotFoundError as error:
                # What a client needs is not installed where only the site runs.
                kinds.add_parser(name, help=f"needs the package {error.name}").set_defaults(
                    missing=error.name
                )
                continue
            one = kinds.add_parser(name, help=benchmark.HELP, description=benchmark.HELP)
            benchmark.add_arguments(one)
            one.set_defaults(benchmark=benchmark)

    def handle(
        self, *, benchmark: ModuleType | None = None, missing: str | None = None, **options: Any
    ) -> None:
        try:
            if benchmark is None:
                raise ModuleNotFoundError(name=missing)
            benchmark.run(self.stdout.write, **options)
        except ModuleNotFoundError as error:
            raise CommandError(
                f"This needs the package {error.name}: it is in requirements-dev.txt."
            ) from error
        except RuntimeError as error:
            raise CommandError(str(error)) from error
