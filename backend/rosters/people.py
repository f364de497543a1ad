"""People of the roster by hand: added, edited, paused, set inactive. The import's rules hold here too."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters import saving, signals
from backend.rosters.access import access_child, access_mentor, access_upload
from backend.rosters.as_cells import cells_of
from backend.rosters.claims import claim_problems
from backend.rosters.models import Child, District, Mentor, RosterUpload
from backend.rosters.newcomers import Newcomers
from backend.rosters.reading import open_hours
from backend.rosters.reading.rows import Problem, Row, read_cells
from backend.rosters.remarks import look_alikes

Kind = Literal["child", "mentor"]
MODELS: dict[str, type[Child] | type[Mentor]] = {"child": Child, "mentor": Mentor}
__all__ = ["cells_of", "save_child", "save_mentor", "set_active", "set_gone_inactive", "set_paused"]


class BadCells(Invalid):
    """facts["problems"]: [{"column", "wrong", "expected", "looks_like"}], one for each cell that can't be taken.
    looks_like: number of the child who may be this one, for `save_child`'s apart; else ""."""

    code = "person.bad_cells"


class NotTaken(Conflict):
    """Nobody is gone by a file that was not taken."""

    code = "upload.not_taken"


@transaction.atomic
def set_active(*, actor: Any, kind: Kind, pk: int, active: bool) -> Child | Mentor:
    """Takes part or not. Nothing is deleted; live pairings end with the next published round."""
    access = {"child": access_child, "mentor": access_mentor}
    if kind not in access:
        raise NotYours
    person: Child | Mentor = access[kind](actor, pk, "write")
    if MODELS[kind].objects.filter(pk=pk, active=not active).update(active=active):
        audit.record(actor, f"{kind}.{'activated' if active else 'deactivated'}", person)
        signals.standing_changed.send(type(person), now=timezone.now())
        person.refresh_from_db()
    return person


@transaction.atomic
def set_paused(*, actor: Any, mentor_id: int, paused: bool) -> Mentor:
    """A pause by a coordinator or by the mentor: no new pairings while it lasts. Meetings that an illness took away
    and that are still to come take place after all when it ends."""
    mentor = access_mentor(actor, mentor_id, "write_own")
    if Mentor.objects.filter(pk=mentor_id, paused=not paused).update(paused=paused):
        audit.record(actor, "mentor.paused" if paused else "mentor.resumed", mentor)
        mentor.refresh_from_db()
        if not paused:
            signals.pause_ended.send(Mentor, mentor=mentor, actor=actor, now=timezone.now())
    return mentor


@transaction.atomic
def set_many_paused(*, actor: Any, mentor_ids: Collection[int], paused: bool) -> int:
    """As set_paused, for all of them or none; how many were not so before."""
    before = Mentor.objects.filter(pk__in=mentor_ids, paused=not paused).count()
    for mentor_id in mentor_ids:
        set_paused(actor=actor, mentor_id=mentor_id, paused=paused)
    return before


@transaction.atomic
def set_gone_inactive(*, actor: Any, upload_id: int) -> dict[str, list[str]]:
    """Sets inactive whom the taken file no longer names. Gives their ids: {"children": […], "mentors": […]}.

    Only those gone by the file's own report and still active: people added since, or named by a file that was
    taken later, are left alone.
    """
    upload = access_upload(actor, upload_id)
    if upload.state != RosterUpload.State.TAKEN:
        raise NotTaken(_("Take the file first."))
    done: dict[str, list[str]] = {}
    for plural, model in (("children", Child), ("mentors", Mentor)):
        gone = set(upload.report["difference"].get(plural, {}).get("gone", [])) - _named_since(upload, plural)
        rows = model.objects.filter(roster_id__in=gone, active=True)
        done[plural] = sorted(rows.values_list("roster_id", flat=True))
        rows.update(active=False)
    signals.standing_changed.send(RosterUpload, now=timezone.now())
    audit.record(actor, "roster.gone_deactivated", upload, **{kind: len(ids) for kind, ids in done.items()})
    return done


