"""Readiness against plain loops over the same people."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backend.rosters.models import (
    Certificate,
    Child,
    ChildSlot,
    Consent,
    Mentor,
    Subject,
    Teaching,
    WellbeingBand,
)
from matching import readiness
from matching.core.fit import fit_terms
from matching.core.roster import STAGES
from matching.core.weights import Weights
from matching.locks import add_lock
from matching.models import Pairing, Role, Round
from matching.scarcity import with_hardly_anybody
from matching.snapshot import take_snapshot

pytestmark = pytest.mark.django_db
ROLES: tuple[Any, ...] = ("academic", "wellbeing")


@pytest.fixture
def ragged(imported: Any) -> Any:
    """The imported programme with everything missing here and there."""
    chance = random.Random(5)
    today = timezone.localdate()
    mentors = list(Mentor.objects.order_by("roster_id"))
    changes: tuple[dict[str, Any], ...] = (
        {"paused": True},
        {"vetted_until": None},
        {"vetted_until": today - timedelta(days=1)},
        {"vetted_until": today},
        {"active": False},
        {"capacity": 0},
        {"is_academic": True},
    )
    for mentor, change in zip(chance.sample(mentors, len(changes)), changes, strict=True):
        Mentor.objects.filter(pk=mentor.pk).update(**change)
    counsellors = list(Mentor.objects.publishable(today).filter(is_wellbeing=True, capacity__gt=0))
    Mentor.objects.filter(pk=counsellors[0].pk).update(is_academic=False)
    Certificate.objects.filter(mentor=counsellors[0]).update(valid_until=today - timedelta(days=1))
    Certificate.objects.filter(mentor=counsellors[1]).update(valid_until=today)
    children = list(Child.objects.order_by("roster_id"))
    Consent.objects.filter(child=children[0]).delete()
    Consent.objects.filter(child=children[1]).update(withdrawn_on=today)
    Child.objects.filter(pk=children[2].pk).update(stopped_at=timezone.now())
    Child.objects.filter(pk=children[3].pk).update(active=False)
    for child in children[4:16]:
        slots = list(ChildSlot.objects.filter(child=child))
        ChildSlot.objects.filter(pk__in=[s.pk for s in slots[1 + child.pk % 2 :]]).delete()
    # Two bands of one subject in one stage, and a band over several stages.
    for row in list(Teaching.objects.filter(mentor__active=True, high__lt=12)[:6]):
        Teaching.objects.create(mentor=row.mentor, subject=row.subject, low=row.low, high=row.high + 1)
    for band in WellbeingBand.objects.all()[:2]:
        WellbeingBand.objects.create(mentor=band.mentor, low=band.low, high=band.low)
    return imported


def test_the_heat_maps_count_as_plain_loops_do(ragged: Any, django_assert_num_queries: Any) -> None:
    roster = take_snapshot(timezone.localdate()).roster
    with django_assert_num_queries(1):
        found = readiness.subjects_and_grades(timezone.localdate())
    demand: Counter[Any] = Counter()
    for child in roster.children:
        stage = next(at for at, (low, high) in enumerate(STAGES) if low <= child.grade <= high)
        demand[child.subjects[0], stage] += 1
        demand["", stage] += 1
    supply: Counter[Any] = Counter()
    for mentor in roster.mentors:
        for at, (low, high) in enumerate(STAGES):
            taught = {
                t.subject for t in mentor.teaches if t.low <= high and t.high >= low and mentor.academic
            }
            for subject in taught:
                supply[subject, at] += mentor.capacity
            bands = mentor.wellbeing_bands if mentor.wellbeing and mentor.certified else ()
            if any(band.low <= high and band.high >= low for band in bands):
                supply["", at] += mentor.capacity
    seen = {key: (cell.demand, cell.supply) for key, cell in found.items()}
    assert {k: v for k, v in seen.items() if any(v)} == {
        key: (demand[key], supply[key]) for key in demand.keys() | {k for k, n in supply.items() if n}
    }

    with django_assert_num_queries(1):
        hours = readiness.hours(timezone.localdate())
    for role in ROLES:
        could = [
            m
            for m in roster.mentors
            if m.capacity and (m.academic if role == "academic" else m.wellbeing and m.certified)
        ]
        free = Counter(slot for child in roster.children for slot in child.slots)
        there = Counter(slot for mentor in could for slot in mentor.slots)
        expected = {slot: (free[slot], there[slot]) for slot in free.keys() | there.keys()}
        cells = {slot: (cell.demand, cell.supply) for slot, cell in hours[role].items()}
        assert {slot: cell for slot, cell in cells.items() if any(cell)} == expected


def comes_into_question(child: Any, mentor: Any, role: Any = "academic") -> bool:
    return fit_terms(child, mentor, role, Weights()) is not None and bool(child.slots & mentor.slots)


def test_children_with_hardly_anybody_are_those_whom_loops_find(ragged: Any) -> None:
    child = Child.objects.publishable().first()
    for mentor in Mentor.objects.filter(is_wellbeing=True):
        add_lock(actor=ragged, kind="forbid", child_id=child.pk, mentor_id=mentor.pk)
    # Of some who have many, all but the last are forbidden.
    roster = take_snapshot(timezone.localdate()).roster
    ids = dict(Mentor.objects.values_list("roster_id", "pk"))
    for one in roster.children[-6:]:
        could = sorted(ids[m.id] for m in roster.mentors if m.capacity and comes_into_question(one, m))
        for mentor in could[:-1]:
            add_lock(
                actor=ragged,
                kind="forbid",
                child_id=Child.objects.get(roster_id=one.id).pk,
                mentor_id=mentor,
                role="academic",
            )
    roster = take_snapshot(timezone.localdate()).roster
    barred = {(forbid.child, forbid.mentor): forbid.role for forbid in roster.forbids}
    kinds = set()
    for role in ROLES:
        expected = {}
        for one in roster.children:
            possible = [
                mentor.id
                for mentor in roster.mentors
                if mentor.capacity
                and comes_into_question(one, mentor, role)
                and barred.get((one.id, mentor.id), "other") not in (None, role)
            ]
            if len(possible) < 2:
                expected[one.id] = possible[0] if possible else None
        rows = with_hardly_anybody(timezone.localdate())[role]
        ids = dict(Mentor.objects.values_list("pk", "roster_id"))
        assert {row.roster_id: ids.get(row.only) for row in rows} == expected
        assert [row.only is None for row in rows] == sorted((row.only is None for row in rows), reverse=True)
        kinds |= {(role, only is None) for only in expected.values()}
    assert len(kinds) == 4  # of both roles some with nobody and some with one


def test_seats_and_who_is_left_out_are_those_of_a_round(ragged: Any) -> None:
    today = timezone.localdate()
    snapshot = take_snapshot(today)
    old = Round.objects.create(created_by=ragged, state="draft")
    for role in ROLES:  # also with mentors who take nobody any more: those are no seats
        those = Mentor.objects.filter(**{f"is_{role}": True}).order_by("roster_id")
        for slot, (child, mentor) in enumerate(zip(Child.objects.all(), those, strict=False)):
            place = {
                "child": child,
                "mentor": mentor,
                "role": role,
                "slot": slot + 80 * (role == "wellbeing"),
            }
            subject = Subject.objects.first() if role == "academic" else None
            Pairing.objects.create(**place, subject=subject, round=old, started_at=timezone.now())
    Pairing.objects.filter(pk__in=Pairing.objects.all()[:2]).update(
        ended_at=timezone.now(), end_reason="rematched"
    )
    snapshot = take_snapshot(today)
    seats = readiness.seats(today)
    live = [(pair.role, pair.mentor.roster_id) for pair in Pairing.objects.filter(ended_at=None)]
    academic = [m for m in snapshot.roster.mentors if m.academic]
    wellbeing = [m for m in snapshot.roster.mentors if m.wellbeing and m.certified]
    assert seats == readiness.Seats(
        children=len(snapshot.roster.children),
        academic=sum(m.capacity for m in academic),
        wellbeing=sum(m.capacity for m in wellbeing),
        both=sum(m.capacity for m in academic if m in wellbeing),
        taken_academic=sum(("academic", m.id) in live for m in academic if m.capacity),
        taken_wellbeing=sum(("wellbeing", m.id) in live for m in wellbeing if m.capacity),
    )
    assert seats.both > 0
    assert 0 < seats.taken_academic + seats.taken_wellbeing < len(live)
    left_out = {
        (kind, row.roster_id, row.reason)
        for kind, rows in (
            ("child", readiness.children_left_out()),
            ("mentor", readiness.mentors_left_out(today)),
        )
        for row in rows
    }
    assert left_out == {(row["kind"], row["id"], row["reason"]) for row in snapshot.left_out}
    assert {reason for _kind, _id, reason in left_out} == {
        *("no_consent", "withdrawn", "stopped", "paused", "not_vetted", "vetting_expired", "no_certificate")
    }
    assert Role.values == list(ROLES)
