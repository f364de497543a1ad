"""`python -m matching.core.job [PARENT]`: a task as JSON on stdin, progress and the result as JSON lines on stdout.

The task is {"roster": …, "options": …}; with "compare": {"child", "role", "most", "seconds"} it is asked what
other choices for that child and role would cost instead of a plan. Run apart from the site, so that killing it cancels a round.
"""

import json
import os
import sys
import threading
import time
from dataclasses import asdict, replace
from typing import Any

from matching.core.alternatives import alternatives
from matching.core.codec import places_from_json, result_to_json, roster_from_json
from matching.core.openings import where_one_more_helps
from matching.core.plan import Options
from matching.core.solve import Infeasible, Progress, solve
from matching.core.weights import Weights

# Where one more mentor would help takes half a dozen more solutions: not worth waiting for in a large round.
ASKED_UP_TO = 2000
SECONDS_EACH = 5.0


def main() -> int:
    parent = int(sys.argv[1]) if len(sys.argv) > 1 else os.getppid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    task = json.load(sys.stdin)
    roster, options = roster_from_json(task["roster"]), options_from_json(task["options"])
    if "compare" in task:
        options = replace(options, time_limit=SECONDS_EACH, reasons=False)
    try:
        result = solve(roster, options, _report)
    except Infeasible:
        _say({"error": "no plan holds all pins"})
        return 1
    if "compare" in task:
        found = alternatives(roster, result, options=options, **task["compare"])
        _say({"alternatives": [asdict(each) for each in found]})
        return 0
    openings = []
    if result.open and len(roster.children) <= ASKED_UP_TO:
        _report(Progress("openings"))
        openings = where_one_more_helps(roster, result.open, replace(options, time_limit=SECONDS_EACH))
    _say({"result": result_to_json(result), "openings": [asdict(opening) for opening in openings]})
    return 0


def _end_with(parent: int) -> None:
    """An orphan belongs to another process: nobody waits for its plan, and it would take a core from the next."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def options_from_json(data: dict[str, Any]) -> Options:
    return Options(
        weights=Weights.from_json(data.get("weights", {})),
        seed=data.get("seed", 0),
        previous=places_from_json(data.get("previous", [])),
        stickiness=data.get("stickiness", 0),
        gap=data.get("gap") or 0.0,
        time_limit=data.get("time_limit"),
    )


def _report(progress: Progress) -> None:
    _say({"progress": asdict(progress)})


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    sys.exit(main())
