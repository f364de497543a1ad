"""Who is told of an alert, in what order, and when the next one is. Pure: rows and a clock in, steps out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from backend.care.detection import Sign

CLIMBS_EVERY = timedelta(minutes=2)
# A mentor is no duty: what goes to the child's own mentor waits so long before it climbs.
MENTOR_HAS = timedelta(hours=12)
SOON, TODAY = timedelta(minutes=30), timedelta(hours=24)


class Rung(StrEnum):
    """Each is told besides those before."""

    MENTOR = "mentor"  # the child's wellbeing mentor
    MENTOR_AND_COUNSELLOR = "mentor_and_counsellor"
    COUNSELLOR = "counsellor"  # those on duty now
    LEAD = "lead"  # the one on call
    SECOND_LEAD = "second_lead"
    LEADS = "leads"  # all of them
    EVERYBODY = "everybody"  # every coordinator


HIGHER = (Rung.LEAD, Rung.SECOND_LEAD, Rung.EVERYBODY)


@dataclass(frozen=True, slots=True)
class Route:
    """rungs: from the first to the last.  patience: until the first step after the first rung.

    within: by when somebody has to have looked after it.  sealed: neither a parent nor whom it names learns of it.
    """

    rungs: tuple[Rung, ...]
    within: timedelta = SOON
    patience: timedelta = CLIMBS_EVERY
    sealed: bool = False


NOW = Route((Rung.COUNSELLOR, *HIGHER))
WITH_MENTOR = Route((Rung.MENTOR_AND_COUNSELLOR, *HIGHER))
LEADS_ONLY = Route((Rung.LEAD, Rung.SECOND_LEAD, Rung.LEADS), sealed=True)
MENTOR_FIRST = Route((Rung.MENTOR, Rung.COUNSELLOR, *HIGHER), within=TODAY, patience=MENTOR_HAS)
ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "help": NOW,
        "concern": NOW,
        "report": LEADS_ONLY,
        Sign.WISH_TO_DIE: NOW,
        Sign.PLAN_OR_MEANS: NOW,
        Sign.SELF_HARM: WITH_MENTOR,
        Sign.HOPELESS: WITH_MENTOR,
        Sign.VIOLENCE_AT_HOME: LEADS_ONLY,
        Sign.SEXUAL_HARM: LEADS_ONLY,
        Sign.BULLYING: MENTOR_FIRST,
        Sign.FEAR_FOR_PARENT: MENTOR_FIRST,
    }
)

# A child asks, or says that it is in danger: these come before what others tell of it.
CHILD_NOW = frozenset(ROUTES) - {"concern", "report", Sign.BULLYING, Sign.FEAR_FOR_PARENT}


@dataclass(frozen=True, slots=True)
class Climb:
    """steps: indices of the rungs to tell now.  rung: the last one told, -1 for none.

    climbs_at: when the next is due.  exhausted_at: since when there is no next one and nobody has answered.
    """

    steps: tuple[int, ...]
    rung: int
    climbs_at: datetime | None
    exhausted_at: datetime | None


def climb(
    route: Route, *, rung: int, climbs_at: datetime | None, manned: Sequence[bool], now: datetime
) -> Climb:
    """From the rung told last up to where it belongs at ``now``; the same whenever, and however often, it is asked.

    manned: for each rung whether anybody is there.  A rung where nobody is takes no time.
    """
    steps: list[int] = []
    while climbs_at is not None and climbs_at <= now:
        following = [each for each in range(rung + 1, len(route.rungs)) if manned[each]]
        if not following:
            return Climb(tuple(steps), rung, None, climbs_at)
        first = rung < 0
        rung = following[0]
        steps.append(rung)
        climbs_at += route.patience if first and rung == 0 else CLIMBS_EVERY
    return Climb(tuple(steps), rung, climbs_at, None)
