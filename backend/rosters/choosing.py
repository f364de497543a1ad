"""What people choose about an upload before it is taken. Its bytes stay as they came; each choice reads them again.

Every act says which version the actor looked at, and raises UploadMovedOn when that is no longer the upload.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Invalid, NotYours
from backend.rosters.access import access_upload
from backend.rosters.forgetting import forget_upload
from backend.rosters.imports import UploadMovedOn, looked_at
from backend.rosters.models import KnownHeading, RosterUpload
from backend.rosters.moving_on import move_on
from backend.rosters.reading import guessing
from backend.rosters.reading.cells import Unreadable
from backend.rosters.reading.chosen import KINDS, ROWS_SHOWN, Choices, Place, places_of, texts_of
from backend.rosters.reading.columns import COLUMNS
from backend.rosters.rereading import Reading, districts, reopen

Edit = Callable[[Choices], Choices]
Rows = Collection[tuple[str, int]]


def choose_sheets(*, actor: Any, upload_id: int, version: int, places: Mapping[str, Place]) -> RosterUpload:
    """places: for children and mentors each, where they stand; what was chosen about another sheet is dropped."""
    upload = _open(actor, upload_id, version)
    titles = [sheet["title"] for sheet in upload.report.get("sheets", ())]
    chosen = [place.title for place in places.values() if place.title is not None]
    if not chosen or not set(chosen) <= set(titles) or len(chosen) > len(set(chosen)):
        raise Invalid(
            _("Choose one sheet for the children, another for the mentors, or none for one of them.")
        )
    if set(places) != set(KINDS) or any(not 1 <= at.heading_row <= ROWS_SHOWN for at in places.values()):
        raise Invalid(_("The headings stand in one of the first %(rows)d rows.") % {"rows": ROWS_SHOWN})

    def edit(choices: Choices) -> Choices:
        moved = {kind for kind, place in places.items() if choices.places.get(kind) != place}
        return Choices(
            places=places,
            headings={kind: chosen for kind, chosen in choices.headings.items() if kind not in moved},
            corrections=tuple(one for one in choices.corrections if one.kind not in moved),
            aside=frozenset((kind, row) for kind, row in choices.aside if kind not in moved),
            apart=frozenset() if "children" in moved else choices.apart,
            same=frozenset() if "children" in moved else choices.same,
            themselves=frozenset(one for one in choices.themselves if one[0] not in moved),
            asks=choices.asks,
        )

    return _change(actor, upload, edit, "sheets", recall=True)


def name_headings(
    *, actor: Any, upload_id: int, version: int, headings: Mapping[str, Mapping[str, str]]
) -> RosterUpload:
    """headings: by kind, heading -> canonical column, remembered for the next file; or "" to leave it out of this one."""
    upload = _open(actor, upload_id, version)
    for kind, chosen in headings.items():
        known = {row["heading"] for row in upload.report.get("headings", {}).get(kind, ())}
        columns = [column for column in chosen.values() if column]
        if not set(chosen) <= known or not set(columns) <= set(COLUMNS.get(kind, ())):
            raise Invalid(_("This heading does not stand in the file."))
        if len(columns) > len(set(columns)):
            raise Invalid(_("Two headings can't mean the same column."))

    def edit(choices: Choices) -> Choices:
        merged = {kind: {**choices.headings.get(kind, {}), **headings.get(kind, {})} for kind in KINDS}
        return replace(choices, headings={kind: chosen for kind, chosen in merged.items() if chosen})

    def remember() -> None:
        for kind, chosen in headings.items():
            for heading, column in chosen.items():
                if not column:  # about this file: what a heading means stays known
                    continue
                row = KnownHeading.objects.filter(kind=kind, heading=heading[:100])
                if not row.update(column=column):
                    KnownHeading.objects.create(kind=kind, heading=heading[:100], column=column)

    return _change(actor, upload, edit, "headings", then=remember)


def correct_cells(
    *,
    actor: Any,
    upload_id: int,
    version: int,
    kind: str,
    column: str,
    was: str,
    becomes: str,
    rows: Collection[int] | None = None,
) -> RosterUpload:
    """A wrong value put right in all rows that have it, or in those of them that are named."""
    upload = _open(actor, upload_id, version)
    wrong = {
        problem["row"]
        for problem in upload.report["problems"]
        if problem.get("kind") == kind and problem["column"] == column and problem["value"] == was
    }
    chosen = wrong if rows is None else wrong & set(rows)
    if not chosen:
        raise Invalid(_("Choose at least one of the rows."))
    becomes = becomes.strip()
    _check_cell(kind, column, becomes)

    def edit(choices: Choices) -> Choices:
        return choices.corrected(kind, column, was, becomes, chosen, actor.name)

    return _change(actor, upload, edit, "corrected", facts={"cells": len(chosen)})


def correct_row(
    *, actor: Any, upload_id: int, version: int, kind: str, row: int, cells: Mapping[str, str]
) -> RosterUpload:
    """One row as it should read: canonical column -> text, columns left out stay. Each changed cell is a correction."""
    upload = _open(actor, upload_id, version)
    here = cells_of_row(reopen(upload), kind, row)
    changed = {
        column: text.strip()
        for column, text in cells.items()
        if column in COLUMNS[kind] and text.strip() != here.get(column, "")
    }
    if not changed:
        raise Invalid(_("Nothing was changed in this row."))

    def edit(choices: Choices) -> Choices:
        for column, text in changed.items():
            choices = choices.corrected(kind, column, here.get(column, ""), text, [row], actor.name)
        return choices

    return _change(actor, upload, edit, "corrected", facts={"cells": len(changed)})


def undo_correction(*, actor: Any, upload_id: int, version: int, correction: int) -> RosterUpload:
    """The cells read again as they did before it; so do those of corrections that built on it."""
    upload = _open(actor, upload_id, version)
    if all(one["id"] != correction for one in upload.choices.get("corrections", ())):
        raise NotYours
    return _change(actor, upload, lambda choices: choices.without(correction), "undone")


def set_rows_aside(
    *, actor: Any, upload_id: int, version: int, rows: Rows | None = None, same: bool = False
) -> RosterUpload:
    """Rows that have problems, or of which something was remarked, are left out; None: all that have problems.

    same: their child stands in another row, so they wait for nobody when the file is taken."""
    upload = _open(actor, upload_id, version)
    report = upload.report
    bad = _rows_of(report["problems"])
    chosen = bad if rows is None else (bad | _rows_of(report["warnings"])) & set(rows)
    if not chosen:
        raise Invalid(_("Choose at least one of the rows."))

    def edit(choices: Choices) -> Choices:
        twins = {row for kind, row in chosen if kind == "children"} if same else set()
        return replace(choices, aside=choices.aside | chosen, same=choices.same | twins)

    return _change(actor, upload, edit, "set_aside", facts={"rows": len(chosen)})


def _rows_of(told: Iterable[Mapping[str, Any]]) -> set[tuple[str, int]]:
    return {(one["kind"], one["row"]) for one in told if one.get("kind")}


def set_value_aside(
    *,
    actor: Any,
    upload_id: int,
    version: int,
    kind: str,
    column: str,
    was: str,
    rows: set[int] | None = None,
    same: bool = False,
) -> RosterUpload:
    """Of the rows that have this wrong value those in ``rows`` are left out; None: all of them. same: as above."""
    problems = _open(actor, upload_id, version).report["problems"]
    having_it = {
        one["row"]
        for one in problems
        if (one.get("kind"), one["column"], one.get("value")) == (kind, column, was)
    }
    chosen = {(kind, row) for row in (having_it if rows is None else having_it & rows)}
    return set_rows_aside(actor=actor, upload_id=upload_id, version=version, rows=chosen, same=same)


def say_two_children(*, actor: Any, upload_id: int, version: int, row: int) -> RosterUpload:
    """The child of this row is another one than the child it looks like."""
    upload = _open(actor, upload_id, version)
    others = {
        (one["row"], one["looks_like"])
        for one in upload.report["problems"]
        if one["row"] == row and one["looks_like"]
    }
    if not others:
        raise Invalid(_("Choose at least one of the rows."))
    return _change(actor, upload, lambda choices: replace(choices, apart=choices.apart | others), "two")


def ask_again(*, actor: Any, upload_id: int, version: int, row: int) -> RosterUpload:
    """Takes ``say_two_children`` back."""
    upload = _open(actor, upload_id, version)
    said = {(number, other) for number, other in Choices.from_json(upload.choices).apart if number == row}
    if not said:
        raise NotYours
    return _change(actor, upload, lambda choices: replace(choices, apart=choices.apart - said), "asked_again")


def say_same_person(*, actor: Any, upload_id: int, version: int, kind: str, row: int) -> RosterUpload:
    """Whoever stands in this row is the person here who has the id, though hardly anything else is as it was."""
    upload = _open(actor, upload_id, version)
    said = {
        (kind, row, one["unlike"])
        for one in upload.report["problems"]
        if (one.get("kind"), one["row"]) == (kind, row) and one.get("unlike")
    }
    if not said:
        raise Invalid(_("Choose at least one of the rows."))
    return _change(
        actor, upload, lambda choices: replace(choices, themselves=choices.themselves | said), "same_person"
    )


def doubt_again(*, actor: Any, upload_id: int, version: int, kind: str, row: int) -> RosterUpload:
    """Takes ``say_same_person`` back."""
    upload = _open(actor, upload_id, version)
    said = {one for one in Choices.from_json(upload.choices).themselves if one[:2] == (kind, row)}
    if not said:
        raise NotYours
    return _change(
        actor, upload, lambda choices: replace(choices, themselves=choices.themselves - said), "doubted"
    )


def put_rows_back(*, actor: Any, upload_id: int, version: int, rows: Rows | None = None) -> RosterUpload:
    """Rows that were set aside are read again; None: all of them."""
    upload = _open(actor, upload_id, version)
    aside = Choices.from_json(upload.choices).aside
    chosen = aside if rows is None else aside & set(rows)
    if not chosen:
        raise Invalid(_("Choose at least one of the rows."))

    def edit(choices: Choices) -> Choices:
        back = {row for kind, row in chosen if kind == "children"}
        return replace(choices, aside=choices.aside - chosen, same=choices.same - back)

    return _change(actor, upload, edit, "put_back", facts={"rows": len(chosen)})


@transaction.atomic
def drop_upload(*, actor: Any, upload_id: int, version: int) -> RosterUpload:
    """Nobody is taken in by this file, and what it held is forgotten."""
    upload = _open(actor, upload_id, version)
    move_on(upload, actor, version, "dropped", state=RosterUpload.State.DROPPED)
    audit.record(actor, "roster.file_dropped", upload)
    forget_upload(upload.pk)
    upload.refresh_from_db()
    return upload


def cells_of_row(reading: Reading, kind: str, row: int) -> dict[str, str]:
    """The row's cells as they read now, by canonical column; NotYours for a row that is not there."""
    table = reading.chosen.tables.get(kind) if reading.chosen else None
    if table is None:
        raise NotYours
    for number, texts in table.rows:
        if number == row:
            return texts_of(places_of(table.heading, kind), texts)
    raise NotYours


