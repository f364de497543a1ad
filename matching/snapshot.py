"""The frozen roster of a round: only who could be published today, and who was left out and why."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from backend.rosters.models import (
    Child,
    Children,
    ChildSlot,
    ChildSubject,
    Consent,
    Mentor,
    Mentors,
    MentorSlot,
    Teaching,
    WellbeingBand,
)
from matching.core import codec, roster
from matching.models import Lock, Pairing, Role, Round


@dataclass(frozen=True, slots=True)
class Snapshot:
    """left_out: [{"kind": "child" | "mentor", "id": roster id, "reason": code}], sorted."""

    roster: roster.Roster
    left_out: list[dict[str, str]]

    def text(self) -> str:
        """Canonical JSON: the same people give the same bytes."""
        return json.dumps(codec.roster_to_json(self.roster), sort_keys=True, ensure_ascii=False)

    def sha256(self) -> str:
        return hashlib.sha256(self.text().encode()).hexdigest()


def snapshot_of(round_: Round) -> roster.Roster:
    """The roster that the round decided on."""
    return codec.roster_from_json(round_.frozen)


def today() -> date:
    """The date in the programme's time zone."""
    return timezone.localdate()


def everybody(child: int) -> bool:
    return True


def take_snapshot(day: date, covers: Callable[[int], bool] = everybody) -> Snapshot:
    """Reads the roster as of ``day``. covers: whether the round is about the child with this id.

    Live pairings of other children keep their mentor's hour and one place of the capacity. Read as plain rows, in as
    many queries for a province as for a class: to make objects of 40,000 children takes a quarter of a minute.
    """
    live = list(
        Pairing.objects.live().order_by().values_list("child", "role", "mentor", "mentor__roster_id", "slot")
    )
    previous = {(child, role): roster_id for child, role, _mentor, roster_id, _slot in live}
    taken: dict[int, list[int]] = defaultdict(list)
    for child, _role, mentor, _roster_id, slot in live:
        if not covers(child):
            taken[mentor].append(slot)
    children, children_left_out = _children(covers, previous)
    mentors, mentors_left_out = _mentors(day, taken)
    people = {child.id for child in children}, {mentor.id for mentor in mentors}
    pins, forbids = _locks(*people)
    return Snapshot(
        roster.Roster(tuple(children), tuple(mentors), pins, forbids),
        children_left_out + mentors_left_out,
    )


def _left_out(kind: str, roster_id: str, reason: str) -> dict[str, str]:
    return {"kind": kind, "id": roster_id, "reason": reason}


def _children(
    covers: Callable[[int], bool], previous: dict[tuple[int, str], str]
) -> tuple[list[roster.Child], list[dict[str, str]]]:
    slots = _by_person(ChildSlot.objects.values_list("child", "slot").order_by())
    subjects = _by_person(ChildSubject.objects.values_list("child", "subject").order_by("rank"))
    rows = children_with_reasons(Child.objects.filter(active=True)).values_list(
        *("pk", "roster_id", "reason", "grade", "district", "preferred_mentor_gender", "priority"),
        *("previous_academic__roster_id", "previous_wellbeing__roster_id"),
    )
    taking_part, left_out = [], []
    for pk, roster_id, reason, grade, district, gender, priority, academic, wellbeing in rows:
        if not covers(pk):
            continue
        if reason:
            left_out.append(_left_out("child", roster_id, reason))
            continue
        taking_part.append(
            roster.Child(
                id=roster_id,
                grade=grade,
                subjects=tuple(subjects[pk]),
                slots=frozenset(slots[pk]),
                district=district,
                preferred_gender=gender or None,
                priority=priority,
                previous_academic=previous.get((pk, Role.ACADEMIC)) or academic,
                previous_wellbeing=previous.get((pk, Role.WELLBEING)) or wellbeing,
            )
        )
    return taking_part, left_out


