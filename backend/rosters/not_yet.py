"""Who of a file could not be matched once it is taken, and for want of what."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from backend.rosters.models import Child, Mentor
from backend.rosters.reading.rows import Row
from backend.rosters.saving import was_withdrawn

MOST_NAMED = 200  # of each reason; a city without a column of consent has it thousands of times


def children_not_yet(rows: Iterable[Row], known: Mapping[str, Child]) -> dict[str, dict[str, Any]]:
    """By reason, in the codes of a round: {"count": how many, "named": [[id, name], ...], the first of them}."""
    return _by_reason((row, "child_id", _of_child(row, known.get(row.get("child_id")))) for row in rows)


def mentors_not_yet(rows: Iterable[Row], known: Mapping[str, Mentor], day: date) -> dict[str, dict[str, Any]]:
    return _by_reason(
        (row, "mentor_id", _of_mentor(row, known.get(row.get("mentor_id")), day)) for row in rows
    )


def _by_reason(found: Iterable[tuple[Row, str, str]]) -> dict[str, dict[str, Any]]:
    reasons: dict[str, dict[str, Any]] = {}
    for row, key, reason in found:
        if not reason:
            continue
        told = reasons.setdefault(reason, {"count": 0, "named": []})
        told["count"] += 1
        if len(told["named"]) < MOST_NAMED:
            told["named"].append([row.get(key), row.get("name")])
    return reasons


def _of_child(row: Row, child: Child | None) -> str:
    given = row.get("consent_date")
    if child is not None and child.stopped_at is not None:
        return "stopped"
    consents = list(child.consents.all()) if child else []
    if any(consent.withdrawn_on is None for consent in consents):
        return ""
    if given and not was_withdrawn(child, given):
        return ""
    return "withdrawn" if consents else "no_consent"


def _of_mentor(row: Row, mentor: Mentor | None, day: date) -> str:
    """A cell counts where the file has the column; certificates are only ever added."""
    if mentor is not None and mentor.paused:
        return "paused"
    vetted = (
        row.get("vetted_until") if mentor is None or "vetted_until" in row.columns else mentor.vetted_until
    )
    if vetted is None:
        return "not_vetted"
    if vetted < day:
        return "vetting_expired"
    held = list(mentor.certificates.all()) if mentor else []
    certified = set(row.get("certificate", ())) - {each.kind for each in held}
    certified |= {each.kind for each in held if each.valid_until is None or each.valid_until >= day}
    return "" if "academic" in row.get("roles") or certified else "no_certificate"
