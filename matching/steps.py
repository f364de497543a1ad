"""A solved plan changed by hand, one numbered step at a time: made, told, undone, done again.

Every step, an undo too, claims the version that its coordinator looked at, and is kept only if the verifier finds
nothing wrong with the plan as it would then be.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Conflict, Invalid
from backend.rosters.models import Child, Mentor
from matching.access import access_round
from matching.core import roster
from matching.core.fit import FitTerms, fit_terms
from matching.core.verify import verify
from matching.core.weights import Weights
from matching.figures import refresh_summary
from matching.models import Edit, Lock, Proposal, Round, Unserved
from matching.publishing import places_of
from matching.snapshot import snapshot_of
from matching.states import State


class PlanChanged(Conflict):
    """Somebody else edited the plan first. facts["edits"]: numbers of what they did since."""

    code = "round.plan_changed"


class BreaksARule(Invalid):
    """facts["rules"] lists what the changed plan would break."""

    code = "round.breaks_a_rule"


class NothingToUndo(Conflict):
    """Nothing was changed by hand that could be undone, or undone that could be done again."""

    code = "round.nothing_to_undo"


@dataclass(frozen=True, slots=True)
class Seat:
    """What a child has in one role: a mentor and an hour, or nobody and why.

    child, mentor: ids of rows.  mentor, slot: None where there is nobody.
    open: {"reason", "facts", "remedy"} of the place that stays open, if the solver said it.
    """

    child: int
    role: str
    mentor: int | None
    slot: int | None
    by_hand: bool = True
    open: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, str]:
        return self.child, self.role

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


Wanted = Callable[[Round], list[Seat]]


@transaction.atomic
def take_step(
    *, actor: Any, round_id: int, version: int, kind: Edit.Kind, wanted: Wanted, of: Edit | None = None
) -> Round:
    """Makes the plan have what is ``wanted`` of it; the caller has no other way to write a proposal.

    version: the edit that the coordinator looked at; PlanChanged when it is no longer the newest.
    Raises BreaksARule when the verifier finds anything wrong with the plan as it would then be.
    """
    round_ = access_round(actor, round_id, "write")
    _claim(round_, version)
    seats = wanted(round_)
    before = seats_of(round_, [seat.key for seat in seats])
    _write(round_, seats)
    Edit.objects.create(
        round=round_,
        number=round_.version,
        kind=kind,
        of=of,
        before=[seat.to_json() for seat in before],
        after=[seat.to_json() for seat in seats],
        made_by=actor,
        made_at=timezone.now(),
    )
    refresh_summary(round_)
    others = [seat.child for seat in seats[1:]]
    audit.record(actor, f"round.{kind}", round_, child=seats[0].child, role=seats[0].role, others=others)
    return round_


def _claim(round_: Round, version: int) -> None:
    as_seen = Round.objects.filter(pk=round_.pk, state=State.SOLVED, version=version)
    claimed = as_seen.update(version=F("version") + 1)
    round_.refresh_from_db()
    if claimed:
        return
    check_is_newest(round_, version)
    raise PlanChanged(_("This plan is not open to changes any more. Load the page again and look."))


def check_is_newest(round_: Round, version: int) -> None:
    """Raises PlanChanged, naming what was done since, unless ``version`` is how the plan stands."""
    if round_.version != version:
        raise PlanChanged(
            _("Somebody changed this plan in the meantime. Load the page again and look."),
            edits=list(edits_since(round_, version).values_list("number", flat=True)),
        )


def edits_since(round_: Round, version: int) -> Any:
    """What was done to the plan after the edit ``version``, the first of it first."""
    return round_.edits.filter(number__gt=version).select_related("made_by")


def seats_of(round_: Round, keys: Iterable[tuple[int, str]]) -> list[Seat]:
    """What the plan has for these children and roles now, in the order of the keys."""
    keys = list(keys)
    asked = Q(pk=None)
    for child, role in keys:
        asked |= Q(child=child, role=role)
    placed = {(row.child_id, row.role): row for row in round_.proposals.filter(asked)}
    open_ = {(row.child_id, row.role): row for row in round_.unserved.filter(asked)}
    return [_seat(key, placed.get(key), open_.get(key)) for key in keys]


def _seat(key: tuple[int, str], placed: Proposal | None, open_: Unserved | None) -> Seat:
    if placed is not None:
        return Seat(*key, placed.mentor_id, placed.slot, placed.by_hand)
    why = {"reason": open_.reason, "facts": open_.facts, "remedy": open_.remedy} if open_ else {}
    return Seat(*key, None, None, True, why)


def _write(round_: Round, seats: list[Seat]) -> None:
    snapshot = snapshot_of(round_)
    children = Child.objects.in_bulk([seat.child for seat in seats])
    mentors = Mentor.objects.in_bulk([seat.mentor for seat in seats if seat.mentor is not None])
    weights = Weights.from_json(round_.weights)
    changed, placed = set(), []
    for seat in seats:
        child = children.get(seat.child)
        changed.add((child and child.roster_id, seat.role))
        if seat.mentor is not None:
            mentor = mentors.get(seat.mentor)
            placed.append((seat, child, mentor, _scored(snapshot, child, mentor, seat.role, weights)))
    kept = [place for place in places_of(round_) if (place.child, place.role) not in changed]
    _check(
        _with_forbids_since(snapshot, seats),
        kept + [_place(seat, child, mentor) for seat, child, mentor, _terms in placed],
    )
    for seat in seats:  # all go before any comes back: two may change places under the constraints
        round_.proposals.filter(child=seat.child, role=seat.role).delete()
        round_.unserved.filter(child=seat.child, role=seat.role).delete()
        if seat.mentor is None and seat.open:
            Unserved.objects.create(round=round_, child_id=seat.child, role=seat.role, **seat.open)
    Proposal.objects.bulk_create(
        Proposal(
            round=round_,
            child_id=seat.child,
            role=seat.role,
            mentor_id=seat.mentor,
            slot=seat.slot,
            subject_id=scored.subject or None,
            fit=scored.fit,
            value=scored.value,
            terms=dict(scored.terms),
            by_hand=seat.by_hand,
        )
        for seat, _child, _mentor, scored in placed
    )


def _with_forbids_since(snapshot: roster.Roster, seats: list[Seat]) -> roster.Roster:
    """With what was forbidden of these seats after the round began. What else of the plan it stands against is left to
    publishing: a plan that no longer holds in one place can still be changed in the others.
    """
    standing = Lock.objects.filter(kind=Lock.Kind.FORBID, lifted_at=None)
    about = standing.filter(
        child__in=[seat.child for seat in seats], mentor__in=[seat.mentor for seat in seats]
    )
    rows = about.values_list("child__roster_id", "mentor__roster_id", "role")
    since = (roster.Forbid(child, mentor, role or None) for child, mentor, role in rows)
    return replace(snapshot, forbids=(*snapshot.forbids, *since))


def _place(seat: Seat, child: Any, mentor: Any) -> roster.Place:
    return roster.Place(child.roster_id, seat.role, mentor.roster_id, seat.slot)  # type: ignore[arg-type]


def _check(snapshot: roster.Roster, places: list[roster.Place]) -> None:
    broken = verify(snapshot, places)
    if broken:
        raise BreaksARule(
            _("This change would break a rule of the plan."),
            rules=[{"rule": found.code, "child": found.child, "mentor": found.mentor} for found in broken],
        )


def _scored(
    snapshot: roster.Roster, child: Child | None, mentor: Mentor | None, role: str, weights: Weights
) -> FitTerms:
    of_child = next((c for c in snapshot.children if child and c.id == child.roster_id), None)
    of_mentor = next((m for m in snapshot.mentors if mentor and m.id == mentor.roster_id), None)
    if of_child is None or of_mentor is None:
        raise BreaksARule(_("One of these people does not take part in this round."))
    scored = fit_terms(of_child, of_mentor, role, weights)  # type: ignore[arg-type]
    if scored is None:
        raise BreaksARule(_("This mentor can't have this role for this child."))
    return scored


def undo(*, actor: Any, round_id: int, version: int) -> Round:
    """Takes back the last step that is not taken back yet, whoever made it. Raises NothingToUndo."""
    return _go(actor, round_id, version, Edit.Kind.UNDONE)


def redo(*, actor: Any, round_id: int, version: int) -> Round:
    """Makes again what was taken back last, until something new is changed. Raises NothingToUndo."""
    return _go(actor, round_id, version, Edit.Kind.REDONE)


@transaction.atomic
def _go(actor: Any, round_id: int, version: int, kind: Edit.Kind) -> Round:
    backwards = kind == Edit.Kind.UNDONE
    round_ = access_round(actor, round_id, "write")
    done, undone = stacks(round_.edits.filter(number__lte=version))
    edit = next(reversed(done if backwards else undone), None)
    if edit is None:
        check_is_newest(round_, version)
        raise NothingToUndo(
            _("There is nothing to undo.") if backwards else _("There is nothing to do again.")
        )
    seats = [Seat(**row) for row in (edit.before if backwards else edit.after)]
    return take_step(
        actor=actor, round_id=round_id, version=version, kind=kind, wanted=lambda _round: seats, of=edit
    )


def stacks(edits: Iterable[Edit]) -> tuple[list[Edit], list[Edit]]:
    """Which edits hold and which are taken back, the one whose turn it is last. edits: by number."""
    done: list[Edit] = []
    undone: list[Edit] = []
    for edit in edits:
        if edit.kind == Edit.Kind.UNDONE:
            undone.append(done.pop())
        elif edit.kind == Edit.Kind.REDONE:
            done.append(undone.pop())
        else:
            done.append(edit)
            undone.clear()
    return done, undone
