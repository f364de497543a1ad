"""What goes into the solver besides the roster, and what comes out."""

from dataclasses import dataclass, field
from typing import Literal

from matching.core.roster import Place, Role
from matching.core.weights import Weights

Reason = Literal["nobody_eligible", "no_common_hour", "forbidden", "seats_short"]


@dataclass(frozen=True, slots=True)
class Options:
    """previous, stickiness: points added at level 4 for a kept pair, and again for a kept hour.

    gap: a fraction; the value may stop within it of its bound.  time_limit: seconds, then the best plan so far.
    reasons: whether to say why each open role is open.
    """

    weights: Weights = field(default_factory=Weights)
    seed: int = 0
    previous: tuple[Place, ...] = ()
    stickiness: int = 0
    gap: float = 0.0
    time_limit: float | None = None
    reasons: bool = True


@dataclass(frozen=True, slots=True)
class ScoredPlace:
    """A place with its fit and value; subject is None for wellbeing."""

    child: str
    role: Role
    mentor: str
    slot: int
    subject: str | None
    fit: int
    value: int


@dataclass(frozen=True, slots=True)
class OpenRole:
    """A role that stays unfilled. facts, remedy: plain values of which a sentence in any language is made.

    remedy: the smallest change found that fills this role and takes nothing from anybody; empty if none was.
    """

    child: str
    role: Role
    reason: Reason
    facts: dict[str, int | str]
    remedy: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A valid plan, sorted by child and role, with its figures and the proved bound of each level.

    Each bound holds at the levels above it as achieved. gap is a fraction of the last bound.
    """

    places: tuple[ScoredPlace, ...]
    open: tuple[OpenRole, ...]
    children: int
    complete: int
    partial: int
    unmatched: int
    roles_filled: int
    priority_complete: int
    fit: int
    value: int
    objective: int
    complete_bound: int
    priority_bound: int
    roles_bound: int
    value_bound: int
    objective_bound: int
    gap: float
    proved_optimal: bool
    pairs_kept: int
    slots_kept: int
    previous_ignored: int
    seconds: float
    seconds_by_stage: dict[str, float]
    seed: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """A place, and by how much the best plan with it falls short of the best plan: at each level, >= 0.

    The first level that differs counts: what is lost there may win something below, which is then < 0.
    others_…: the part that the other children lose together; < 0 when they win.
    alone: the child had both mentors, and would be left with this one.
    exact: both plans are proved; else ``objective`` may be off by ``slack`` points either way.
    """

    place: Place
    complete: int
    priority: int
    roles: int
    objective: int
    others_complete: int
    others_roles: int
    others: int
    alone: bool
    exact: bool
    slack: int

    @property
    def cost(self) -> tuple[int, int, int, int]:
        return self.complete, self.priority, self.roles, self.objective
