"""A roster file, checked and then taken whole or not at all."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.accounts.models import User
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import (
    Carer,
    Certificate,
    Child,
    ChildSlot,
    ChildSubject,
    Consent,
    District,
    Guardianship,
    Mentor,
    MentorSlot,
    RosterUpload,
    Teaching,
    WellbeingBand,
)
from backend.rosters.reading.rows import RosterFile, Row, read_roster
from backend.rosters.surnames import given_name

State = RosterUpload.State


class UploadMovedOn(Conflict):
    """The file has errors, or was taken already."""

    code = "upload.moved_on"


@transaction.atomic
def check_upload(*, actor: Any, file_name: str, content: bytes) -> RosterUpload:
    """Reads the workbook and keeps it with its report; takes nobody in yet."""
    check_may(actor, "roster", "import")
    read = _read(file_name, content)
    return RosterUpload.objects.create(
        file_name=file_name[:200],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        state=State.REFUSED if read.problems else State.CHECKED,
        report={
            "problems": [_plain(problem) for problem in read.problems],
            "warnings": [_plain(warning) for warning in read.warnings],
            "difference": {} if read.problems else _difference(read),
        },
        uploaded_by=actor,
    )


@transaction.atomic
def take_upload(*, actor: Any, upload_id: int) -> RosterUpload:
    """Takes everybody in the file, or nobody. Raises UploadMovedOn unless it was checked and not yet taken."""
    check_may(actor, "roster", "import")
    upload = RosterUpload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise NotYours
    claimed = RosterUpload.objects.filter(pk=upload_id, state=State.CHECKED).update(
        state=State.TAKEN, taken_at=timezone.now()
    )
    if not claimed:
        raise UploadMovedOn(_("This file has errors, or was taken already."))
    read = _read(upload.file_name, bytes(upload.content))
    if read.problems:
        raise Invalid(_("The file no longer fits the programme's lists. Check it again."))
    mentors = {row.get("mentor_id"): _save_mentor(actor, row) for row in read.mentors}
    _replace_mentor_rows(actor, read.mentors, mentors)
    children = {row.get("child_id"): _save_child(row, mentors) for row in read.children}
    _replace_child_rows(actor, read.children, children)
    audit.record(actor, "roster.imported", upload, children=len(children), mentors=len(mentors))
    upload.refresh_from_db()
    return upload


def _read(file_name: str, content: bytes) -> RosterFile:
    districts = {key: d.code for d in District.objects.all() for key in (d.code, d.name)}
    return read_roster([("workbook", file_name, content)], districts=districts, for_site=True)


def _plain(problem: Any) -> dict[str, Any]:
    return {
        "file": problem.file,
        "row": problem.row,
        "column": problem.column,
        "wrong": problem.wrong,
        "expected": problem.expected,
    }


def _difference(read: RosterFile) -> dict[str, dict[str, list[str]]]:
    """Ids of people who are new, known, and gone from the file but still active here."""
    found = {}
    for kind, model, key, rows in (
        ("children", Child, "child_id", read.children),
        ("mentors", Mentor, "mentor_id", read.mentors),
    ):
        named = {row.get(key) for row in rows}
        here = set(model.objects.values_list("roster_id", flat=True))
        active = set(model.objects.filter(active=True).values_list("roster_id", flat=True))
        found[kind] = {
            "new": sorted(named - here),
            "known": sorted(named & here),
            "gone": sorted(active - named),
        }
    return found


def _district(row: Row) -> str:
    written = row.get("district")
    return District.objects.filter(name=written).values_list("code", flat=True).first() or written


def _user(name: str, phone: str | None = None, email: str | None = None) -> User:
    """The person with this phone, or a new one who can't sign in until invited."""
    known = User.objects.filter(phone=phone).first() if phone else None
    return known or User.objects.create(name=name, phone=phone, email=email, password=make_password(None))


def _save_mentor(actor: Any, row: Row) -> Mentor:
    values = {
        "name": row.get("name"),
        "is_academic": "academic" in row.get("roles"),
        "is_wellbeing": "wellbeing" in row.get("roles"),
        "capacity": row.get("capacity"),
        "district_id": _district(row),
        "gender": row.get("gender", ""),
        "vetted_until": row.get("vetted_until"),
        "active": True,
    }
    known = Mentor.objects.filter(roster_id=row.get("mentor_id")).first()
    if known is None:
        user = _user(row.get("name"), row.get("phone"), row.get("email"))
        return Mentor.objects.create(roster_id=row.get("mentor_id"), user=user, **values)
    _update(known, values)
    _update(known.user, {"phone": row.get("phone"), "email": row.get("email"), "name": row.get("name")})
    return known


