"""What re-matching costs: how many move who need not, and how much value is lost for those who stay."""

import statistics
import time
from dataclasses import replace
from typing import Any

from bench.instances import some_gone
from matching.core.plan import Options, Result
from matching.core.roster import Place, Roster
from matching.core.solve import solve

STICKINESS = 2
ANY_PRICE = 1000  # points for what stays: more than any value
PATIENCE = 60.0
NEARLY = 0.001
FIGURES = ("moved", "needless", "lost", "seconds", "cpu")


def rematch(roster: Roster, draws: int) -> dict[str, Any]:
    """Medians over so many draws of the mentors who leave, and each draw. Shares are in per cent.

    moved: of the pairs that could stay, so many got somebody else.  needless: moved, less those of a plan that
    keeps pairs at any price.  lost: value, at most, against whatever plan keeps nobody for the sake of keeping.
    cpu: seconds of computing, which a busy machine changes less than seconds.
    """
    first = solve(roster, Options(gap=NEARLY, reasons=False))
    before = tuple(Place(p.child, p.role, p.mentor, p.slot) for p in first.places)
    runs = [_one(some_gone(roster, before, draw), before) for draw in range(draws)]
    return {name: statistics.median(run[name] for run in runs) for name in FIGURES} | {"draws": runs}


def _one(roster: Roster, before: tuple[Place, ...]) -> dict[str, Any]:
    sticky = Options(previous=before, stickiness=STICKINESS, gap=NEARLY, reasons=False)
    started = time.process_time()
    found = solve(roster, sticky)
    cpu = time.process_time() - started
    dearly = solve(roster, replace(sticky, stickiness=ANY_PRICE, time_limit=PATIENCE))
    there = {mentor.id for mentor in roster.mentors}
    could_stay = sum(place.mentor in there for place in before)

    def moved(result: Result) -> float:
        return 100 * (could_stay - result.pairs_kept) / could_stay

    return {
        "complete": found.complete,
        "complete_bound": found.complete_bound,
        "gap": found.gap,
        "seconds": found.seconds,
        "cpu": cpu,
        "moved": moved(found),
        "needless": moved(found) - moved(dearly),
        "lost": 100 * (1 - found.value / found.value_bound),
    }
