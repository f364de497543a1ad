"""What a pair is worth: the terms of matching.core.fit on whole tables, children of a kind together.

A test holds the two equal.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matching.core.arrays import Bools, Ints, Number, Small
from matching.core.fit import value_of
from matching.core.roster import SLOTS, Band, Child, Mentor, Teaching
from matching.core.weights import Weights

FAR = 99  # half grades; farther than any band


@dataclass(frozen=True, slots=True)
class Kind:
    """Units of one role, one grade and the same subjects, and the mentors who may have them.

    units: (n,) ascending.  mentors: (m,) ascending.  worth: (n, m), ``never_of`` its type where the two may not,
    or share no hour.
    """

    units: Ints
    mentors: Ints
    worth: Small


@dataclass(frozen=True, slots=True)
class People:
    """free: (C, S) bool, seated: (M, S) bool: who has which of the slots that matter."""

    children: tuple[Child, ...]
    mentors: tuple[Mentor, ...]
    free: Bools
    seated: Bools


def number_for(w: Weights, stickiness: int) -> Number:
    """The smallest type in which no sum of terms runs over."""
    return np.int16 if _most_fit(w) + w.poor_below + 2 * stickiness < 2**14 else np.int32


def never_of(number: Number) -> int:
    """Below every worth."""
    return int(np.iinfo(number).min) // 2


def kinds_of(people: People, w: Weights, number: Number) -> Iterator[Kind]:
    """All children and roles, kind by kind; ``number`` must hold every worth and twice ``never``."""
    worth_of = _Worths(people, w, number)
    academic, wellbeing = defaultdict(list), defaultdict(list)
    for at, child in enumerate(people.children):
        academic[child.grade, child.subjects].append(at)
        wellbeing[child.grade].append(at)
    subjects = sorted({subject for _, wanted in academic for subject in wanted})
    near = {
        subject: _by_grade(
            [[t for t in m.teaches if m.academic and t.subject == subject] for m in people.mentors]
        )
        for subject in subjects
    }
    ranks = (w.academic_subject_first, w.academic_subject_second)
    for (grade, wanted), members in sorted(academic.items()):
        points = np.zeros(len(people.mentors), dtype=np.int64)
        away = np.full(len(people.mentors), FAR)
        for rank, subject in enumerate(wanted):
            found = near[subject][:, grade]
            new = (away == FAR) & (found < FAR)
            points[new] = ranks[rank] if rank < 2 else w.academic_subject_later
            away[new] = found[new]
        points += _near(w.academic_grade, w.academic_grade_step, away)
        yield worth_of.academic(np.array(members), np.flatnonzero(away < FAR), points)
    bands = [m.wellbeing_bands if m.wellbeing and m.certified else () for m in people.mentors]
    by_grade = _by_grade(bands)
    for grade, members in sorted(wellbeing.items()):
        away = by_grade[:, grade]
        points = _near(w.wellbeing_grade, w.wellbeing_grade_step, away)
        yield worth_of.wellbeing(np.array(members), np.flatnonzero(away < FAR), points)


class _Worths:
    """The terms that differ from pair to pair: shared hours, district, gender, the mentor of before."""

    def __init__(self, people: People, weights: Weights, number: Number) -> None:
        self.w, self.number = weights, number
        children, mentors = people.children, people.mentors
        self.free, self.seated = people.free.astype(np.float32), people.seated.astype(np.float32)
        self.district = _codes([c.district for c in children], [m.district for m in mentors])
        self.gender = _codes([c.preferred_gender or "" for c in children], [m.gender or "" for m in mentors])
        ids = [m.id for m in mentors]
        self.was_academic = _codes([c.previous_academic or "" for c in children], ids)
        self.was_wellbeing = _codes([c.previous_wellbeing or "" for c in children], ids)
        poor = range(weights.poor_below + 1)
        self.loss = np.array([fit - value_of(fit, weights) for fit in poor], dtype=number)

    def academic(self, children: Ints, mentors: Ints, points: Ints) -> Kind:
        w = self.w
        terms = (w.academic_shared, w.academic_shared_most, w.academic_district)
        gender = (w.academic_gender, w.academic_gender_open)
        worth = self._worth(
            children, mentors, points, *terms, *gender, w.academic_previous, self.was_academic
        )
        return Kind(2 * children, mentors, worth)

    def wellbeing(self, children: Ints, mentors: Ints, points: Ints) -> Kind:
        w = self.w
        terms = (w.wellbeing_shared, w.wellbeing_shared_most, w.wellbeing_district)
        gender = (w.wellbeing_gender, w.wellbeing_gender_open)
        worth = self._worth(
            children, mentors, points, *terms, *gender, w.wellbeing_previous, self.was_wellbeing
        )
        return Kind(2 * children + 1, mentors, worth)

    def _worth(
        self,
        children: Ints,
        mentors: Ints,
        points: Ints,
        shared: int,
        most: int,
        district: int,
        gender: int,
        unasked: int,
        kept: int,
        was: tuple[Ints, Ints],
    ) -> Small:
        """(children, mentors) worth; ``points`` (M,) are those of subject and grade."""

        number = self.number

        def same(codes: tuple[Ints, Ints], points: int) -> Small:
            equal = codes[0][children][:, np.newaxis] == codes[1][mentors]
            return np.where(equal, number(points), number(0))

        hours = (self.free[children] @ self.seated[mentors].T).astype(number)
        fit = np.minimum(hours, number(min(most, SLOTS))) * number(shared)
        fit += points[mentors].astype(number)
        fit += same(self.district, district)
        asked = (self.gender[0][children] >= 0)[:, np.newaxis]
        fit += np.where(asked, same(self.gender, gender), number(unasked))
        if (was[0][children] >= 0).any():
            fit += same(was, kept)
        worth: Small = fit - self.loss[np.minimum(fit, number(self.w.poor_below))]
        worth[hours == 0] = never_of(number)
        return worth


def _most_fit(w: Weights) -> int:
    """No fit is above the sum of all terms at their best."""
    academic = max(w.academic_subject_first, w.academic_subject_second, w.academic_subject_later)
    academic += (
        w.academic_grade + w.academic_shared * min(w.academic_shared_most, SLOTS) + w.academic_district
    )
    academic += max(w.academic_gender, w.academic_gender_open) + w.academic_previous
    wellbeing = w.wellbeing_grade + w.wellbeing_shared * min(w.wellbeing_shared_most, SLOTS)
    wellbeing += (
        w.wellbeing_district + max(w.wellbeing_gender, w.wellbeing_gender_open) + w.wellbeing_previous
    )
    return max(academic, wellbeing)


def _codes(left: list[str], right: list[str]) -> tuple[Ints, Ints]:
    """Equal numbers for equal texts; an empty text equals none. Negative on the left: empty."""
    names = {name: at for at, name in enumerate(sorted({*left, *right} - {""}))}
    one = np.array([names.get(name, -1) for name in left], dtype=np.int64)
    return one, np.array([names.get(name, -2) for name in right], dtype=np.int64)


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
