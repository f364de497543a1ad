"""Pins and forbids that can't hold: found before solving, and named."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from matching.core.problem import build, numbered
from matching.core.roster import Pin, Place, Roster
from matching.core.verify import verify
from matching.core.weights import Weights


@dataclass(frozen=True, slots=True)
class LockProblem:
    """code: unknown_child, unknown_mentor, not_eligible, hour_not_free, no_common_hour, no_seat,
    pinned_twice,
    pinned_and_forbidden or contradiction.  pins: positions in roster.pins; forbids: in roster.forbids.
    """

    code: str
    pins: tuple[int, ...] = ()
    forbids: tuple[int, ...] = ()


def check_locks(roster: Roster) -> list[LockProblem]:
    """Every pin that breaks a rule by itself, and a smallest set of pins that can't hold together."""
    found = _unknown_people(roster)
    broken = {position for problem in found for position in problem.pins}
    for position, pin in enumerate(roster.pins):
        code = "" if position in broken else _against(roster, pin)
        if code:
            found.append(LockProblem(code, pins=(position,)))
    first: dict[tuple[str, str], int] = {}
    for position, pin in enumerate(roster.pins):
        if (pin.child, pin.role) in first:
            found.append(LockProblem("pinned_twice", pins=(first[pin.child, pin.role], position)))
        first.setdefault((pin.child, pin.role), position)
    for at, forbid in enumerate(roster.forbids):
        for position, pin in enumerate(roster.pins):
            same_people = (pin.child, pin.mentor) == (forbid.child, forbid.mentor)
            if same_people and forbid.role in (None, pin.role):
                found.append(LockProblem("pinned_and_forbidden", pins=(position,), forbids=(at,)))
    if not found and not _hold_together(roster, range(len(roster.pins))):
        found.append(LockProblem("contradiction", pins=_smallest_contradiction(roster)))
    return found


def _unknown_people(roster: Roster) -> list[LockProblem]:
    children = {child.id for child in roster.children}
    mentors = {mentor.id for mentor in roster.mentors}
    found = []
    for position, pin in enumerate(roster.pins):
        if pin.child not in children:
            found.append(LockProblem("unknown_child", pins=(position,)))
        elif pin.mentor not in mentors:
            found.append(LockProblem("unknown_mentor", pins=(position,)))
    for position, forbid in enumerate(roster.forbids):
        if forbid.child not in children:
            found.append(LockProblem("unknown_child", forbids=(position,)))
        elif forbid.mentor not in mentors:
            found.append(LockProblem("unknown_mentor", forbids=(position,)))
    return found


def _against(roster: Roster, pin: Pin) -> str:
    """Why this pin can't hold even alone; empty when it can."""
    child = next(child for child in roster.children if child.id == pin.child)
    mentor = next(mentor for mentor in roster.mentors if mentor.id == pin.mentor)
    shared = child.slots & mentor.slots
    alone = Roster((child,), (mentor,))
    slot = min(shared, default=0) if pin.slot is None else pin.slot
    codes = {violation.code for violation in verify(alone, [Place(child.id, pin.role, mentor.id, slot)])}
    if "not_eligible" in codes:
        return "not_eligible"
    if not shared:
        return "no_common_hour"
    if pin.slot is not None and pin.slot not in shared:
        return "hour_not_free"
    return "no_seat" if mentor.capacity < 1 else ""


def _smallest_contradiction(roster: Roster) -> tuple[int, ...]:
    """Drops one pin after the other as long as the rest still contradict each other."""
    kept = list(range(len(roster.pins)))
    for position in list(kept):
        rest = [other for other in kept if other != position]
        if not _hold_together(roster, rest):
            kept = rest
    return tuple(kept)


def _hold_together(roster: Roster, positions: "range | list[int]") -> bool:
    pins = tuple(roster.pins[position] for position in positions)
    people = {pin.child for pin in pins}, {pin.mentor for pin in pins}
    part = Roster(
        tuple(child for child in roster.children if child.id in people[0]),
        tuple(mentor for mentor in roster.mentors if mentor.id in people[1]),
        pins,
    )
    problem = build(part, Weights())
    wanted = problem.pinned[problem.unit] if len(problem.unit) else np.zeros(0, dtype=bool)
    columns = np.flatnonzero(wanted)
    if not pins:
        return True
    if not len(columns):
        return False
    unit, mentor, slot = problem.unit[columns], problem.mentor[columns], problem.slot[columns]
    rows = []
    for left, right, most in (
        (mentor, slot, 1),
        (unit // 2, slot, 1),
        (unit // 2, mentor, 1),
    ):
        group, size = numbered(left, right)
        rows.append(LinearConstraint(problem.incidence(group, size), 0, most))
    rows.append(LinearConstraint(problem.incidence(mentor, len(problem.mentors)), 0, problem.capacity))
    low = problem.pinned.astype(float)
    rows.append(LinearConstraint(problem.incidence(unit, len(low)), low, 1))
    answer = milp(
        np.zeros(len(columns)),
        integrality=np.ones(len(columns), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=rows,
    )
    return bool(answer.status == 0)
