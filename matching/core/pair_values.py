"""The fit of all pairs at once: the terms of matching.core.fit on whole tables. A test holds the two equal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.core.roster import SLOTS, Band, Child, Mentor, Teaching
from matching.core.weights import Weights

Ints = NDArray[np.int64]
FAR = 99  # half grades; farther than any band


@dataclass(frozen=True, slots=True)
class PairTable:
    """may: (C, M) bool, the mentor may have this role.  fit, value: (C, M) int64, meaningful where ``may``."""

    may: NDArray[np.bool_]
    fit: Ints
    value: Ints


def pair_values(
    children: Sequence[Child], mentors: Sequence[Mentor], weights: Weights
) -> tuple[PairTable, PairTable]:
    """Academic and wellbeing, for every child and mentor, hours counted but not required."""
    shared = _hours([c.slots for c in children]) @ _hours([m.slots for m in mentors]).T
    same = _same([c.district for c in children], [m.district for m in mentors])
    asked = _same([c.preferred_gender or "" for c in children], [m.gender or "" for m in mentors])
    unasked = np.array([c.preferred_gender is None for c in children], dtype=bool)[:, np.newaxis]
    ids = [m.id for m in mentors]
    w = weights

    def rest(per: int, most: int, district: int, gender: int, open_: int, kept: int, was: list[str]) -> Ints:
        points: Ints = per * np.minimum(shared.astype(np.int64), most) + district * same
        return points + np.where(unasked, open_, gender * asked) + kept * _same(was, ids)

    subject, away = _academic(children, mentors, weights)
    academic = subject + _near(w.academic_grade, w.academic_grade_step, away)
    academic += rest(
        w.academic_shared,
        w.academic_shared_most,
        w.academic_district,
        w.academic_gender,
        w.academic_gender_open,
        w.academic_previous,
        [c.previous_academic or "" for c in children],
    )
    grades = np.array([c.grade for c in children], dtype=np.int64)
    bands = [m.wellbeing_bands if m.wellbeing and m.certified else () for m in mentors]
    near = _by_grade(bands)[:, grades].T
    wellbeing = _near(w.wellbeing_grade, w.wellbeing_grade_step, near) + rest(
        w.wellbeing_shared,
        w.wellbeing_shared_most,
        w.wellbeing_district,
        w.wellbeing_gender,
        w.wellbeing_gender_open,
        w.wellbeing_previous,
        [c.previous_wellbeing or "" for c in children],
    )
    return _table(away < FAR, academic, w), _table(near < FAR, wellbeing, w)


def _table(may: NDArray[np.bool_], fit: Ints, weights: Weights) -> PairTable:
    short = np.maximum(0, weights.poor_below - fit)
    half = max(1, weights.poor_below)
    return PairTable(may, fit, fit - (2 * short * short + half * (short > 0)) // (2 * half))


def _hours(slots: Sequence[frozenset[int]]) -> NDArray[np.float32]:
    hours = np.zeros((len(slots), SLOTS), dtype=np.float32)
    for at, of_person in enumerate(slots):
        hours[at, list(of_person)] = 1
    return hours


def _same(left: list[str], right: list[str]) -> NDArray[np.bool_]:
    """(left, right) bool: equal and not empty."""
    names = {name: at for at, name in enumerate(sorted({*left, *right} - {""}))}
    one = np.array([names.get(name, -1) for name in left], dtype=np.int64)
    other = np.array([names.get(name, -2) for name in right], dtype=np.int64)
    same: NDArray[np.bool_] = one[:, np.newaxis] == other
    return same


def _academic(children: Sequence[Child], mentors: Sequence[Mentor], w: Weights) -> tuple[Ints, Ints]:
    """Points of the subject, and half grades from its band: of the first wanted subject that can be taught."""
    points = np.zeros((len(children), len(mentors)), dtype=np.int64)
    away = np.full((len(children), len(mentors)), FAR, dtype=np.int64)
    grades = np.array([c.grade for c in children], dtype=np.int64)
    by_subject = {
        subject: _by_grade([[t for t in m.teaches if m.academic and t.subject == subject] for m in mentors])
        for subject in sorted({subject for c in children for subject in c.subjects})
    }
    for rank in range(max((len(c.subjects) for c in children), default=0)):
        worth = (
            (w.academic_subject_first, w.academic_subject_second)[rank]
            if rank < 2
            else w.academic_subject_later
        )
        for subject, near in by_subject.items():
            rows = np.flatnonzero([rank < len(c.subjects) and c.subjects[rank] == subject for c in children])
            found = near[:, grades[rows]].T
            new = (away[rows] == FAR) & (found < FAR)
            points[rows] = np.where(new, worth, points[rows])
            away[rows] = np.where(new, found, away[rows])
    return points, away


def _by_grade(bands: Sequence[Iterable[Band | Teaching]]) -> Ints:
    """(M, 13) half grades from the nearest middle of a band that holds the grade, FAR when none does."""
    table = np.full((len(bands), 13), FAR, dtype=np.int64)
    for at, of_mentor in enumerate(bands):
        for band in of_mentor:
            held = np.arange(max(0, band.low), min(12, band.high) + 1)
            table[at, held] = np.minimum(table[at, held], np.abs(2 * held - band.low - band.high))
    return table


def _near(points: int, step: int, half_grades: Ints) -> Ints:
    near: Ints = np.maximum(0, (2 * points - step * half_grades) // 2)
    return near
