"""Starting, stopping and dropping a round."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import Child, Children
from matching.access import access_round
from matching.core.weights import MOST_POINTS, InvalidWeights, Weights
from matching.locks import check_can_hold
from matching.models import Round
from matching.snapshot import everybody, take_snapshot, today
from matching.states import State


class RoundMovedOn(Conflict):
    """Somebody else changed the round's state first."""

    code = "round.moved_on"


@transaction.atomic
def start_round(
    *,
    actor: Any,
    child_ids: Collection[int] | None = None,
    weights: Mapping[str, int] | None = None,
    stickiness: int = 0,
    gap: float = 0.0,
    time_limit: float | None = None,
    seed: int = 0,
) -> Round:
    """Freezes the roster and hands the round to the worker. child_ids None covers every child.

    Raises Invalid when nobody can take part, a weight is not one, or the pins can't hold; nothing is kept
    then.
    """
    check_may(actor, "round", "write")
    try:
        checked = Weights.from_json(dict(weights or {}))
    except InvalidWeights as error:
        raise Invalid(str(error)) from error
    if not 0 <= stickiness <= MOST_POINTS:
        raise Invalid(
            _("The points for keeping a pair are a whole number of 0 to %(most)d.") % {"most": MOST_POINTS}
        )
    if child_ids is not None and Child.objects.filter(pk__in=child_ids).count() != len(set(child_ids)):
        raise NotYours
    snapshot = take_snapshot(today(), everybody if child_ids is None else frozenset(child_ids).__contains__)
    if not snapshot.roster.children:
        raise Invalid(_("No child can take part in a round: import a roster with guardians' consent first."))
    check_can_hold(snapshot.roster)
    round_ = Round.objects.create(
        state=State.SOLVING,
        covers_all=child_ids is None,
        weights=checked.to_json(),
        stickiness=stickiness,
        gap=gap,
        time_limit=time_limit,
        seed=seed,
        snapshot=snapshot.text(),
        snapshot_sha256=snapshot.sha256(),
        left_out=snapshot.left_out,
        created_by=actor,
    )
    if child_ids is not None:
        round_.chosen.set(child_ids)
    audit.record(actor, "round.started", round_, children=len(snapshot.roster.children))
    return round_


@transaction.atomic
def cancel_round(*, actor: Any, round_id: int) -> Round:
    """Back to a draft; the worker sees that the round is no longer its own and ends the solver."""
    round_ = access_round(actor, round_id, "write")
    move(round_, State.SOLVING, State.DRAFT, lease_until=None, progress={})
    audit.record(actor, "round.cancelled", round_)
    return round_


@transaction.atomic
def discard_round(*, actor: Any, round_id: int) -> Round:
    round_ = access_round(actor, round_id, "write")
    if round_.state not in (State.DRAFT, State.SOLVED):
        raise RoundMovedOn(_("Only a round that is not running and not published can be discarded."))
    move(round_, State(round_.state), State.DISCARDED)
    audit.record(actor, "round.discarded", round_)
    return round_


def move(round_: Round, old: State, new: State, **changes: Any) -> None:
    """Compare-and-set of the state; raises RoundMovedOn when the round is no longer in ``old``."""
    if not Round.objects.filter(pk=round_.pk, state=old).update(state=new, **changes):
        raise RoundMovedOn(
            _("The round has moved on in the meantime. Load the page again to see how it stands.")
        )
    round_.refresh_from_db()


def chosen_ids(round_: Round) -> list[int] | None:
    """Ids of the children that the round covers; None is all of them."""
    return None if round_.covers_all else list(round_.chosen.values_list("pk", flat=True))


def covered_by(round_: Round) -> Callable[[int], bool]:
    """Whether publishing may touch the pairings of the child with this id.

    A round over all children covers those who were there when its roster was frozen, and those who no
    longer take part; never somebody who came after it, and may have been paired since.
    """
    chosen = chosen_ids(round_)
    if chosen is not None:
        return frozenset(chosen).__contains__
    late = late_ids(round_)
    return lambda child: child not in late


def late_ids(round_: Round) -> frozenset[int]:
    """Ids of active children who were not there when the roster of this round over all children was frozen."""
    # Of a solved round all who took part have places, or stand as open: the roster is read for the few others only.
    placed = Exists(round_.proposals.filter(child=OuterRef("pk"))) | Exists(
        round_.unserved.filter(child=OuterRef("pk"))
    )
    others = dict(Child.objects.filter(~placed, active=True).values_list("roster_id", "pk"))
    for left in round_.left_out:
        if left["kind"] == "child":
            others.pop(left["id"], None)
    if others:
        for child in round_.frozen["children"]:
            others.pop(child["id"], None)
    return frozenset(others.values())


@dataclass(frozen=True, slots=True)
class Standing:
    """The round published last, and the one before it. beside: where the last was about some children only, the round
    over all whose other pairs go on.  solved: how many plans, newer than that, wait to be looked through."""

    current: Round | None
    earlier: Round | None
    beside: Round | None
    solved: int


def how_rounds_stand() -> Standing:
    rounds = Round.objects.defer("snapshot", "left_out")
    current = rounds.filter(state=State.PUBLISHED).first()
    before = rounds.filter(state=State.SUPERSEDED).order_by("-published_at")
    narrow = current is not None and not current.covers_all
    newer = rounds.filter(state=State.SOLVED)
    return Standing(
        current=current,
        earlier=before.first(),
        beside=before.filter(covers_all=True).first() if narrow else None,
        solved=(newer.filter(solved_at__gt=current.published_at) if current else newer).count(),
    )


def lacking_a_mentor() -> Children:
    """Active children without a live pairing in both roles."""
    live = Count("pairings", filter=Q(pairings__ended_at=None))
    return Child.objects.filter(active=True).annotate(live=live).filter(live__lt=2)


def children_who_lack_a_mentor() -> list[int]:
    """Their ids."""
    return list(lacking_a_mentor().values_list("pk", flat=True))
