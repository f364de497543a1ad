"""How far a round is: what the worker notes while it solves, and what can honestly be said of it meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matching.models import Round

ALIKE = 1.5  # times as many children, up to which an earlier round is like this one
LOOKED_AT = 40  # earlier rounds
NO_WORKER_AFTER = 20  # seconds


class Notes:
    """The stages of one attempt with their seconds, as they stand in ``Round.progress``."""

    def __init__(self, children: int, now: datetime) -> None:
        self.children, self.begun, self.since = children, now, now
        self.stage = "build"
        self.done: list[tuple[str, float]] = []

    def heard(self, told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """What the solver says last, with what is known of its way so far."""
        stage = told.get("stage") or self.stage
        if stage != self.stage:
            self.done.append((self.stage, round((now - self.since).total_seconds(), 1)))
            self.stage, self.since = stage, now
        return {
            "stage": self.stage,
            "since": self.since.isoformat(),
            "begun": self.begun.isoformat(),
            "done": self.done,
            "children": self.children,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """waiting: no worker has it.  lost: the one that had it is silent.  interruptions: of earlier attempts.

    seconds: since it was started; of the stage, since that began.  left: seconds from … to, by what earlier rounds
    like this one took; None when there was none, or when this one takes longer than all of them.
    """

    waiting: bool
    no_worker: bool
    lost: bool
    interruptions: int
    seconds: int
    stage: str
    stage_seconds: int
    done: list[tuple[str, float]]
    took: tuple[int, int] | None
    left: tuple[int, int] | None


def standing(round_: Round, now: datetime) -> Standing:
    progress = round_.progress
    waiting = round_.lease_until is None
    seconds = int((now - round_.created_at).total_seconds())
    working = _seconds_from(progress.get("begun"), now)
    took = _took(round_, progress.get("children", 0)) if progress else None
    left = None
    if took and working <= took[1]:
        left = max(0, took[0] - working), took[1] - working
    return Standing(
        waiting=waiting,
        no_worker=waiting and seconds > NO_WORKER_AFTER,
        lost=round_.lease_until is not None and round_.lease_until < now,
        interruptions=max(0, round_.attempt - 1),
        seconds=seconds,
        stage=progress.get("stage", "build"),
        stage_seconds=_seconds_from(progress.get("since"), now),
        done=progress.get("done", []),
        took=took,
        left=left,
    )


def _took(round_: Round, children: int) -> tuple[int, int] | None:
    """The least and the most seconds of earlier rounds over about as many children, solved as exactly."""
    earlier = Round.objects.filter(solved_at__isnull=False, gap=round_.gap).exclude(pk=round_.pk)
    rows = earlier.order_by("-pk").values_list("progress", "solved_at")[:LOOKED_AT]
    took = [
        _seconds_from(progress["begun"], solved_at)
        for progress, solved_at in rows
        if "begun" in progress and children / ALIKE <= progress["children"] <= children * ALIKE
    ]
    return (min(took), max(1, *took)) if took else None


def _seconds_from(moment: str | None, now: datetime) -> int:
    return max(0, round((now - datetime.fromisoformat(moment)).total_seconds())) if moment else 0
