"""Free hours as a grid: one person's, and two people's with what a plan puts there."""

from collections.abc import Iterable
from typing import Any

from backend.rosters.models import Child
from backend.web.templatetags.shuangdao import WEEK_CELLS, WEEKDAYS
from matching.models import Proposal, Round


def free_week(free: Iterable[int]) -> dict[str, Any]:
    """Free hours as a grid: a heading of weekdays, then a row for each hour that is free on any day."""
    slots = set(free)
    hours = sorted({slot % 24 for slot in slots})
    grid = [(f"{hour:02}:00", [day * 24 + hour in slots for day in range(7)]) for hour in hours]
    return {"days": WEEKDAYS, "rows": grid}


def week_of_two(round_: Round, child: Child, role: str, now: Proposal | None) -> dict[str, Any]:
    """The hours that either has free in the round's roster: a heading of weekdays, then a row an hour.

    A cell is empty or one of: now, other (the child's hour in the other role), taken (the mentor's hour with
    another child), both, child, mentor.
    """
    of_child = _slots(round_.frozen["children"], child.roster_id)
    of_mentor = _slots(round_.frozen["mentors"], now.mentor.roster_id) if now else frozenset[int]()
    cells = {slot: "mentor" for slot in of_mentor} | {slot: "child" for slot in of_child}
    cells |= {slot: "both" for slot in of_child & of_mentor}
    if now:
        others = round_.proposals.filter(mentor=now.mentor).exclude(pk=now.pk)
        cells |= {slot: "taken" for slot in others.values_list("slot", flat=True)}
    other = round_.proposals.filter(child=child).exclude(role=role).values_list("slot", flat=True)
    cells |= {slot: "other" for slot in other}
    if now:
        cells[now.slot] = "now"
    hours = sorted({slot % 24 for slot in cells})
    rows = [(f"{hour:02}:00", [cells.get(day * 24 + hour, "") for day in range(7)]) for hour in hours]
    return {"days": WEEKDAYS, "rows": rows, "legend": [cell for cell in WEEK_CELLS if cell in cells.values()]}


def _slots(people: list[dict[str, Any]], roster_id: str) -> frozenset[int]:
    return frozenset(next((row["slots"] for row in people if row["id"] == roster_id), ()))
