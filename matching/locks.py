"""Standing pins and forbids: made, checked and lifted."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.cells import plain
from backend.rosters.reading.columns import LOCKS, names_of
from backend.rosters.reading.rows import Row, read_roster
from matching.core.roster import Roster
from matching.models import Lock
from matching.snapshot import take_snapshot, today

BadRow = tuple[int, str, str, str]


class ImpossibleLocks(Invalid):
    """facts["problems"]: [{"code", "words", "people": [(child roster id, mentor roster id)]}]."""

    code = "locks.impossible"


class BadRows(Invalid):
    """facts["problems"]: [{"row", "column", "wrong", "expected"}], in the order of the rows."""

    code = "locks.bad_rows"


class LockStands(Conflict):
    """The same lock, or another pin for this child and role, stands already."""

    code = "lock.stands"


@transaction.atomic
def add_lock(
    *, actor: Any, kind: str, child_id: int, mentor_id: int, role: str = "", slot: int | None = None
) -> Lock:
    """A pin (role required) or a forbid (role empty: both roles; no slot).

    Raises ImpossibleLocks for a pin that would break a rule, or that can't hold beside the others.
    """
    check_may(actor, "lock", "write")
    child = Child.objects.filter(pk=child_id).first()
    mentor = Mentor.objects.filter(pk=mentor_id).first()
    if child is None or mentor is None:
        raise NotYours
    if kind == Lock.Kind.PIN and not role:
        raise Invalid(_("A pin says for which role."))
    if kind == Lock.Kind.FORBID and slot is not None:
        raise Invalid(_("Only a pin can name an hour."))
    new = Lock(kind=kind, child=child, mentor=mentor, role=role, slot=slot, made_by=actor)
    (lock,) = _made([new])
    check_can_hold(take_snapshot(today()).roster)
    audit.record(actor, "lock.added", lock, kind=kind)
    return lock


def _made(locks: Iterable[Lock]) -> list[Lock]:
    try:
        with transaction.atomic():
            return Lock.objects.bulk_create(locks)
    except IntegrityError as error:
        raise LockStands(_("Such a lock stands already. Lift it first.")) from error


@transaction.atomic
def add_locks(*, actor: Any, text: str) -> list[Lock]:
    """Many at once, as rows of a roster file's locks, with their heading or without: all of them or none.

    Raises BadRows, with each row that can't be read, names nobody, stands already or can't hold.
    """
    check_may(actor, "lock", "write")
    rows, problems = _rows_of(text)
    children = _people(Child, rows, "child_id")
    mentors = _people(Mentor, rows, "mentor_id")
    # Stood before, or stands twice in these rows; a pin is one for a child and role besides.
    taken = {_key(lock.kind, lock.child, lock.mentor, lock.role) for lock in standing_locks()}
    taken |= {_pin(lock.child, lock.role) for lock in standing_locks() if lock.kind == Lock.Kind.PIN}
    locks = []
    for number, row in rows:
        child, mentor = children.get(row.get("child_id")), mentors.get(row.get("mentor_id"))
        if child is None:
            problems.append((number, "child_id", _("unknown child"), _("a number from the list of children")))
        if mentor is None:
            problems.append(
                (number, "mentor_id", _("unknown mentor"), _("a number from the list of mentors"))
            )
        if child is None or mentor is None:
            continue
        kind, role = row.get("kind"), row.get("role") or ""
        keys = {_key(kind, child, mentor, role)} | ({_pin(child, role)} if kind == Lock.Kind.PIN else set())
        if keys & taken:
            wrong = _("such a lock stands already, or twice in these rows")
            problems.append((number, "kind", wrong, _("each one once, and one pin for a child and role")))
        taken |= keys
        locks.append(
            (
                number,
                Lock(kind=kind, child=child, mentor=mentor, role=role, slot=row.get("slot"), made_by=actor),
            )
        )
    if not problems:
        made = _made(lock for _number, lock in locks)
        problems = _that_cannot_hold(locks)
    if problems:
        listed = [dict(zip(("row", "column", "wrong", "expected"), p, strict=True)) for p in sorted(problems)]
        raise BadRows(_("Nothing was added: some rows can't be taken."), problems=listed)
    for lock in made:
        audit.record(actor, "lock.added", lock, kind=lock.kind)
    return made


def _rows_of(text: str) -> tuple[list[tuple[int, Row]], list[BadRow]]:
    """The rows that can be read, by their number in the text, and what is wrong with the others."""
    text = text.replace("，", ",").strip("\n\r")
    first = plain(re.split(r"[,\t\n]", text, maxsplit=1)[0]).lower()
    headed = first in names_of("locks")
    if not headed:
        delimiter = max(",\t", key=text.partition("\n")[0].count)
        text = f"{delimiter.join(LOCKS)}\n{text}"
    read = read_roster([("locks", "-", text.encode())], districts={})
    before = 0 if headed else 1
    wrong = [
        (problem.row - before, problem.column, problem.wrong, problem.expected) for problem in read.problems
    ]
    return [(row.number - before, row) for row in read.locks], wrong


def _people(model: Any, rows: list[tuple[int, Row]], column: str) -> dict[str, Any]:
    ids = {row.get(column) for _number, row in rows}
    return {person.roster_id: person for person in model.objects.filter(roster_id__in=ids)}


def _key(kind: str, child: Child, mentor: Mentor, role: str) -> tuple[Any, ...]:
    return kind, child.pk, mentor.pk, role


def _pin(child: Child, role: str) -> tuple[Any, ...]:
    return child.pk, role


def _that_cannot_hold(locks: list[tuple[int, Lock]]) -> list[BadRow]:
    """What the new locks break together with the standing ones, by the row that has a hand in it, else row 0."""
    found: list[BadRow] = []
    for problem in problems_of(take_snapshot(today()).roster):
        rows = [n for n, lock in locks if (lock.child.roster_id, lock.mentor.roster_id) in problem["people"]]
        found += [(row, "-", problem["words"], _("locks that can hold together")) for row in rows or [0]]
    return found


@transaction.atomic
def lift_lock(*, actor: Any, lock_id: int) -> Lock:
    check_may(actor, "lock", "write")
    if not Lock.objects.filter(pk=lock_id, lifted_at=None).update(lifted_at=timezone.now()):
        raise NotYours
    lock = Lock.objects.get(pk=lock_id)
    audit.record(actor, "lock.lifted", lock)
    return lock


def standing_locks() -> Any:
    return Lock.objects.filter(lifted_at=None).select_related("child", "mentor")


def check_can_hold(roster: Roster) -> None:
    """Raises ImpossibleLocks when a pin breaks a rule or pins and forbids contradict each other."""
    found = problems_of(roster)
    if found:
        raise ImpossibleLocks(_("These pins and forbids can't hold."), problems=found)


def problems_of(roster: Roster) -> list[dict[str, Any]]:
    # Each server would pay for the solver's libraries at its start, and few ever check locks.
    from matching.core.locks import check_locks

    found = []
    for problem in check_locks(roster):
        locks = [roster.pins[at] for at in problem.pins] + [roster.forbids[at] for at in problem.forbids]
        people = [(lock.child, lock.mentor) for lock in locks]
        found.append({"code": problem.code, "words": problem_in_words(problem.code), "people": people})
    return found


def problem_in_words(code: str) -> str:
    """What is wrong with a lock, in the reader's language. Raises KeyError for an unknown code."""
    return {
        "unknown_child": _("the child does not take part"),
        "unknown_mentor": _("the mentor does not take part"),
        "not_eligible": _("the mentor can't have this role for this child"),
        "hour_not_free": _("the hour is not free for both"),
        "no_common_hour": _("the two share no hour"),
        "no_seat": _("the mentor takes no children"),
        "pinned_twice": _("two pins for one child and role"),
        "pinned_and_forbidden": _("pinned and forbidden at once"),
        "contradiction": _("these pins can't all hold at once"),
    }[code]