def _open(actor: Any, upload_id: int, version: int) -> RosterUpload:
    upload = access_upload(actor, upload_id)
    if upload.state not in RosterUpload.OPEN or upload.version != version:
        raise UploadMovedOn.of(upload, version)
    return upload


def _change(
    actor: Any,
    upload: RosterUpload,
    edit: Edit,
    what: str,
    *,
    facts: Mapping[str, int] | None = None,
    then: Callable[[], None] = lambda: None,
    recall: bool = False,
) -> RosterUpload:
    reading = reopen(upload, edit(Choices.from_json(upload.choices)), recall=recall)
    with transaction.atomic():
        move_on(upload, actor, upload.version, what, facts=dict(facts or {}), **looked_at(reading))
        then()
        audit.record(actor, f"roster.file_{what}", upload, **(facts or {}))
    upload.refresh_from_db()
    return upload


def _check_cell(kind: str, column: str, text: str) -> None:
    """A correction that can't be read either would only be the next problem."""
    needed = COLUMNS[kind][column].need
    if not text:
        if needed:
            raise Invalid(_("This column can't be empty."))
        return
    if column == "district":
        if not guessing.readable(kind, column, text, districts()):
            raise Invalid(_("%(part)s was not understood") % {"part": text})
        return
    try:
        COLUMNS[kind][column].parse(text)
    except Unreadable as error:
        raise Invalid(
            _("%(part)s was not understood; expected %(expected)s")
            % {"part": error.part, "expected": _(error.expected)}
        ) from None
