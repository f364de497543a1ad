"""Rosters and results as JSON values. The same roster always gives the same value, ids in order."""

from dataclasses import asdict, fields
from typing import Any

from matching.core.plan import OpenRole, Result, ScoredPlace
from matching.core.roster import Band, Child, Forbid, Mentor, Pin, Place, Roster, Teaching


def roster_to_json(roster: Roster) -> dict[str, Any]:
    return {
        "children": [_plain(child) for child in sorted(roster.children, key=lambda child: child.id)],
        "mentors": [_plain(mentor) for mentor in sorted(roster.mentors, key=lambda mentor: mentor.id)],
        "pins": sorted((asdict(pin) for pin in roster.pins), key=repr),
        "forbids": sorted((asdict(forbid) for forbid in roster.forbids), key=repr),
    }


def roster_from_json(data: dict[str, Any]) -> Roster:
    return Roster(
        tuple(child_from_json(row) for row in data["children"]),
        tuple(mentor_from_json(row) for row in data["mentors"]),
        tuple(Pin(**row) for row in data["pins"]),
        tuple(Forbid(**row) for row in data["forbids"]),
    )


def places_from_json(rows: list[dict[str, Any]]) -> tuple[Place, ...]:
    return tuple(Place(**row) for row in rows)


def result_to_json(result: Result) -> dict[str, Any]:
    return asdict(result)


def result_from_json(data: dict[str, Any]) -> Result:
    known = {field.name for field in fields(Result)}
    plain = {key: value for key, value in data.items() if key in known}
    plain["places"] = tuple(ScoredPlace(**row) for row in data["places"])
    plain["open"] = tuple(OpenRole(**row) for row in data["open"])
    return Result(**plain)


def _plain(person: Child | Mentor) -> dict[str, Any]:
    row = asdict(person)
    row["slots"] = sorted(row["slots"])
    for name in ("subjects", "teaches", "wellbeing_bands"):
        if name in row:
            row[name] = list(row[name])
    return row


def child_from_json(row: dict[str, Any]) -> Child:
    return Child(**{**row, "subjects": tuple(row["subjects"]), "slots": frozenset(row["slots"])})


def mentor_from_json(row: dict[str, Any]) -> Mentor:
    return Mentor(
        **{
            **row,
            "teaches": tuple(Teaching(**teaching) for teaching in row["teaches"]),
            "wellbeing_bands": tuple(Band(**band) for band in row["wellbeing_bands"]),
            "slots": frozenset(row["slots"]),
        }
    )