def _named_since(upload: RosterUpload, plural: str) -> set[str]:
    """Ids of the kind that a file names which was taken after this one."""
    later = RosterUpload.objects.filter(state=RosterUpload.State.TAKEN, taken_at__gt=upload.taken_at)
    found: set[str] = set()
    for report in later.values_list("report", flat=True):
        told = report["difference"].get(plural, {})
        found.update(*(told.get(what, ()) for what in ("new", "changed", "unchanged")))
    return found


@transaction.atomic
def save_child(
    *, actor: Any, child_id: int | None, cells: Mapping[str, str], apart: str | None = None
) -> Child:
    """Adds (child_id None) or edits a child from the cells of one roster row: canonical column -> text.

    apart: number of the child of whom somebody said that it looks like this new one and is another; None where nobody
    can be asked. Columns left out stay as they are. Raises BadCells with all problems; nothing is written then.
    """
    known = access_child(actor, child_id, "write") if child_id is not None else _new(actor, "child")
    row, values = _read("child", known, cells, apart)
    mentors = {mentor.roster_id: mentor for mentor in Mentor.objects.all()}
    new = Newcomers()
    child, changed = saving.save_child(
        actor=actor, row=row, values=values, known=known, mentors=mentors, newcomers=new
    )
    new.write()
    if changed:
        audit.record(actor, "child.edited" if known else "child.added", child, columns=changed)
    return child


@transaction.atomic
def save_mentor(*, actor: Any, mentor_id: int | None, cells: Mapping[str, str]) -> Mentor:
    """As save_child, for a mentor."""
    known = access_mentor(actor, mentor_id, "write") if mentor_id is not None else _new(actor, "mentor")
    row, values = _read("mentor", known, cells)
    new = Newcomers()
    mentor, changed = saving.save_mentor(actor=actor, row=row, values=values, known=known, newcomers=new)
    new.write()
    if changed:
        audit.record(actor, "mentor.edited" if known else "mentor.added", mentor, columns=changed)
        signals.standing_changed.send(Mentor, now=timezone.now())
    return mentor


def _new(actor: Any, kind: Kind) -> None:
    check_may(actor, kind, "write")


def _read(
    kind: Kind, known: Child | Mentor | None, given: Mapping[str, str], apart: str | None = None
) -> tuple[Row, dict[str, Any]]:
    """The row that these cells make, over what is known; raises BadCells."""
    plural = "children" if kind == "child" else "mentors"
    key = f"{kind}_id"
    here = cells_of(known) if known else {}
    districts = {name: d.code for d in District.objects.all() for name in (d.code, d.name)}
    read = read_cells(plural, {**here, **given}, districts=districts)
    # Of a file they are left out with a warning; whoever types can be asked.
    read.warnings.clear()
    open_hours.keep_to(read, settings.ROOM_HOURS, timezone.localdate())
    problems = read.problems or read.warnings or claim_problems(read)
    rows: list[Row] = getattr(read, plural)
    if rows and not problems:
        problems = _id_problems(kind, known, rows[0], key) + _consent_problems(known, rows[0])
        if not problems and apart is not None:
            problems = look_alikes(read, {(rows[0].number, apart)})
    if problems or not rows:
        names = ("column", "wrong", "expected", "looks_like")
        listed = [{name: getattr(problem, name) for name in names} for problem in problems]
        raise BadCells(_("Some cells can't be taken."), problems=listed)
    mentor_ids = frozenset(Mentor.objects.values_list("roster_id", flat=True))
    return rows[0], saving.normal(rows[0], districts, mentor_ids)


def _id_problems(kind: Kind, known: Child | Mentor | None, row: Row, key: str) -> list[Problem]:
    """An id is given once, and stays: it is what the next import finds the person by."""
    written = row.get(key)
    if known is not None and written != known.roster_id:
        return [Problem("-", 1, key, _("an id can't be changed"), known.roster_id)]
    if known is None and MODELS[kind].objects.filter(roster_id=written).exists():
        return [Problem("-", 1, key, _("somebody has this id already"), _("every id once"))]
    return []


def _consent_problems(known: Child | Mentor | None, row: Row) -> list[Problem]:
    """By hand somebody is there to be told; a file's old date is passed over."""
    if saving.was_withdrawn(known, row.get("consent_date")):
        return [Problem("-", 1, "consent_date", _("the family withdrew after this day"), _("a later paper"))]
    return []
