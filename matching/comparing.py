"""What other choices for one child and role would cost the others: asked for, solved by the worker, shown.

The row is the queue, as with rounds (matching.solving). Every choice is a plan solved anew, so it takes seconds:
no page waits for it.
"""

import logging
import time
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit import log as audit
from backend.errors import NotYours
from backend.rosters.models import Child
from matching.access import access_round
from matching.apart import SolverFailed, run_apart
from matching.core import roster
from matching.core.plan import Alternative
from matching.edits import Choice, choices_for
from matching.models import Comparison, Round
from matching.rounds import RoundMovedOn
from matching.solving import LEASE, MOST_ATTEMPTS, NoLongerOurs, task_of
from matching.states import State

log = logging.getLogger(__name__)

MOST = 5
BEGIN_WITHIN = 60.0  # seconds in which another solution is begun: a large round has fewer choices, not none
END_WITHIN = 180.0


@transaction.atomic
def compare_choices(*, actor: Any, round_id: int, child_id: int, role: roster.Role) -> Comparison:
    """Asks the worker, unless it was asked already about the plan as it stands; a failed one is tried again."""
    round_ = access_round(actor, round_id, "write")
    child = Child.objects.filter(pk=child_id).first()
    if child is None:
        raise NotYours
    if round_.state != State.SOLVED:
        raise RoundMovedOn(_("Only a solved plan can be compared."))
    asked, new = Comparison.objects.select_for_update().get_or_create(
        round=round_,
        child=child,
        role=role,
        defaults={"version": round_.version, "asked_at": timezone.now()},
    )
    if not new:
        if asked.version == round_.version and not asked.error:
            return asked
        asked.version, asked.asked_at, asked.attempt = round_.version, timezone.now(), 0
        asked.lease_until, asked.found, asked.error = None, None, ""
        asked.save()
    audit.record(actor, "round.compared", round_, child=child.pk, role=role)
    return asked


def comparison_of(round_: Round, child: Child, role: str) -> Comparison | None:
    """What was asked about the plan as it stands now."""
    return Comparison.objects.filter(round=round_, child=child, role=role, version=round_.version).first()


def choices_with_costs(
    asked: Comparison, choices: list[Choice] | None = None
) -> list[tuple[Choice, Alternative]]:
    """The answer, the cheapest first; empty while there is none. choices: of `choices_for`, if at hand."""
    if not asked.found:
        return []
    offered = choices_for(asked.round, asked.child.roster_id, asked.role) if choices is None else choices
    known = {(choice.mentor, choice.slot): choice for choice in offered}
    found = [Alternative(**{**row, "place": roster.Place(**row["place"])}) for row in asked.found]
    return [(known[each.place.mentor, each.place.slot], each) for each in found]


def run_next_comparison() -> bool:
    """Works out one that waits, if there is one; returns whether there was."""
    asked = claim()
    if asked is None:
        return False
    try:
        store(asked, run_apart(_task(asked), _beat(asked))["alternatives"])
    except NoLongerOurs:
        log.info("comparison %s was asked anew while it was worked out", asked.pk)
    except SolverFailed as error:
        _ours(asked).update(error=str(error), lease_until=None)
    except Exception as error:
        log.exception("comparison %s could not be worked out", asked.pk)
        _ours(asked).update(error=type(error).__name__, lease_until=None)
    return True


def claim() -> Comparison | None:
    """Takes a waiting one by compare-and-set; one that was interrupted too often has failed."""
    now = timezone.now()
    waiting = Comparison.objects.filter(found__isnull=True, error="").filter(
        Q(lease_until=None) | Q(lease_until__lt=now)
    )
    for asked in waiting.select_related("round", "child"):
        if asked.attempt >= MOST_ATTEMPTS:
            _ours(asked).update(error="interrupted too often")
            continue
        taken = waiting.filter(pk=asked.pk, attempt=asked.attempt, version=asked.version)
        if taken.update(attempt=F("attempt") + 1, lease_until=now + LEASE):
            asked.attempt += 1
            return asked
    return None


def store(asked: Comparison, found: list[dict[str, Any]]) -> None:
    if not _ours(asked).update(found=found, lease_until=None):
        raise NoLongerOurs


def _task(asked: Comparison) -> dict[str, Any]:
    """The choices are held against the best plan around what was chosen by hand elsewhere."""
    task = task_of(asked.round, but=(asked.child_id, asked.role))
    wanted = {"child": asked.child.roster_id, "role": asked.role, "most": MOST, "seconds": BEGIN_WITHIN}
    return {**task, "compare": wanted}


def _beat(asked: Comparison) -> Any:
    began = time.monotonic()

    def beat(_progress: dict[str, Any]) -> None:
        if time.monotonic() - began > END_WITHIN:
            raise SolverFailed("the round is too large to compare choices")
        if not _ours(asked).update(lease_until=timezone.now() + LEASE):
            raise NoLongerOurs

    return beat


def _ours(asked: Comparison) -> Any:
    return Comparison.objects.filter(
        pk=asked.pk, attempt=asked.attempt, version=asked.version, found__isnull=True
    )
