"""Rows that were left out when their file was taken: kept by name until they are brought in or dismissed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict
from backend.rosters import people
from backend.rosters.access import access_aside
from backend.rosters.models import Child, Mentor, RosterUpload, SetAside
from backend.rosters.reading.rows import RosterFile, read_cells
from backend.rosters.rereading import KEYS, BadRow, Reading, districts

End = SetAside.End


class RowMovedOn(Conflict):
    """Somebody brought the row in already, or dismissed it."""

    code = "aside.moved_on"


def keep_aside(upload: RosterUpload, reading: Reading, read: RosterFile, bad: Iterable[BadRow]) -> int:
    """The rows that this taking leaves out, with what was wrong with them; but for those whose child is taken with
    another row of the file, as somebody said and as is still so. Gives their number."""
    assert reading.chosen is not None
    wrong = {(row.kind, row.number): row.problems for row in bad}
    now = timezone.now()
    made = SetAside.objects.bulk_create(
        SetAside(
            upload=upload,
            kind=kind,
            row=number,
            roster_id=cells.get(KEYS[kind], "")[:40],
            name=cells.get("name", "")[:60],
            cells=cells,
            problems=[
                {"column": one.column, "wrong": one.wrong, "expected": one.expected}
                for one in wrong.get((kind, number), [])
            ],
            set_aside_at=now,
        )
        for kind, rows in reading.chosen.aside.items()
        for number, cells in rows.items()
        if kind != "children" or number not in reading.choices.same or not _is_taken(cells, read)
    )
    return len(made)


def _is_taken(cells: Mapping[str, str], read: RosterFile) -> bool:
    """Somebody of the same name and birth date: rows can be corrected after it was said that it is one child."""
    alone = read_cells("children", cells, districts=districts()).children
    who = {(row.get("name"), row.get("birth_date")) for row in alone}
    return bool(who & {(row.get("name"), row.get("birth_date")) for row in read.children})


def close_those_brought(
    actor: Any, upload: RosterUpload, read: RosterFile, new: Mapping[str, Collection[str]]
) -> None:
    """Whoever came in by this file no longer waits: by id, or by name where the id was missing or wrong.

    new: by kind, ids that were not here before. A name alone tells only of these: who was here may be a namesake.
    """
    people_in = {"children": read.children, "mentors": read.mentors}
    came = []
    for aside in SetAside.objects.filter(closed_at=None).exclude(upload=upload):
        key, rows = KEYS[aside.kind], people_in[aside.kind]
        wrong = {problem["column"] for problem in aside.problems}
        if aside.roster_id and key not in wrong:
            found = any(row.get(key) == aside.roster_id for row in rows)
        else:
            found = any(row.get("name") == aside.name and row.get(key) in new[aside.kind] for row in rows)
        if found:
            came.append(aside.pk)
    _close(SetAside.objects.filter(pk__in=came), actor, End.BROUGHT_IN)


def waiting(actor: Any) -> Any:
    """All rows that wait, the newest file's first."""
    check_may(actor, "roster", "import")
    return SetAside.objects.filter(closed_at=None).select_related("upload")


@transaction.atomic
def bring_in(
    *, actor: Any, aside_id: int, cells: Mapping[str, str], apart: str | None = None
) -> Child | Mentor:
    """The person of the row, with cells corrected: canonical column -> text; apart as for people.save_child.

    Raises people.BadCells."""
    aside = access_aside(actor, aside_id)
    _claim(aside, actor, End.BROUGHT_IN)
    kind: people.Kind = "child" if aside.kind == "children" else "mentor"
    known = people.MODELS[kind].objects.filter(roster_id=cells.get(KEYS[aside.kind], "").strip()).first()
    if known and known.name != cells.get("name", "").strip():
        wrong = _("this is %(name)s's already") % {"name": known.name}
        problem = {"column": KEYS[aside.kind], "wrong": wrong, "expected": _("every id once")}
        raise people.BadCells(_("Some cells can't be taken."), problems=[problem])
    # Of somebody who is here, an empty cell that the row never had changes nothing.
    given = {name: text for name, text in cells.items() if text or (known and name in aside.cells)}
    saved: Child | Mentor
    if kind == "child":
        saved = people.save_child(actor=actor, child_id=known and known.pk, cells=given, apart=apart)
    else:
        saved = people.save_mentor(actor=actor, mentor_id=known and known.pk, cells=given)
    if not saved.active:
        saved = people.set_active(actor=actor, kind=kind, pk=saved.pk, active=True)
    audit.record(actor, "roster.row_brought_in", aside)
    return saved


@transaction.atomic
def dismiss(*, actor: Any, aside_id: int) -> None:
    """Nobody is brought in by this row; what it held is forgotten."""
    aside = access_aside(actor, aside_id)
    _claim(aside, actor, End.DISMISSED)
    audit.record(actor, "roster.row_dismissed", aside)


def _claim(aside: SetAside, actor: Any, end: End) -> None:
    if _close(SetAside.objects.filter(pk=aside.pk, closed_at=None), actor, end):
        return
    raise RowMovedOn(how_it_ended(access_aside(actor, aside.pk)))


def how_it_ended(aside: SetAside) -> str:
    """Of a closed row: who did what with it."""
    words = {
        End.BROUGHT_IN: _("%(name)s has brought this row in already."),
        End.DISMISSED: _("%(name)s has dismissed this row already."),
    }
    return words[End(aside.end)] % {"name": aside.closed_by.name if aside.closed_by else ""}


def _close(rows: Any, actor: Any, end: End) -> int:
    found: int = rows.update(closed_at=timezone.now(), closed_by=actor, end=end, cells={}, problems=[])
    return found
