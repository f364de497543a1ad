"""A roster file, checked and then taken whole or not at all."""

import hashlib
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Invalid
from backend.rosters import signals
from backend.rosters.access import access_upload
from backend.rosters.as_cells import children_with_rows, mentors_with_rows
from backend.rosters.aside import close_those_brought, keep_aside
from backend.rosters.changing import changed_cells, losing_vetting
from backend.rosters.models import Child, Mentor, RosterUpload
from backend.rosters.moving_on import UploadMovedOn, move_on
from backend.rosters.newcomers import Newcomers
from backend.rosters.not_yet import children_not_yet, mentors_not_yet
from backend.rosters.reading.chosen import Choices
from backend.rosters.reading.rows import RosterFile, Row
from backend.rosters.rereading import (
    BadRow,
    Reading,
    bad_rows,
    districts,
    open_upload,
    people_of,
    reopen,
    report_of,
)
from backend.rosters.saving import changed_columns, normal, save_child, save_mentor

__all__ = ["NoLongerFits", "UploadMovedOn", "check_upload", "looked_at", "take_upload"]
State = RosterUpload.State


class NoLongerFits(Invalid):
    """Since the check somebody took a phone or an id of the file, or a list changed."""

    code = "upload.no_longer_fits"


def check_upload(*, actor: Any, file_name: str, content: bytes, asks: bool = False) -> RosterUpload:
    """Reads the file and keeps it with its report; takes nobody in yet.

    asks: somebody sits before a page, and of two children who look alike has to say whether they are one; without,
    it is a remark.
    """
    check_may(actor, "roster", "import")
    reading = open_upload(file_name[:200], content, Choices(asks=asks), recall=True)
    with transaction.atomic():
        return RosterUpload.objects.create(
            file_name=file_name[:200],
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            uploaded_by=actor,
            **looked_at(reading),
        )


def looked_at(reading: Reading) -> dict[str, Any]:
    """The fields of an upload that follow from a reading of it; inside the transaction that writes them."""
    found = people_of(reading)
    report = report_of(reading, found)
    if not found.problems:
        children, mentors = _known(found)
        report["difference"] = _difference(reading, found, children, mentors)
        report["not_yet"] = {
            "children": children_not_yet(found.children, children),
            "mentors": mentors_not_yet(found.mentors, mentors, timezone.localdate()),
        }
        here, mentor_ids = districts(), _mentor_ids(found)
        report["changing"] = {
            kind: changed_cells(rows, known, lambda row: normal(row, here, mentor_ids), key)
            for kind, rows, known, key in (
                ("children", found.children, children, "child_id"),
                ("mentors", found.mentors, mentors, "mentor_id"),
            )
        }
        report["losing_vetting"] = losing_vetting(found.mentors, mentors, timezone.localdate())
    state = State.REFUSED if found.problems else State.CHECKED
    return {"state": state, "report": report, "choices": reading.choices.as_json()}


def take_upload(*, actor: Any, upload_id: int, version: int | None = None) -> RosterUpload:
    """Takes everybody in the file but the rows set aside, or nobody.

    version: what the actor looked at. Raises UploadMovedOn unless it was checked, is as they saw it, and not yet taken.
    """
    upload = access_upload(actor, upload_id)
    if upload.state != State.CHECKED:
        raise UploadMovedOn.of(upload, version)
    reading = reopen(upload)
    left_out = bad_rows(reading) if reading.choices.aside else []
    try:
        _take_all(actor, upload, version, reading, left_out)
    except NoLongerFits:
        with transaction.atomic():
            RosterUpload.objects.filter(pk=upload_id, version=upload.version).update(**looked_at(reading))
        raise
    upload.refresh_from_db()
    return upload


@transaction.atomic
def _take_all(
    actor: Any, upload: RosterUpload, version: int | None, reading: Reading, left_out: list[BadRow]
) -> None:
    taken = {"state": State.TAKEN, "taken_at": timezone.now()}
    move_on(upload, actor, version, "taken", states=(State.CHECKED,), **taken)
    read = people_of(reading)
    if read.problems:
        raise NoLongerFits(
            _("The file no longer fits the programme's people and lists: it was checked again.")
        )
    # Others may have edited people since the check: the report says what this taking did.
    difference = _difference(reading, read, *_known(read))
    aside = keep_aside(upload, reading, read, left_out)
    counts = _take(actor, read)
    signals.standing_changed.send(RosterUpload, now=timezone.now())
    close_those_brought(actor, upload, read, {kind: found["new"] for kind, found in difference.items()})
    RosterUpload.objects.filter(pk=upload.pk).update(report={**upload.report, "difference": difference})
    audit.record(actor, "roster.imported", upload, **counts, set_aside=aside)


def _take(actor: Any, read: RosterFile) -> dict[str, int]:
    """Writes only what differs. Gives the numbers of rows and of people written."""
    children, mentors = _known(read)
    here, mentor_ids = districts(), _mentor_ids(read)
    written, newcomers = 0, Newcomers()
    for row in read.mentors:
        known = mentors.get(row.get("mentor_id"))
        values = normal(row, here, mentor_ids)
        mentor, changed = save_mentor(actor=actor, row=row, values=values, known=known, newcomers=newcomers)
        written += bool(_come_back(mentor) or changed)
    by_id = {mentor.roster_id: mentor for mentor in Mentor.objects.all()}
    for row in read.children:
        known_child = children.get(row.get("child_id"))
        values = normal(row, here, mentor_ids)
        child, changed = save_child(
            actor=actor, row=row, values=values, known=known_child, mentors=by_id, newcomers=newcomers
        )
        written += bool(_come_back(child) or changed)
    newcomers.write()
    return {"children": len(read.children), "mentors": len(read.mentors), "written": written}


def _come_back(person: Child | Mentor) -> bool:
    """Whoever stands in the file takes part again."""
    if person.active:
        return False
    person.active = True
    person.save(update_fields=["active", "updated_at"])
    return True


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


def _difference(
    reading: Reading, read: RosterFile, children: dict[str, Child], mentors: dict[str, Mentor]
) -> dict[str, dict[str, Any]]:
    """What taking the file would do, by kind: ids new, unchanged and gone (here, active, not in the file),
    and changed ones with their columns; "active" among them is somebody who comes back.

    Nobody is gone of whom the file says nothing: a kind it does not hold, a file with bad rows alone; nor whoever may
    stand in a row that was set aside, by id or by name.
    """
    assert reading.chosen is not None
    here, mentor_ids = districts(), _mentor_ids(read)
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
            columns = changed_columns(row, normal(row, here, mentor_ids), person)
            columns += [] if person.active else ["active"]
            if columns:
                changed[person.roster_id] = columns
            else:
                unchanged.append(person.roster_id)
        active = set[str]()
        if kind in reading.chosen.tables and not reading.chosen.partial:
            aside = reading.chosen.aside.get(kind, {}).values()
            here_still = model.objects.filter(active=True).exclude(
                name__in={cells["name"] for cells in aside if "name" in cells}
            )
            active = set(here_still.values_list("roster_id", flat=True))
            active -= {cells[key] for cells in aside if key in cells}
        found[kind] = {
            "new": sorted(new),
            "changed": dict(sorted(changed.items())),
            "unchanged": sorted(unchanged),
            "gone": sorted(active - set(_ids(rows, key))),
        }
    return found
