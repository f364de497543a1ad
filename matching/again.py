"""A plan solved once more around what was chosen by hand in it: a new round, so that the old plan stays."""

import dataclasses
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import Conflict
from matching.access import access_round
from matching.core.roster import Pin
from matching.core.verify import verify
from matching.locks import check_can_hold
from matching.models import Proposal, Round
from matching.publishing import place_of
from matching.rounds import RoundMovedOn, chosen_ids, start_round
from matching.snapshot import snapshot_of
from matching.states import State
from matching.steps import check_is_newest

KEEPING = 100  # points for a kept pair, and again for its hour: worth more than any better fit


class HandChoicesGone(Conflict):
    """facts["rows"] names each place chosen by hand that can't hold with today's people and locks."""

    code = "round.hand_choices_gone"


@transaction.atomic
def solve_again(*, actor: Any, round_id: int, version: int) -> Round:
    """Starts a round like this one on today's people and locks, in which each place chosen by hand is kept.

    Raises PlanChanged for an older version, HandChoicesGone, and what `start_round` raises.
    """
    old = access_round(actor, round_id, "write")
    check_is_newest(old, version)
    if old.state != State.SOLVED:
        raise RoundMovedOn(_("Only a solved plan that is not published yet can be solved again."))
    round_ = start_round(
        actor=actor,
        child_ids=chosen_ids(old),
        weights=old.weights,
        stickiness=old.stickiness,
        gap=old.gap,
        time_limit=old.time_limit,
        seed=old.seed,
    )
    kept = list(old.proposals.filter(by_hand=True).select_related("child", "mentor"))
    _check_can_stay(round_, kept)
    for proposal in kept:
        proposal.pk, proposal.round = None, round_
    Proposal.objects.bulk_create(kept)
    audit.record(actor, "round.solved_again", round_, of=old.pk, kept=len(kept))
    return round_


@transaction.atomic
def match_anew(*, actor: Any, child_ids: Collection[int] | None) -> Round:
    """Starts a round over exactly these children, with the weights of the round that holds now; all that need
    not change is kept. None covers every child. Asked again while it is being solved it stays one round.
    """
    running = Round.objects.filter(state=State.SOLVING, covers_all=child_ids is None, created_by=actor.pk)
    for same in running.filter(stickiness=KEEPING):
        if child_ids is None or set(chosen_ids(same) or ()) == set(child_ids):
            return same
    current = Round.objects.filter(state=State.PUBLISHED).values_list("weights", flat=True).first()
    return start_round(actor=actor, child_ids=child_ids, weights=current, stickiness=KEEPING)


def _check_can_stay(round_: Round, kept: list[Proposal]) -> None:
    snapshot = snapshot_of(round_)
    people = dataclasses.replace(snapshot, pins=())  # pins of others are none of these places' business
    rows = [
        {"child": broken.child, "role": broken.role, "mentor": broken.mentor, "rule": broken.code}
        for broken in verify(people, [place_of(proposal) for proposal in kept])
    ]
    pinned = {(pin.child, pin.role): pin for pin in snapshot.pins}
    for proposal in kept:
        place = place_of(proposal)
        pin = pinned.get((place.child, place.role))
        if pin and (pin.mentor != place.mentor or pin.slot not in (None, place.slot)):
            rows.append(
                {"child": place.child, "role": place.role, "mentor": place.mentor, "rule": "pin_broken"}
            )
    if rows:
        raise HandChoicesGone(
            _("Some of what was chosen by hand can't hold any more. Change these places or undo them first."),
            rows=rows,
        )
    chosen = {(place.child, place.role): place for place in map(place_of, kept)}
    others = tuple(pin for pin in snapshot.pins if (pin.child, pin.role) not in chosen)
    pins = tuple(Pin(p.child, p.mentor, p.role, p.slot) for p in chosen.values())
    check_can_hold(dataclasses.replace(snapshot, pins=others + pins))
