"""Changes that would fill an open role, tried one by one on the plan: what is named has a valid plan behind it.

A remedy stands only when moving a few others, none of whom loses a place, makes room for the child, and the
independent verifier finds no broken rule in that plan for the round as it would be then.
"""

from collections.abc import Iterable

import numpy as np

from matching.core.arrays import Ints
from matching.core.changes import (
    NEW,
    Change,
    forbid_lifted,
    holds,
    one_more_hour,
    one_more_mentor,
    one_more_seat,
)
from matching.core.problem import Problem, role_of
from matching.core.repair import LIMITS, Moves
from matching.core.roster import SLOTS, Mentor, Place, Roster, slot_code

Facts = dict[str, int | str]
DEPTHS = (0, 1, 3)
MOST = 12  # changes of one kind that are tried for one child


class Remedies:
    """One solved plan, to which changes are made and undone."""

    def __init__(self, roster: Roster, problem: Problem, picked: Ints) -> None:
        self.roster, self.problem = roster, problem
        self.moves = Moves(problem, np.zeros(len(problem.unit), dtype=np.int64))
        for column in picked.tolist():
            self.moves.take(column)
        self.moves.fixed = set(np.flatnonzero(problem.pinned).tolist())
        self.mentor_at = {mentor.id: at for at, mentor in enumerate(problem.mentors)}
        wanted = [0] * SLOTS
        for unit in range(2 * len(problem.children)):
            if unit not in self.moves.of_unit:
                for slot in problem.children[unit // 2].slots:
                    wanted[slot] += 1
        self.wanted = wanted
        self.starts = np.searchsorted(problem.unit, np.arange(2 * len(problem.children) + 1))
        self.sharing: dict[int, Facts] = {}

    def shared_seats(self, unit: int) -> Facts:
        """The other side of the cut: all who compete for the places that this child could reach.

        Empty when some chain of moves would reach a free seat: then it is not seats alone that are short.
        """
        if unit not in self.sharing:
            p, moves = self.problem, self.moves
            units, hours = self._within_reach(unit)
            if not units:
                return {}
            left = (one for one in range(2 * len(p.children)) if one not in moves.of_unit)
            units |= {one for one in left if set() < self._hours(one) <= hours}
            facts: Facts = {
                "sharing": len({one // 2 for one in units}),
                "shared_seats": sum(one in moves.of_unit for one in units),
            }
            self.sharing |= {one: facts for one in units if one not in moves.of_unit}
        return self.sharing[unit]

    def _hours(self, unit: int) -> set[int]:
        return set(self.problem.hour[self.starts[unit] : self.starts[unit + 1]].tolist())

    def _within_reach(self, unit: int) -> tuple[set[int], set[int]]:
        """Units and hours that chains of moves from this unit reach; nothing when one ends at a free seat."""
        p, moves = self.problem, self.moves
        units, hours, full = {unit}, set[int](), set[int]()
        queue = [unit]
        while queue:
            for hour in self._hours(queue.pop()) - hours:
                hours.add(hour)
                mentor = int(p.mentor_of_hour[hour])
                if hour in moves.of_hour:
                    found = {moves.unit[moves.of_hour[hour]]}
                elif moves.room[mentor] > 0:
                    return set(), set()
                elif mentor in full:
                    continue
                else:
                    full.add(mentor)
                    held = (moves.of_hour.get(other) for other in moves.hours_of[mentor])
                    found = {moves.unit[column] for column in held if column is not None}
                queue += found - units
                units |= found
        return units, hours

    def lift_forbid(self, unit: int, able: Iterable[Mentor]) -> Facts:
        child = self.problem.children[unit // 2]
        for mentor in list(able)[:MOST]:
            columns = self._columns(unit, mentor, child.slots & mentor.slots)
            if self._works(unit, columns, forbid_lifted(child, mentor)):
                return {"change": "lift_forbid", "mentor": mentor.id}
        return {}

    def more_seats(self, unit: int, meeting: Iterable[Mentor]) -> Facts:
        """One more child for somebody who could have this one, or else for another that the chain reaches."""
        for mentor in [mentor for mentor in meeting if mentor.capacity > 0][:MOST]:
            at = self.mentor_at[mentor.id]
            self.moves.room[at] += 1
            works = self._works(unit, None, one_more_seat(mentor))
            self.moves.room[at] -= 1
            if works:
                return {"change": "seat", "mentor": mentor.id, "seats": mentor.capacity + 1}
        return {}

    def more_hours(self, unit: int, allowed: Iterable[Mentor]) -> Facts:
        """One more hour of the child, with a mentor who has a seat and that hour free."""
        child = self.problem.children[unit // 2]
        tried = 0
        for mentor in allowed:
            at = self.mentor_at[mentor.id]
            if self.moves.room[at] < 1:
                continue
            taken = {self.moves.slot_of_hour[h] for h in self.moves.hours_of[at] if h in self.moves.of_hour}
            for slot in sorted(mentor.slots - child.slots - taken)[:1]:
                tried += 1
                if self._works(unit, self._columns(unit, mentor, {slot}), one_more_hour(child, slot)):
                    return {"change": "hour", "mentor": mentor.id, "slot": slot_code(slot)}
            if tried >= MOST:
                break
        return {}

    def more_mentors(self, unit: int) -> Facts:
        """One more mentor with one seat, at the child's hour that most other open children have too."""
        p, moves = self.problem, self.moves
        child = p.children[unit // 2]
        facts: Facts = {"change": "mentor", "role": role_of(unit), "grade": child.grade}
        if role_of(unit) == "academic":
            facts["subject"] = child.subjects[0]
        other = moves.of_unit.get(unit ^ 1)
        taken = set() if other is None else {moves.slot[other]}
        free = sorted(child.slots - taken, key=lambda slot: (-self.wanted[slot], slot))
        slot = next(slot for slot in [*free, *range(SLOTS)] if slot not in taken)
        mine = [] if other is None else [self._place(other)]
        with_mentor = one_more_mentor(child, role_of(unit), slot)
        hour_too = one_more_hour(child, slot)
        if not holds(
            self.roster,
            lambda roster: hour_too(with_mentor(roster)),
            [*mine, Place(child.id, role_of(unit), NEW, slot)],
        ):
            return {}
        return facts | ({"slot": slot_code(slot)} if free else {"change": "mentor_and_hour"})

    def _columns(self, unit: int, mentor: Mentor, slots: Iterable[int]) -> list[int]:
        return [self.moves.add(unit, self.mentor_at[mentor.id], slot) for slot in sorted(slots)]

    def _place(self, column: int) -> Place:
        p, moves, unit = self.problem, self.moves, self.moves.unit[column]
        mentor = p.mentors[moves.mentor[column]]
        return Place(p.children[unit // 2].id, role_of(unit), mentor.id, moves.slot[column])

    def _holds(self, unit: int, before: dict[int, int], change: Change) -> bool:
        """Whether the plan as it is now gives the unit a place, takes none from ``before``, and breaks no rule."""
        moves, now = self.moves, self.moves.of_unit
        if not before.keys() | {unit} <= now.keys():
            return False
        moved = {one for one, column in now.items() if before.get(one) != column}
        children = {one // 2 for one in moved}
        mentors = {moves.mentor[now[one]] for one in moved}
        touched = [
            column for one, column in now.items() if one // 2 in children or moves.mentor[column] in mentors
        ]
        return holds(self.roster, change, [self._place(column) for column in touched])

    def _works(self, unit: int, only: list[int] | None, change: Change) -> bool:
        """Tries it and puts everything back."""
        moves = self.moves
        before = (dict(moves.of_unit), dict(moves.of_hour), list(moves.room))
        found = False
        for depth in DEPTHS:
            moves.tries = 0
            found = moves.place(unit, LIMITS[-1], depth, frozenset(), only)
            if found:
                break
        if found:
            found = self._holds(unit, before[0], change)
            moves.of_unit, moves.of_hour, moves.room = before
        return found