def _mentors(day: date, taken: dict[int, list[int]]) -> tuple[list[roster.Mentor], list[dict[str, str]]]:
    """taken: by mentor, the hours that pairs outside the round keep."""
    slots = _by_person(MentorSlot.objects.values_list("mentor", "slot").order_by())
    teaches = _by_person(Teaching.objects.values_list("mentor", "subject", "low", "high"))
    bands = _by_person(WellbeingBand.objects.values_list("mentor", "low", "high"))
    rows = (
        mentors_with_reasons(day)
        .filter(active=True)
        .values_list(
            *("pk", "roster_id", "reason", "is_academic", "is_wellbeing", "certified"),
            *("capacity", "district", "gender"),
        )
    )
    mentors, left_out = [], []
    for pk, roster_id, reason, academic, wellbeing, certified, capacity, district, gender in rows:
        if reason:
            left_out.append(_left_out("mentor", roster_id, reason))
            continue
        mentors.append(
            roster.Mentor(
                id=roster_id,
                academic=academic,
                wellbeing=wellbeing,
                certified=certified,
                teaches=tuple(roster.Teaching(*row) for row in teaches[pk]),
                wellbeing_bands=tuple(roster.Band(*row) for row in bands[pk]),
                slots=frozenset(slots[pk]) - set(taken.get(pk, ())),
                capacity=max(0, capacity - len(taken.get(pk, ()))),
                district=district,
                gender=gender or None,
            )
        )
    return mentors, left_out


def _by_person(rows: Iterable[tuple[Any, ...]]) -> defaultdict[int, list[Any]]:
    """By the first column, in the order of the rows: what follows it, alone where it is one."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for person, *rest in rows:
        found[person].append(rest[0] if len(rest) == 1 else rest)
    return found


def children_with_reasons(children: Children) -> Any:
    """``reason``: why no pairing may be published for the child; empty when one may."""
    given = Consent.objects.filter(child=OuterRef("pk"))
    return children.annotate(
        reason=Case(
            When(stopped_at__isnull=False, then=Value("stopped")),
            When(Exists(given.filter(withdrawn_on=None)), then=Value("")),
            When(Exists(given), then=Value("withdrawn")),
            default=Value("no_consent"),
        )
    )


def mentors_with_reasons(day: date) -> Any:
    """``reason``: why nobody may be paired with the mentor on ``day``, empty when they may; and ``certified``."""
    mentors: Mentors = Mentor.objects.all()
    return mentors.with_certificate(day).annotate(
        reason=Case(
            When(paused=True, then=Value("paused")),
            When(vetted_until=None, then=Value("not_vetted")),
            When(vetted_until__lt=day, then=Value("vetting_expired")),
            When(Q(is_academic=False, certified=False), then=Value("no_certificate")),
            default=Value(""),
        )
    )


def _locks(children: set[str], mentors: set[str]) -> tuple[tuple[roster.Pin, ...], tuple[roster.Forbid, ...]]:
    """Standing locks between people who take part; the others can't be broken by this round."""
    pins, forbids = [], []
    standing = Lock.objects.filter(lifted_at=None)
    for kind, child, mentor, role, slot in standing.values_list(
        "kind", "child__roster_id", "mentor__roster_id", "role", "slot"
    ):
        if child not in children or mentor not in mentors:
            continue
        if kind == Lock.Kind.PIN:
            pins.append(roster.Pin(child, mentor, role, slot))
        else:
            forbids.append(roster.Forbid(child, mentor, role or None))
    return tuple(pins), tuple(forbids)


def previous_places(chosen: Collection[int] | None) -> list[dict[str, Any]]:
    """Live pairings of the covered children, as places for the stickiness of the solver."""
    covered = None if chosen is None else set(chosen)
    live = Pairing.objects.live().values_list(
        "child", "child__roster_id", "role", "mentor__roster_id", "slot"
    )
    return [
        {"child": child, "role": role, "mentor": mentor, "slot": slot}
        for pk, child, role, mentor, slot in live
        if covered is None or pk in covered
    ]
