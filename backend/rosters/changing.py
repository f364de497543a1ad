"""What taking a file would change in people who are here: cell by cell, and whose vetting it would end."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from backend.rosters.as_cells import text_of, values_of
from backend.rosters.models import Mentor
from backend.rosters.reading.rows import Row
from backend.rosters.saving import changed_columns

MOST_SHOWN = 200  # of each kind
# What stands in these is not shown beside a file: who opens a row for it is written down.
NOT_SHOWN = frozenset(
    [f"{who}_{what}" for who in ("parent", "parent2", "carer") for what in ("name", "phone", "email")]
    + ["carer_relation", "phone", "email", "address", "needs"]
)


def changed_cells(
    rows: Iterable[Row], known: Mapping[str, Any], normal: Callable[[Row], Mapping[str, Any]], key: str
) -> list[dict[str, Any]]:
    """[{"id", "name", "cells": [[column, old, new], …]}], the first MOST_SHOWN of those who change.

    old and new are text as a file has it; both None in a column of NOT_SHOWN.
    """
    found = []
    for row in sorted((row for row in rows if row.get(key) in known), key=lambda row: str(row.get(key))):
        person = known[row.get(key)]
        new, old = normal(row), values_of(person)
        cells = [_cell(column, old, new) for column in changed_columns(row, new, person)]
        if not person.active:
            cells.append(["active", None, None])
        if cells:
            found.append({"id": person.roster_id, "name": person.name, "cells": cells})
            if len(found) == MOST_SHOWN:
                break
    return found


def _cell(column: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str | None]:
    if column in NOT_SHOWN:
        return [column, None, None]
    return [column, *(text_of(column, each[column]) if column in each else "" for each in (old, new))]


def losing_vetting(rows: Iterable[Row], known: Mapping[str, Mentor], day: date) -> list[dict[str, Any]]:
    """Mentors vetted on ``day`` who would not be with this file: [{"id", "row", "was", "becomes"}]."""
    found = []
    for row in rows:
        mentor = known.get(row.get("mentor_id"))
        if mentor is None or "vetted_until" not in row.columns:
            continue
        was, becomes = mentor.vetted_until, row.get("vetted_until")
        if was and was >= day and not (becomes and becomes >= day):
            told = {"was": was.isoformat(), "becomes": becomes.isoformat() if becomes else ""}
            found.append({"id": mentor.roster_id, "row": row.number, **told})
    return found
