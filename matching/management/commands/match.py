"""`manage.py match`: roster files in, a plan out, without a database."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from tqdm import tqdm

from backend.rosters.lists import DISTRICTS
from backend.rosters.reading.rows import Problem, RosterFile, read_roster
from backend.rosters.reading.tables import MOST_BYTES_OF_CSV
from matching.core.locks import check_locks
from matching.core.plan import Options
from matching.core.roster import Place, Roster
from matching.core.solve import Progress, solve
from matching.core.verify import verify
from matching.core.weights import MOST_POINTS, InvalidWeights, Weights
from matching.plan_files import read_places, to_roster, write_plan

EXPECTED = {
    "unknown_child": "a child of the roster",
    "unknown_mentor": "a mentor of the roster",
    "not_eligible": "a mentor who may have this role for this child",
    "hour_not_free": "an hour that both have",
    "no_common_hour": "two people who share an hour",
    "no_seat": "a mentor with a capacity of at least 1",
    "pinned_twice": "one pin for a child and role",
    "pinned_and_forbidden": "a pair that is not forbidden as well",
    "contradiction": "pins that can hold together",
}


class Command(BaseCommand):
    help = "Matches children and mentors of roster files and writes the plan. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="CHILDREN MENTORS, or one ROSTER.xlsx")
        parser.add_argument("--locks", type=Path, help="pins and forbids")
        parser.add_argument("--weights", type=Path, help="JSON object of weights")
        parser.add_argument("--previous", type=Path, help="assignments.csv of an earlier plan")
        parser.add_argument("--stickiness", type=int, help="points for a kept pair, and again for its hour")
        parser.add_argument("--gap", type=float, default=0.0, help="stop this near to the bound (a fraction)")
        parser.add_argument("--time-limit", type=float, help="seconds; then the best plan so far")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--out", type=Path, required=True, help="folder for the plan")

    def handle(self, **options: Any) -> None:
        spoken = next((os.environ[name] for name in ("LC_ALL", "LANG") if os.environ.get(name)), "")
        with translation.override("zh-hans" if spoken.startswith("zh") else "en"):
            self._match(**options)

    def _match(self, *, files: list[Path], locks: Path | None, weights: Path | None, **options: Any) -> None:
        _check_options(files, options)
        _check_folder(options["out"])
        extra = [path for path in (locks, weights, options["previous"]) if path]
        contents = {path: _bytes_of(path) for path in [*files, *extra]}
        points = _weights(weights, contents)
        kinds = ["workbook"] if len(files) == 1 else ["children", "mentors"]
        named = [*zip(kinds, files, strict=True), *([("locks", locks)] if locks else [])]
        read = read_roster([(kind, path.name, contents[path]) for kind, path in named], districts=DISTRICTS)
        for warning in read.warnings:
            self.stderr.write(f"warning: {warning}")
        before: tuple[Place, ...] = ()
        if options["previous"]:
            before, bad_rows = read_places(options["previous"].name, contents[options["previous"]])
            read.problems.extend(bad_rows)
        roster = to_roster(read, DISTRICTS)
        _refuse(read.problems or _lock_problems(read, roster))
        wanted = Options(
            weights=points,
            seed=options["seed"],
            previous=before,
            stickiness=options["stickiness"] or 0,
            gap=options["gap"],
            time_limit=options["time_limit"],
        )
        result = self._solve(roster, wanted)
        digests = [hashlib.sha256(contents[path]).hexdigest() for path in [*files, *extra]]
        whole = hashlib.sha256("".join(digests).encode()).hexdigest()
        compared = bool(options["previous"])
        write_plan(options["out"], result, input_sha256=whole, weights=points, compared=compared)
        proof = (
            "proved optimal at all four levels" if result.proved_optimal else f"gap {100 * result.gap:.3f} %"
        )
        self.stdout.write(
            f"{result.complete} of {result.children} children have both mentors; {len(result.open)} roles open;"
            f" value {result.objective} (bound {result.objective_bound}), {proof}, {result.seconds:.1f} s"
        )

    def _solve(self, roster: Roster, options: Options) -> Any:
        with tqdm(desc="match", bar_format="{desc} {elapsed}", disable=None, leave=False) as bar:

            def show(progress: Progress) -> None:
                bar.set_description(f"match: {progress.stage}")

            result = solve(roster, options, show)
        places = [Place(p.child, p.role, p.mentor, p.slot) for p in result.places]
        broken = verify(roster, places)
        if broken:
            raise CommandError(f"the plan breaks a rule, so nothing was written: {broken[0]}")
        return result


def _check_options(files: list[Path], options: dict[str, Any]) -> None:
    if len(files) > 2:
        _bad_input("expected CHILDREN MENTORS, or one ROSTER.xlsx")
    if not 0 <= options["gap"] < 1:
        _bad_input(f"--gap: {options['gap']}, expected a fraction of 0 or more, under 1")
    limit, stickiness = options["time_limit"], options["stickiness"]
    if limit is not None and not limit >= 0:
        _bad_input(f"--time-limit: {limit}, expected seconds, 0 or more")
    if stickiness is not None and not 0 <= stickiness <= MOST_POINTS:
        _bad_input(f"--stickiness: {stickiness}, expected a whole number of 0 to {MOST_POINTS}")
    if stickiness is not None and options["previous"] is None:
        _bad_input("--stickiness: no plan to stick to, expected --previous ASSIGNMENTS.csv as well")


def _check_folder(out: Path) -> None:
    """Before an hour of solving, not after it."""
    inside = next((path for path in (out, *out.parents) if path.exists()), out)
    if not inside.is_dir():
        _bad_input(f"--out: {inside} is not a folder, expected a folder, or the name of a new one")
    if not os.access(inside, os.W_OK):
        _bad_input(f"--out: {inside} can't be written, expected a folder that can")


def _bad_input(message: str) -> NoReturn:
    """Ends with exit code 2 and nothing on stderr but the message, so that scripts can read its lines."""
    print(message, file=sys.stderr)
    raise SystemExit(2)


def _bytes_of(path: Path) -> bytes:
    """No more of it than tells that it is too large; nothing at all of a file that says so by itself."""
    try:
        if path.stat().st_size > MOST_BYTES_OF_CSV:
            _bad_input(f"{path.name}:1: -: the file is too large, expected at most 48 MB")
        with path.open("rb") as file:
            return file.read(MOST_BYTES_OF_CSV + 1)
    except OSError as error:
        _bad_input(f"{path.name}:1: -: {error.strerror}, expected a readable file")


def _weights(path: Path | None, contents: dict[Path, bytes]) -> Weights:
    if path is None:
        return Weights()
    try:
        given = json.loads(contents[path])
        if not isinstance(given, dict):
            raise InvalidWeights("not a JSON object")
        return Weights.from_json(given)
    except (ValueError, RecursionError) as error:
        _bad_input(f"{path.name}:1: weights: {error}, expected known weights")


def _lock_problems(read: RosterFile, roster: Roster) -> list[Problem]:
    pins = [row for row in read.locks if row.get("kind") == "pin"]
    forbids = [row for row in read.locks if row.get("kind") == "forbid"]
    found = []
    for problem in check_locks(roster):
        rows = [pins[i] for i in problem.pins] + [forbids[i] for i in problem.forbids]
        together = ", ".join(str(row.number) for row in rows)
        wrong = problem.code.replace("_", " ") + (f" (rows {together})" if len(rows) > 1 else "")
        found += [Problem(row.file, row.number, "kind", wrong, EXPECTED[problem.code]) for row in rows]
    return found


def _refuse(problems: list[Problem]) -> None:
    if problems:
        _bad_input("\n".join(str(problem) for problem in problems))
