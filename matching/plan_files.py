"""Roster rows to the solver's roster, and its plan to files."""

import csv
import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from django.utils.translation import gettext as _

from backend.rosters.export import FORMULA_STARTS
from backend.rosters.reading import cells
from backend.rosters.reading.rows import Problem, RosterFile, Row
from backend.rosters.reading.tables import BadFile, read_csv
from matching.core.plan import Result
from matching.core.roster import (
    ROLES,
    Band,
    Child,
    Forbid,
    Mentor,
    Pin,
    Place,
    Role,
    Roster,
    Teaching,
    slot_code,
)
from matching.core.weights import Weights
from matching.wording import detail_of, remedy_in_words

VERSION = "1"
SUMMARY = [
    "children",
    "complete",
    "partial",
    "unmatched",
    "roles_filled",
    "priority_complete",
    "fit",
    "value",
    "complete_bound",
    "priority_bound",
    "roles_bound",
    "value_bound",
    "gap",
    "proved_optimal",
    "seconds",
    "seconds_by_stage",
    "seed",
]
COMPARED = ["objective", "objective_bound", "pairs_kept", "slots_kept", "previous_ignored"]
PLACE = ("child_id", "role", "mentor_id", "slot")


def to_roster(read: RosterFile, districts: dict[str, str]) -> Roster:
    """Unknown districts stay as they are written: two people in the same one still match."""

    def district(row: Row) -> str:
        return districts.get(row.get("district"), row.get("district", ""))

    children = tuple(
        Child(
            id=row.get("child_id"),
            grade=row.get("grade"),
            subjects=row.get("subjects"),
            slots=row.get("availability"),
            district=district(row),
            preferred_gender=row.get("preferred_mentor_gender"),
            priority=row.get("priority", 0),
            previous_academic=row.get("previous_academic"),
            previous_wellbeing=row.get("previous_wellbeing"),
        )
        for row in read.children
    )
    mentors = tuple(
        Mentor(
            id=row.get("mentor_id"),
            academic="academic" in row.get("roles"),
            wellbeing="wellbeing" in row.get("roles"),
            certified=bool(row.get("certificate")),
            teaches=tuple(Teaching(*teaching) for teaching in row.get("teaches", ())),
            wellbeing_bands=tuple(Band(*band) for band in row.get("wellbeing_grades", ())),
            slots=row.get("availability"),
            capacity=row.get("capacity"),
            district=district(row),
            gender=row.get("gender"),
        )
        for row in read.mentors
    )
    pins = tuple(
        Pin(row.get("child_id"), row.get("mentor_id"), row.get("role"), row.get("slot"))
        for row in read.locks
        if row.get("kind") == "pin"
    )
    forbids = tuple(
        Forbid(row.get("child_id"), row.get("mentor_id"), row.get("role"))
        for row in read.locks
        if row.get("kind") == "forbid"
    )
    return Roster(children, mentors, pins, forbids)


def read_places(name: str, content: bytes) -> tuple[tuple[Place, ...], list[Problem]]:
    """An earlier `assignments.csv`. Ids are not checked: people may have left since."""
    try:
        table = read_csv(name, content)
    except BadFile as bad:
        return (), [Problem(name, bad.row, "-", _(bad.wrong), _(bad.expected))]
    missing = [column for column in PLACE if column not in table.heading]
    if missing:
        return (), [Problem(name, 1, column, _("no such column"), _("the heading")) for column in missing]
    at = [table.heading.index(column) for column in PLACE]
    places: list[Place] = []
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for number, texts in table.rows:
        child, role, mentor, slot = (_plain(texts[i].strip()) if i < len(texts) else "" for i in at)
        for column, text in (("child_id", child), ("mentor_id", mentor)):
            if not text:
                problems.append(Problem(name, number, column, _("empty"), _("an id")))
        if role not in ROLES:
            problems.append(Problem(name, number, "role", repr(role), _("academic or wellbeing")))
        elif (child, role) in seen:
            problems.append(Problem(name, number, "role", _("twice for this child"), _("one row a role")))
        seen.add((child, role))
        try:
            places.append(Place(child, cast(Role, role), mentor, cells.slot(slot)))
        except cells.Unreadable as bad_cell:
            problems.append(Problem(name, number, "slot", repr(bad_cell.part), _(bad_cell.expected)))
    return tuple(places), problems


def write_plan(
    folder: Path, result: Result, *, input_sha256: str, weights: Weights, compared: bool = False
) -> None:
    """All three files, or none: they are written aside and moved into place together.

    compared: an earlier plan was given, and the summary says what was kept of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".plan-", dir=folder))
    try:
        _write_rows(
            aside / "assignments.csv",
            ["child_id", "role", "mentor_id", "slot", "subject", "fit", "value"],
            [
                [p.child, p.role, p.mentor, slot_code(p.slot), p.subject or "", p.fit, p.value]
                for p in result.places
            ],
        )
        _write_rows(
            aside / "unmatched.csv",
            ["child_id", "role", "reason", "detail", "remedy"],
            [
                [o.child, o.role, o.reason, detail_of(o.reason, o.facts), remedy_in_words(o.remedy)]
                for o in result.open
            ],
        )
        summary: dict[str, Any] = {
            name: getattr(result, name) for name in SUMMARY + (COMPARED if compared else [])
        }
        summary |= {"input_sha256": input_sha256, "version": VERSION, "weights": asdict(weights)}
        (aside / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
        for path in sorted(aside.iterdir()):
            os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(aside)


def _write_rows(path: Path, heading: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows([_escaped(cell) for cell in row] for row in rows)


def _escaped(cell: Any) -> Any:
    """An apostrophe before what a spreadsheet would compute, and before what looks as if it had one already."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def _plain(text: str) -> str:
    """The reverse of ``_escaped``."""
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(FORMULA_STARTS) else text
