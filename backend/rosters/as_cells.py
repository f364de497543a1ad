"""A person of the database as the roster row that would bring them in: typed values, or text for a form."""

from datetime import date
from typing import Any

from backend.rosters.models import Child, Children, Mentor, Mentors
from backend.rosters.reading.columns import CHILDREN, MENTORS
from backend.rosters.surnames import given_name
from matching.core.roster import slot_code

# What an empty cell means, so that a default written out is no change.
DEFAULTS = {"school_system": "6-3", "priority": 0}


def children_with_rows(children: Children) -> Children:
    """The children with all that values_of reads, in a fixed number of queries."""
    return children.select_related("carer__user", "previous_academic", "previous_wellbeing").prefetch_related(
        "wanted", "free_slots", "guardianships__guardian", "consents"
    )


def mentors_with_rows(mentors: Mentors) -> Mentors:
    return mentors.select_related("user").prefetch_related(
        "teachings", "wellbeing_bands", "free_slots", "certificates"
    )


def values_of(person: Child | Mentor) -> dict[str, Any]:
    """Canonical column -> value as the reader gives it; empty cells and defaults are absent."""
    found = _child(person) if isinstance(person, Child) else _mentor(person)
    return without_defaults(found)


def without_defaults(values: dict[str, Any]) -> dict[str, Any]:
    kept = {
        column: value
        for column, value in values.items()
        if value not in (None, "", (), frozenset()) and DEFAULTS.get(column) != value
    }
    if "call_name" in kept and kept["call_name"] == given_name(kept.get("name", "")):
        del kept["call_name"]
    return kept


def cells_of(person: Child | Mentor) -> dict[str, str]:
    """Every canonical column -> text that the reader takes back unchanged; empty text where nothing is."""
    columns = CHILDREN if isinstance(person, Child) else MENTORS
    values = values_of(person)
    return {column: text_of(column, values[column]) if column in values else "" for column in columns}


def text_of(column: str, value: Any) -> str:
    if column == "availability":
        return ";".join(slot_code(slot) for slot in sorted(value))
    if column == "teaches":
        return ";".join(f"{subject}:{low}-{high}" for subject, low, high in value)
    if column == "wellbeing_grades":
        return ";".join(f"{low}-{high}" for low, high in value)
    if isinstance(value, tuple | frozenset):
        return ";".join(sorted(value) if isinstance(value, frozenset) else value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _child(child: Child) -> dict[str, Any]:
    found: dict[str, Any] = {
        "child_id": child.roster_id,
        "name": child.name,
        "school_system": child.school_system,
        "grade": child.grade,
        "subjects": tuple(wanted.subject_id for wanted in child.wanted.all()),
        "availability": frozenset(free.slot for free in child.free_slots.all()),
        "district": child.district_id,
        "gender": child.gender,
        "preferred_mentor_gender": child.preferred_mentor_gender,
        "priority": child.priority,
        "previous_academic": child.previous_academic and child.previous_academic.roster_id,
        "previous_wellbeing": child.previous_wellbeing and child.previous_wellbeing.roster_id,
        "call_name": child.call_name,
        "needs": child.needs,
        "birth_date": child.birth_date,
        "address": child.address,
    }
    for link in child.guardianships.all():
        if link.order in (1, 2):
            prefix = "parent" if link.order == 1 else "parent2"
            found |= {
                f"{prefix}_name": link.guardian.name,
                f"{prefix}_phone": link.guardian.phone,
                f"{prefix}_email": link.guardian.email,
            }
    carer = getattr(child, "carer", None)
    if carer is not None:
        found |= {
            "carer_name": carer.user.name,
            "carer_relation": carer.relation,
            "carer_phone": carer.user.phone,
        }
    standing = [consent for consent in child.consents.all() if consent.withdrawn_on is None]
    if standing:
        found["consent_date"] = standing[0].given_on
    return found


def _mentor(mentor: Mentor) -> dict[str, Any]:
    roles = {"academic": mentor.is_academic, "wellbeing": mentor.is_wellbeing}
    return {
        "mentor_id": mentor.roster_id,
        "name": mentor.name,
        "roles": frozenset(role for role, has in roles.items() if has),
        "teaches": tuple(sorted((row.subject_id, row.low, row.high) for row in mentor.teachings.all())),
        "wellbeing_grades": tuple(sorted((row.low, row.high) for row in mentor.wellbeing_bands.all())),
        "certificate": tuple(sorted(row.kind for row in mentor.certificates.all())),
        "availability": frozenset(free.slot for free in mentor.free_slots.all()),
        "capacity": mentor.capacity,
        "district": mentor.district_id,
        "gender": mentor.gender,
        "phone": mentor.user.phone,
        "email": mentor.user.email,
        "vetted_until": mentor.vetted_until,
    }