def _save_child(row: Row, mentors: Mapping[str, Mentor]) -> Child:
    values = {
        "name": row.get("name"),
        "call_name": row.get("call_name") or given_name(row.get("name")),
        "grade": row.get("grade"),
        "school_system": row.get("school_system", "6-3"),
        "district_id": _district(row),
        "gender": row.get("gender", ""),
        "preferred_mentor_gender": row.get("preferred_mentor_gender", ""),
        "priority": row.get("priority", 0),
        "previous_academic": mentors.get(row.get("previous_academic")),
        "previous_wellbeing": mentors.get(row.get("previous_wellbeing")),
        "needs": row.get("needs", ""),
        "birth_date": row.get("birth_date"),
        "address": row.get("address", ""),
        "active": True,
    }
    known = Child.objects.filter(roster_id=row.get("child_id")).first()
    if known is None:
        return Child.objects.create(roster_id=row.get("child_id"), user=_user(row.get("name")), **values)
    _update(known, values)
    return known


def _update(row: Any, values: Mapping[str, Any]) -> None:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)


def _replace_mentor_rows(actor: Any, rows: list[Row], mentors: Mapping[str, Mentor]) -> None:
    """Hours, subjects and bands as the file has them. Certificates stay: they carry who checked them."""
    ids = [mentor.pk for mentor in mentors.values()]
    for model in (MentorSlot, Teaching, WellbeingBand):
        model.objects.filter(mentor_id__in=ids).delete()
    by_row = [(row, mentors[row.get("mentor_id")]) for row in rows]
    MentorSlot.objects.bulk_create(
        MentorSlot(mentor=m, slot=slot) for row, m in by_row for slot in sorted(row.get("availability"))
    )
    Teaching.objects.bulk_create(
        Teaching(mentor=m, subject_id=subject, low=low, high=high)
        for row, m in by_row
        for subject, low, high in row.get("teaches", ())
    )
    WellbeingBand.objects.bulk_create(
        WellbeingBand(mentor=m, low=low, high=high)
        for row, m in by_row
        for low, high in row.get("wellbeing_grades", ())
    )
    Certificate.objects.bulk_create(
        (
            Certificate(
                mentor=m, kind=row.get("certificate"), checked_by=actor, checked_on=timezone.localdate()
            )
            for row, m in by_row
            if row.get("certificate")
        ),
        ignore_conflicts=True,
    )


def _replace_child_rows(actor: Any, rows: list[Row], children: Mapping[str, Child]) -> None:
    ids = [child.pk for child in children.values()]
    for model in (ChildSlot, ChildSubject):
        model.objects.filter(child_id__in=ids).delete()
    by_row = [(row, children[row.get("child_id")]) for row in rows]
    ChildSlot.objects.bulk_create(
        ChildSlot(child=c, slot=slot) for row, c in by_row for slot in sorted(row.get("availability"))
    )
    ChildSubject.objects.bulk_create(
        ChildSubject(child=c, subject_id=subject, rank=rank)
        for row, c in by_row
        for rank, subject in enumerate(row.get("subjects"))
    )
    consenting = set(Consent.objects.filter(withdrawn_on=None).values_list("child_id", flat=True))
    Consent.objects.bulk_create(
        Consent(child=c, source=Consent.Source.PAPER, given_on=row.get("consent_date"), recorded_by=actor)
        for row, c in by_row
        if row.get("consent_date") and c.pk not in consenting
    )
    for row, child in by_row:
        _save_family(row, child)


def _save_family(row: Row, child: Child) -> None:
    for order, prefix in ((1, "parent"), (2, "parent2")):
        phone = row.get(f"{prefix}_phone")
        if phone:
            guardian = _user(row.get(f"{prefix}_name", ""), phone, row.get(f"{prefix}_email"))
            Guardianship.objects.update_or_create(child=child, order=order, defaults={"guardian": guardian})
    if row.get("carer_phone"):
        user = _user(row.get("carer_name", ""), row.get("carer_phone"))
        Carer.objects.update_or_create(
            child=child, defaults={"user": user, "relation": row.get("carer_relation", "")}
        )
