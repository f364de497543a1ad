"""Every number of the fit, as a coordinator may change it for a round."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


class InvalidWeights(ValueError):
    """An unknown key, or a value that is not a whole number of 0 or more; the message names the key."""


# Sums of any city stay exact in the solver's numbers.
MOST_POINTS = 100_000


# What people weigh up, and the points that say it.
FACTORS: dict[str, tuple[str, ...]] = {
    "academic_subject": ("academic_subject_first", "academic_subject_second", "academic_subject_later"),
    "academic_grade": ("academic_grade", "academic_grade_step"),
    "academic_shared": ("academic_shared",),
    "academic_district": ("academic_district",),
    "academic_gender": ("academic_gender", "academic_gender_open"),
    "academic_previous": ("academic_previous",),
    "wellbeing_grade": ("wellbeing_grade", "wellbeing_grade_step"),
    "wellbeing_shared": ("wellbeing_shared",),
    "wellbeing_district": ("wellbeing_district",),
    "wellbeing_gender": ("wellbeing_gender", "wellbeing_gender_open"),
    "wellbeing_previous": ("wellbeing_previous",),
}
LEVELS = (0, 50, 100, 200)  # per cent of the usual points


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
    def scaled(cls, percent: Mapping[str, int], **chosen: int) -> "Weights":
        """The usual points, each factor's by so many per cent, halves up. chosen: single weights besides.

        Raises KeyError for an unknown factor.
        """
        usual = cls()
        points = {
            name: (getattr(usual, name) * by + 50) // 100
            for factor, by in percent.items()
            for name in FACTORS[factor]
        }
        return replace(usual, **points, **chosen)

    def levels(self) -> dict[str, int | None]:
        """By factor: how much more or less than usual it counts, in per cent; None where no level says it."""
        return {factor: self._level_of(names) for factor, names in FACTORS.items()}

    def _level_of(self, names: tuple[str, ...]) -> int | None:
        usual = Weights()
        for level in LEVELS:
            if all(getattr(self, name) == (getattr(usual, name) * level + 50) // 100 for name in names):
                return level
        return None

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
