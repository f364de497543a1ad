"""A round in the worker: claimed, solved in a subprocess, checked, stored; whatever is killed on the way.

The row is the queue. A round in state ``solving`` without a valid lease belongs to nobody; whoever raises
``attempt`` has it, and may write only while the attempt is still their own.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from backend.audit import log as audit
from backend.rosters.models import Child, Mentor
from matching.apart import SolverFailed, run_apart
from matching.core import codec
from matching.core.fit import fit_terms
from matching.core.verify import verify
from matching.core.weights import Weights
from matching.following import Notes
from matching.models import Proposal, Round, Unserved
from matching.rounds import chosen_ids
from matching.snapshot import previous_places
from matching.states import State

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
MOST_ATTEMPTS = 3


class NoLongerOurs(Exception):
    """The round was cancelled, discarded or taken over."""


def run_next_round() -> bool:
    """Solves one waiting round, if there is one; returns whether there was."""
    round_ = claim()
    if round_ is None:
        return False
    try:
        store(round_, *solve_in_subprocess(round_))
    except NoLongerOurs:
        log.info("round %s was taken away while it was being solved", round_.pk)
    except SolverFailed as error:
        give_up(round_, str(error))
    except Exception as error:
        # Tried again it would fail again: the round goes back with the reason, and the log has the rest.
        log.exception("round %s could not be solved", round_.pk)
        give_up(round_, f"the plan could not be stored ({type(error).__name__})")
    return True


def claim() -> Round | None:
    """Takes a waiting round by compare-and-set; one that failed too often goes back to draft."""
    now = timezone.now()
    waiting = Round.objects.filter(state=State.SOLVING).filter(Q(lease_until=None) | Q(lease_until__lt=now))
    for round_ in waiting.order_by("pk"):
        if round_.attempt >= MOST_ATTEMPTS:
            give_up(round_, "the solver was interrupted too often")
            continue
        claimed = waiting.filter(pk=round_.pk, attempt=round_.attempt).update(
            attempt=F("attempt") + 1, lease_until=now + LEASE, progress={}, error=""
        )
        if claimed:
            round_.refresh_from_db()
            return round_
    return None


def options_of(round_: Round) -> dict[str, Any]:
    """What the round's solver is told besides the roster, as JSON."""
    return {
        "weights": round_.weights,
        "gap": round_.gap,
        "time_limit": round_.time_limit,
        "seed": round_.seed,
        "previous": previous_places(chosen_ids(round_)) if round_.stickiness else [],
        "stickiness": round_.stickiness,
    }


def task_of(round_: Round, but: tuple[int, str] | None = None) -> dict[str, Any]:
    """What a solver is given. What was chosen by hand stays as it is, but for the place ``but`` (child, role)."""
    people = json.loads(round_.snapshot)
    by_hand = [
        {
            "child": place.child.roster_id,
            "mentor": place.mentor.roster_id,
            "role": place.role,
            "slot": place.slot,
        }
        for place in round_.proposals.filter(by_hand=True).select_related("child", "mentor")
        if (place.child_id, place.role) != but
    ]
    chosen = {(pin["child"], pin["role"]) for pin in by_hand}
    people["pins"] = by_hand + [pin for pin in people["pins"] if (pin["child"], pin["role"]) not in chosen]
    return {"roster": people, "options": options_of(round_)}


def solve_in_subprocess(round_: Round) -> tuple[Any, list[dict[str, Any]]]:
    """The decoded result, and as JSON where one more mentor would help most.

    Raises NoLongerOurs when the round is taken away in the meantime: that ends the solver.
    """
    task = task_of(round_)
    notes = Notes(len(task["roster"]["children"]), timezone.now())
    answer = run_apart(task, lambda told: _heartbeat(round_, notes.heard(told, timezone.now())))
    return codec.result_from_json(answer["result"]), answer["openings"]


def _ours(round_: Round) -> Any:
    return Round.objects.filter(pk=round_.pk, state=State.SOLVING, attempt=round_.attempt)


def _heartbeat(round_: Round, progress: dict[str, Any]) -> None:
    if not _ours(round_).update(lease_until=timezone.now() + LEASE, progress=progress):
        raise NoLongerOurs


@transaction.atomic
def store(round_: Round, result: Any, openings: Sequence[Mapping[str, Any]] = ()) -> None:
    """Writes the plan, if the round is still ours and the independent verifier finds nothing wrong."""
    snapshot = codec.roster_from_json(json.loads(round_.snapshot))
    broken = verify(snapshot, list(result.places))
    if broken:
        raise SolverFailed(f"the plan breaks {len(broken)} rules; first: {broken[0]}")
    now = timezone.now()
    summary = codec.result_to_json(result)
    for rows in ("places", "open"):
        summary.pop(rows, None)
    summary["openings"] = list(openings)
    if not _ours(round_).update(
        state=State.SOLVED,
        solved_at=now,
        lease_until=None,
        summary=summary,
        version=F("version") + 1,
        attempt=0,
    ):
        raise NoLongerOurs
    by_hand = set(round_.proposals.filter(by_hand=True).values_list("child", "role"))
    round_.proposals.all().delete()
    round_.unserved.all().delete()
    _store_rows(round_, snapshot, result, by_hand)
    audit.record(None, "round.solved", round_, places=len(result.places), open=len(result.open))


def _store_rows(round_: Round, snapshot: Any, result: Any, by_hand: set[tuple[int, str]]) -> None:
    child_ids = dict(Child.objects.values_list("roster_id", "pk"))
    mentor_ids = dict(Mentor.objects.values_list("roster_id", "pk"))
    children = {child.id: child for child in snapshot.children}
    mentors = {mentor.id: mentor for mentor in snapshot.mentors}
    weights = Weights.from_json(round_.weights)
    Proposal.objects.bulk_create(
        [
            Proposal(
                round=round_,
                child_id=child_ids[place.child],
                role=place.role,
                mentor_id=mentor_ids[place.mentor],
                slot=place.slot,
                subject_id=place.subject or None,
                fit=place.fit,
                value=place.value,
                terms=dict(
                    fit_terms(children[place.child], mentors[place.mentor], place.role, weights).terms
                ),
                by_hand=(child_ids[place.child], place.role) in by_hand,
            )
            for place in result.places
        ],
        batch_size=500,
    )
    Unserved.objects.bulk_create(
        [
            Unserved(
                round=round_,
                child_id=child_ids[item.child],
                role=item.role,
                reason=item.reason,
                facts=dict(item.facts),
                remedy=dict(item.remedy),
            )
            for item in result.open
        ],
        batch_size=500,
    )


def give_up(round_: Round, error: str) -> None:
    """Back to a draft with the reason, so that nothing is stuck."""
    _ours(round_).update(state=State.DRAFT, lease_until=None, progress={}, error=error, attempt=0)
