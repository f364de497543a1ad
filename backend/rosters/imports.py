"""A roster file, checked and then taken whole or not at all."""

import hashlib
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict, Invalid
from backend.rosters.access import access_upload
from backend.rosters.as_cells import children_with_rows, mentors_with_rows
from backend.rosters.claims import claim_problems
from backend.rosters.models import Child, District, Mentor, RosterUpload
from backend.rosters.reading.rows import Problem, RosterFile, Row, read_roster
from backend.rosters.saving import changed_columns, normal, save_child, save_mentor

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
            "warnings": [_plain(warning) for warning in [*read.warnings, *_locks_warning(file_name, read)]],
            "difference": {} if read.problems else _difference(read),
        },
        uploaded_by=actor,
    )


@transaction.atomic
def take_upload(*, actor: Any, upload_id: int) -> RosterUpload:
    """Takes everybody in the file, or nobody. Raises UploadMovedOn unless it was checked and not yet taken."""
    upload = access_upload(actor, upload_id)
    claimed = RosterUpload.objects.filter(pk=upload_id, state=State.CHECKED).update(
        state=State.TAKEN, taken_at=timezone.now()
    )
    if not claimed:
        raise UploadMovedOn(_("This file has errors, or was taken already."))
    read = _read(upload.file_name, bytes(upload.content))
    if read.problems:
        raise Invalid(_("The file no longer fits the programme's lists. Check it again."))
    # Others may have edited people since the check: the report says what this taking did.
    difference = _difference(read)
    counts = _take(actor, read)
    upload.report = {**upload.report, "difference": difference}
    upload.save(update_fields=["report"])
    audit.record(actor, "roster.imported", upload, **counts)
    upload.refresh_from_db()
    return upload


def _take(actor: Any, read: RosterFile) -> dict[str, int]:
    """Writes only what differs. Gives the numbers of rows and of people written."""
    children, mentors = _known(read)
    districts, mentor_ids = _districts(), _mentor_ids(read)
    written = 0
    for row in read.mentors:
        known = mentors.get(row.get("mentor_id"))
        values = normal(row, districts, mentor_ids)
        mentor, changed = save_mentor(actor=actor, row=row, values=values, known=known)
        written += bool(changed or _come_back(mentor))
    by_id = {mentor.roster_id: mentor for mentor in Mentor.objects.all()}
    for row in read.children:
        known_child = children.get(row.get("child_id"))
        values = normal(row, districts, mentor_ids)
        child, changed = save_child(actor=actor, row=row, values=values, known=known_child, mentors=by_id)
        written += bool(changed or _come_back(child))
    return {"children": len(read.children), "mentors": len(read.mentors), "written": written}


def _come_back(person: Child | Mentor) -> bool:
    """Whoever stands in the file takes part again."""
    if person.active:
        return False
    person.active = True
    person.save(update_fields=["active", "updated_at"])
    return True


def _locks_warning(file_name: str, read: RosterFile) -> list[Problem]:
    """Pins and forbids are standing on the site, with who made them; a file can't bring them in."""
    if not read.locks:
        return []
    wrong, expected = (
        _("the sheet of pins and forbids is not taken"),
        _("them on the page of pins and forbids"),
    )
    return [Problem(file_name, 1, "kind", wrong, expected)]


def _read(file_name: str, content: bytes) -> RosterFile:
    read = read_roster([("workbook", file_name, content)], districts=_districts(), for_site=True)
    if not read.problems:
        read.problems.extend(claim_problems(read))
    return read


def _districts() -> dict[str, str]:
    return {key: d.code for d in District.objects.all() for key in (d.code, d.name)}


def _plain(problem: Any) -> dict[str, Any]:
    return {
        "file": problem.file,
        "row": problem.row,
        "column": problem.column,
        "wrong": problem.wrong,
        "expected": problem.expected,
    }


def _known(read: RosterFile) -> tuple[dict[str, Child], dict[str, Mentor]]:
    """Those of the file who are here already, by roster id, with all that is compared."""
    children = children_with_rows(Child.objects.filter(roster_id__in=_ids(read.children, "child_id")))
    mentors = mentors_with_rows(Mentor.objects.filter(roster_id__in=_ids(read.mentors, "mentor_id")))
    return {c.roster_id: c for c in children}, {m.roster_id: m for m in mentors}


def _ids(rows: list[Row], column: str) -> list[str]:
    return [row.get(column) for row in rows]


def _mentor_ids(read: RosterFile) -> frozenset[str]:
    """Those whom a previous_… cell may name: of the file, or here."""
    here = Mentor.objects.values_list("roster_id", flat=True)
    return frozenset(here) | frozenset(_ids(read.mentors, "mentor_id"))


def _difference(read: RosterFile) -> dict[str, dict[str, Any]]:
    """What taking the file would do, by kind: ids new, unchanged and gone (here, active, not in the file),
    and changed ones with their columns; "active" among them is somebody who comes back."""
    children, mentors = _known(read)
    districts, mentor_ids = _districts(), _mentor_ids(read)
    found = {}
    for kind, model, key, rows, known in (
        ("children", Child, "child_id", read.children, children),
        ("mentors", Mentor, "mentor_id", read.mentors, mentors),
    ):
        new, unchanged, changed = [], [], {}
        for row in rows:
            person = known.get(row.get(key))
            if person is None:
                new.append(row.get(key))
                continue
            columns = changed_columns(row, normal(row, districts, mentor_ids), person)
            columns += [] if person.active else ["active"]
            if columns:
                changed[person.roster_id] = columns
            else:
                unchanged.append(person.roster_id)
        active = set(model.objects.filter(active=True).values_list("roster_id", flat=True))
        found[kind] = {
            "new": sorted(new),
            "changed": dict(sorted(changed.items())),
            "unchanged": sorted(unchanged),
            "gone": sorted(active - set(_ids(rows, key))),
        }
    return found
