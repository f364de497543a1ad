"""The figures of a plan that was changed by hand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching.models import Round
from matching.review import changes
from matching.snapshot import snapshot_of


@dataclass(frozen=True, slots=True)
class MadeOf:
    """A plan's objective = fit − off + kept.  off: for poor matches.  kept: for pairs, and hours, that stay."""

    objective: int
    fit: int
    off: int
    kept: int


def made_of(summary: Mapping[str, Any]) -> MadeOf:
    """Of a plan that was solved."""
    fit, value, objective = summary["fit"], summary["value"], summary["objective"]
    return MadeOf(objective, fit, off=fit - value, kept=objective - value)


def refresh_summary(round_: Round) -> None:
    """The figures of the edited plan; its bounds stay, and it is proved only where it meets them all."""
    snapshot = snapshot_of(round_)
    rows = list(round_.proposals.values_list("child__roster_id", "fit", "value"))
    per_child = Counter(child for child, _fit, _value in rows)
    priority = {child.id: child.priority for child in snapshot.children}
    summary = round_.summary
    complete = [child for child, roles in per_child.items() if roles == 2]
    summary["complete"] = len(complete)
    summary["partial"] = len(per_child) - len(complete)
    summary["unmatched"] = len(snapshot.children) - len(per_child)
    summary["roles_filled"] = len(rows)
    summary["priority_complete"] = sum(priority[child] for child in complete)
    summary["fit"] = sum(fit for _child, fit, _value in rows)
    summary["value"] = sum(value for _child, _fit, value in rows)
    # Kept pairs earn their points in the objective, which is what the last bound bounds.
    found = changes(round_)
    kept = round_.stickiness * (2 * found.kept + found.moved)
    summary["objective"] = summary["value"] + kept
    bound = summary.get("objective_bound", 0)
    short = bound - summary["objective"]
    summary["gap"] = 0.0 if short <= 0 else (short / bound if bound > 0 else 1.0)
    # The bounds are the best plan's own only where the solver proved its plan. Only a change by hand says this.
    summary.setdefault("solver_proved", summary.get("proved_optimal", False))
    levels = (
        ("complete", "complete_bound"),
        ("priority_complete", "priority_bound"),
        ("roles_filled", "roles_bound"),
        ("objective", "objective_bound"),
    )
    summary["proved_optimal"] = all(summary[level] >= summary[limit] for level, limit in levels)
    Round.objects.filter(pk=round_.pk).update(summary=summary)
    round_.summary = summary
