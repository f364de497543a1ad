"""Who takes part in a round: the one input of the solver, the verifier and the snapshot.

Plain values, no arrays and no framework. A weekly slot is an int 0..167: weekday * 24 + hour,
Monday 00:00 = 0, Asia/Shanghai.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["academic", "wellbeing"]
Gender = Literal["f", "m"]

ACADEMIC: Role = "academic"
WELLBEING: Role = "wellbeing"
ROLES: tuple[Role, Role] = (ACADEMIC, WELLBEING)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SLOTS = 7 * 24
STAGES = ((1, 3), (4, 6), (7, 9), (10, 12))  # grades, as they are told to people


@dataclass(frozen=True, slots=True)
class Band:
    """Grades ``low``..``high``, both included, 1..12."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Teaching:
    """One subject that a mentor teaches in one band of grades."""

    subject: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Child:
    """A child to be served in both roles.

    grade: 1..12.  subjects: codes, most wanted first, no repeats.  slots: the hours the child is free.
    """

    id: str
    grade: int
    subjects: tuple[str, ...]
    slots: frozenset[int]
    district: str = ""
    preferred_gender: Gender | None = None
    priority: int = 0
    previous_academic: str | None = None
    previous_wellbeing: str | None = None


@dataclass(frozen=True, slots=True)
class Mentor:
    """capacity: most children at once, both roles together, >= 0."""

    id: str
    academic: bool
    wellbeing: bool
    certified: bool
    teaches: tuple[Teaching, ...]
    wellbeing_bands: tuple[Band, ...]
    slots: frozenset[int]
    capacity: int
    district: str = ""
    gender: Gender | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """This child has this mentor in this role, at this slot when one is given."""

    child: str
    mentor: str
    role: Role
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Forbid:
    """This child never has this mentor; ``role`` None means in neither role."""

    child: str
    mentor: str
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Everything a round is decided on. Ids are unique within children and within mentors."""

    children: tuple[Child, ...]
    mentors: tuple[Mentor, ...]
    pins: tuple[Pin, ...] = ()
    forbids: tuple[Forbid, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One (child, role, mentor, slot) of a plan."""

    child: str
    role: Role
    mentor: str
    slot: int


def slot_code(slot: int) -> str:
    """``115`` -> ``"fri-19"``."""
    return f"{DAYS[slot // 24]}-{slot % 24}"
