"""The spread of fit as bars: where they stand and how high, and the numbers that they show."""

from dataclasses import dataclass

from matching.core.weights import Weights
from matching.models import Role, Round
from matching.review import BIN, spread_of_fit

STEP, HIGH, FOOT = 24, 120, 20  # of the picture: a bar with its gap, the highest bar, the room below it


@dataclass(frozen=True, slots=True)
class Bar:
    """x, y, height: of the picture.  low, high: the points of fit that it holds.  poor: all of them cost extra."""

    x: int
    y: int
    height: int
    low: int
    high: int
    places: int
    poor: bool


@dataclass(frozen=True, slots=True)
class Plot:
    role: str
    bars: list[Bar]
    width: int
    places: int
    least: int
    poor_below: int

    @property
    def height(self) -> int:
        return HIGH + FOOT

    @property
    def bar_width(self) -> int:
        return STEP - 4


def plots(round_: Round) -> list[Plot]:
    """One for each role in which anybody is placed, on the same scale of points."""
    spread = spread_of_fit(round_)
    poor_below = Weights.from_json(round_.weights).poor_below
    lows = [low for counts in spread.values() for low in counts]
    if not lows:
        return []
    scale = range(min(lows), max(lows) + BIN, BIN)
    found = []
    for role in Role.values:
        counts = spread[role]
        if not counts:
            continue
        most = max(counts.values())
        bars = []
        for at, low in enumerate(scale):
            height = -(-counts[low] * (HIGH - FOOT) // most)
            bars.append(
                Bar(
                    x=at * STEP + 2,
                    y=HIGH - height,
                    height=height,
                    low=low,
                    high=low + BIN - 1,
                    places=counts[low],
                    poor=low + BIN - 1 < poor_below,
                )
            )
        found.append(Plot(role, bars, len(scale) * STEP, sum(counts.values()), min(counts), poor_below))
    return found
