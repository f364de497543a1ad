"""How well a child and a mentor go together: the one definition of fit and value.

Source of the formulas: docs/matching.md, "Fit".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matching.core.roster import ACADEMIC, Child, Gender, Mentor, Role
from matching.core.weights import Weights


@dataclass(frozen=True, slots=True)
class FitTerms:
    """subject: what is taught, None for wellbeing.  terms: points by name; fit is their sum."""

    subject: str | None
    terms: Mapping[str, int]
    fit: int
    value: int


def fit_terms(child: Child, mentor: Mentor, role: Role, weights: Weights) -> FitTerms | None:
    """The fit of a pair in a role; None when the mentor may not have this role for this child.

    Hours are counted but not required: whether the two share one is for the caller to ask.
    """
    if role == ACADEMIC:
        return _academic(child, mentor, weights) if mentor.academic else None
    return _wellbeing(child, mentor, weights) if mentor.wellbeing and mentor.certified else None


def value_of(fit: int, weights: Weights) -> int:
    """fit - max(0, poor_below - fit)^2 / poor_below, rounded to the nearest integer, halves down.

    With the default 45 no half can occur: x^2 / 45 = k + 1/2 would make the even 2 x^2 odd.
    """
    short = max(0, weights.poor_below - fit)
    if not short:
        return fit
    return fit - (2 * short * short + weights.poor_below) // (2 * weights.poor_below)


def most_of_each(role: Role, w: Weights) -> dict[str, int]:
    """The most points that each term of the fit can give in this role."""
    if role == ACADEMIC:
        subjects = (w.academic_subject_first, w.academic_subject_second, w.academic_subject_later)
        return {
            "subject": max(subjects),
            "grade": w.academic_grade,
            "shared": w.academic_shared * w.academic_shared_most,
            "district": w.academic_district,
            "gender": max(w.academic_gender, w.academic_gender_open),
            "previous": w.academic_previous,
        }
    return {
        "grade": w.wellbeing_grade,
        "shared": w.wellbeing_shared * w.wellbeing_shared_most,
        "district": w.wellbeing_district,
        "gender": max(w.wellbeing_gender, w.wellbeing_gender_open),
        "previous": w.wellbeing_previous,
    }


def _academic(child: Child, mentor: Mentor, w: Weights) -> FitTerms | None:
    for rank, subject in enumerate(child.subjects):
        bands = [(t.low, t.high) for t in mentor.teaches if t.subject == subject]
        away = _half_grades_away(child.grade, bands)
        if away is None:
            continue
        by_rank = (w.academic_subject_first, w.academic_subject_second)
        terms = {
            "subject": by_rank[rank] if rank < 2 else w.academic_subject_later,
            "grade": near(w.academic_grade, w.academic_grade_step, away),
            "shared": w.academic_shared * min(len(child.slots & mentor.slots), w.academic_shared_most),
            "district": _same(child.district, mentor.district, w.academic_district),
            "gender": _gender(
                child.preferred_gender, mentor.gender, w.academic_gender, w.academic_gender_open
            ),
            "previous": w.academic_previous if child.previous_academic == mentor.id else 0,
        }
        return _sum(subject, terms, w)
    return None


def _wellbeing(child: Child, mentor: Mentor, w: Weights) -> FitTerms | None:
    away = _half_grades_away(child.grade, ((band.low, band.high) for band in mentor.wellbeing_bands))
    if away is None:
        return None
    terms = {
        "grade": near(w.wellbeing_grade, w.wellbeing_grade_step, away),
        "shared": w.wellbeing_shared * min(len(child.slots & mentor.slots), w.wellbeing_shared_most),
        "district": _same(child.district, mentor.district, w.wellbeing_district),
        "gender": _gender(child.preferred_gender, mentor.gender, w.wellbeing_gender, w.wellbeing_gender_open),
        "previous": w.wellbeing_previous if child.previous_wellbeing == mentor.id else 0,
    }
    return _sum(None, terms, w)


def _sum(subject: str | None, terms: dict[str, int], weights: Weights) -> FitTerms:
    fit = sum(terms.values())
    return FitTerms(subject, terms, fit, value_of(fit, weights))


def _half_grades_away(grade: int, bands: Iterable[tuple[int, int]]) -> int | None:
    """Twice the distance to the nearest middle of a band that holds the grade; None when none does."""
    return min((abs(2 * grade - low - high) for low, high in bands if low <= grade <= high), default=None)


def near(points: int, step: int, half_grades: int) -> int:
    return max(0, (2 * points - step * half_grades) // 2)


def _same(one: str, other: str, points: int) -> int:
    return points if one and one == other else 0


def _gender(asked: Gender | None, found: Gender | None, points: int, unasked: int) -> int:
    if asked is None:
        return unasked
    return points if asked == found else 0
