"""Every number of the fit, as a coordinator may change it for a round."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


class InvalidWeights(ValueError):
    """An unknown key, or a value that is not a whole number of 0 or more; the message names the key."""


# Sums of any city stay exact in the solver's numbers.
MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of the fit, all whole numbers >= 0.

    *_grade: points at the middle of the mentor's band; *_grade_step: less per grade away from it.
    *_shared: points per shared weekly hour, up to *_shared_most hours.
    *_gender_open: points when the child asked for no gender.
    poor_below: fits under it cost extra: value = fit - (poor_below - fit)^2 / poor_below.
    """

    academic_subject_first: int = 40
    academic_subject_second: int = 25
    academic_subject_later: int = 12
    academic_grade: int = 15
    academic_grade_step: int = 4
    academic_shared: int = 3
    academic_shared_most: int = 4
    academic_district: int = 12
    academic_gender: int = 8
    academic_gender_open: int = 4
    academic_previous: int = 13
    wellbeing_grade: int = 30
    wellbeing_grade_step: int = 6
    wellbeing_shared: int = 4
    wellbeing_shared_most: int = 6
    wellbeing_district: int = 20
    wellbeing_gender: int = 13
    wellbeing_gender_open: int = 6
    wellbeing_previous: int = 13
    poor_below: int = 45

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Weights":
        known = {field.name for field in fields(cls)}
        for key, number in given.items():
            if key not in known:
                raise InvalidWeights(f"{key}: not a weight; expected one of {', '.join(sorted(known))}")
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST_POINTS:
                raise InvalidWeights(f"{key}: {number!r} is not a whole number of 0 to {MOST_POINTS}")
        return cls(**given)

    def to_json(self) -> dict[str, int]:
        return asdict(self)
