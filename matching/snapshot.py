"""The frozen roster of a round: only who could be published today, and who was left out and why."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from backend.rosters.models import Child, Children, Consent, Mentor, Mentors
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
    return codec.roster_from_json(json.loads(round_.snapshot))


def today() -> date:
    """The date in the programme's time zone."""
    return timezone.localdate()


def take_snapshot(day: date, chosen: Collection[int] | None = None) -> Snapshot:
    """Reads the roster as of ``day``. chosen: ids of the children that the round covers; None is all.

    Live pairings of other children keep their mentor's hour and one place of the capacity.
    """
    children = Child.objects.filter(active=True).select_related("previous_academic", "previous_wellbeing")
    if chosen is not None:
        children = children.filter(pk__in=chosen)
    live = list(Pairing.objects.live().select_related("child", "mentor"))
    covered = set(chosen or ())
    outside = [pairing for pairing in live if chosen is not None and pairing.child_id not in covered]
    previous = {(pairing.child_id, pairing.role): pairing.mentor.roster_id for pairing in live}

    looked_at = children_with_reasons(children).prefetch_related("wanted", "free_slots")
    left_out = [_left_out("child", child.roster_id, child.reason) for child in looked_at if child.reason]
    taking_part = [_child(child, previous) for child in looked_at if not child.reason]
    mentors, mentors_left_out = _mentors(day, outside)
    people = {child.id for child in taking_part}, {mentor.id for mentor in mentors}
    pins, forbids = _locks(*people)
    return Snapshot(
        roster.Roster(tuple(taking_part), tuple(mentors), pins, forbids),
        left_out + mentors_left_out,
    )


def _left_out(kind: str, roster_id: str, reason: str) -> dict[str, str]:
    return {"kind": kind, "id": roster_id, "reason": reason}


def _child(child: Child, previous: dict[tuple[int, str], str]) -> roster.Child:
    def before(role: str, from_roster: Mentor | None) -> str | None:
        return previous.get((child.pk, role)) or (from_roster.roster_id if from_roster else None)

    return roster.Child(
        id=child.roster_id,
        grade=child.grade,
        subjects=tuple(wanted.subject_id for wanted in child.wanted.all()),
        slots=frozenset(free.slot for free in child.free_slots.all()),
        district=child.district_id,
        preferred_gender=child.preferred_mentor_gender or None,  # type: ignore[arg-type]
        priority=child.priority,
        previous_academic=before(Role.ACADEMIC, child.previous_academic),
        previous_wellbeing=before(Role.WELLBEING, child.previous_wellbeing),
    )


def _mentors(day: date, outside: Iterable[Pairing]) -> tuple[list[roster.Mentor], list[dict[str, str]]]:
    taken: dict[int, list[int]] = defaultdict(list)
    for pairing in outside:
        taken[pairing.mentor_id].append(pairing.slot)
    mentors, left_out = [], []
    related = ("teachings", "wellbeing_bands", "free_slots")
    for mentor in mentors_with_reasons(day).filter(active=True).prefetch_related(*related):
        if mentor.reason:
            left_out.append(_left_out("mentor", mentor.roster_id, mentor.reason))
            continue
        mentors.append(
            roster.Mentor(
                id=mentor.roster_id,
                academic=mentor.is_academic,
                wellbeing=mentor.is_wellbeing,
                certified=mentor.certified,
                teaches=tuple(
                    roster.Teaching(teaching.subject_id, teaching.low, teaching.high)
                    for teaching in mentor.teachings.all()
                ),
                wellbeing_bands=tuple(
                    roster.Band(band.low, band.high) for band in mentor.wellbeing_bands.all()
                ),
                slots=frozenset(free.slot for free in mentor.free_slots.all()) - set(taken[mentor.pk]),
                capacity=max(0, mentor.capacity - len(taken[mentor.pk])),
                district=mentor.district_id,
                gender=mentor.gender or None,  # type: ignore[arg-type]
            )
        )
    return mentors, left_out


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
    for lock in Lock.objects.filter(lifted_at=None).select_related("child", "mentor"):
        child, mentor = lock.child.roster_id, lock.mentor.roster_id
        if child not in children or mentor not in mentors:
            continue
        if lock.kind == Lock.Kind.PIN:
            pins.append(roster.Pin(child, mentor, lock.role, lock.slot))  # type: ignore[arg-type]
        else:
            forbids.append(roster.Forbid(child, mentor, lock.role or None))  # type: ignore[arg-type]
    return tuple(pins), tuple(forbids)


def previous_places(chosen: Collection[int] | None) -> list[dict[str, Any]]:
    """Live pairings of the covered children, as places for the stickiness of the solver."""
    live = Pairing.objects.live().select_related("child", "mentor")
    if chosen is not None:
        live = live.filter(child_id__in=chosen)
    return [
        {"child": p.child.roster_id, "role": p.role, "mentor": p.mentor.roster_id, "slot": p.slot}
        for p in live
    ]
