"""Roster rows to the solver's roster, and its plan to files."""

import csv
import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend.rosters.reading.rows import RosterFile, Row
from matching.core.plan import Result
from matching.core.roster import Band, Child, Forbid, Mentor, Pin, Roster, Teaching, slot_code
from matching.core.weights import Weights
from matching.wording import detail_of

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


def write_plan(folder: Path, result: Result, *, input_sha256: str, weights: Weights) -> None:
    """All three files, or none: they are written aside and moved into place together."""
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
            [[o.child, o.role, o.reason, detail_of(o.reason, o.facts), ""] for o in result.open],
        )
        summary: dict[str, Any] = {name: getattr(result, name) for name in SUMMARY}
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
        writer.writerows(rows)
