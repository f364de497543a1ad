"""Rounds that are the same every time: invented cities, and what may happen to them."""

import csv
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import StringIO

from backend.rosters.city import City
from backend.rosters.lists import DISTRICTS
from backend.rosters.reading.rows import read_roster
from matching.core.roster import Place, Roster
from matching.plan_files import to_roster

DAY = date(2026, 3, 2)
LEAVING = 0.05  # of the mentors


def city(size: int) -> Roster:
    files = []
    for kind, rows in zip(("children", "mentors"), City(size, DAY, 1).sheets().values(), strict=True):
        text = StringIO()
        csv.writer(text).writerows(rows)
        files.append((kind, f"{kind}.csv", text.getvalue().encode()))
    return to_roster(read_roster(files, districts=DISTRICTS), DISTRICTS)


def short(size: int) -> Roster:
    """Every fortieth counsellor is missing, and every fortieth teacher."""
    whole = city(size)
    counsellors = [m.id for m in whole.mentors if m.wellbeing]
    teachers = [m.id for m in whole.mentors if not m.wellbeing]
    away = {*counsellors[::40], *teachers[::40]}
    return Roster(whole.children, tuple(m for m in whole.mentors if m.id not in away))


def loose(size: int) -> Roster:
    """Mentors for one and a half times the children."""
    whole = city(size + size // 2)
    return Roster(whole.children[::3] + whole.children[1::3], whole.mentors)


KINDS: dict[str, Callable[[int], Roster]] = {"tight": city, "shortage": short, "loose": loose}


def some_gone(roster: Roster, before: tuple[Place, ...], draw: int) -> Roster:
    """The same children, with the mentors they had, when one mentor in twenty has left; others for each draw."""
    had = {(place.child, place.role): place.mentor for place in before}
    children = tuple(
        replace(
            child,
            previous_academic=had.get((child.id, "academic")),
            previous_wellbeing=had.get((child.id, "wellbeing")),
        )
        for child in roster.children
    )
    count = round(LEAVING * len(roster.mentors))
    left = {mentor.id for mentor in random.Random(draw).sample(roster.mentors, count)}
    return Roster(children, tuple(mentor for mentor in roster.mentors if mentor.id not in left))
