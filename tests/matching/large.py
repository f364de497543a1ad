"""A programme of any size with a solved plan, written straight into the tables: for counting queries and bytes.

The plan is made, not solved, and valid: three children to an academic mentor, seventeen to a counsellor. Every
fortieth child stays open in one role, every eleventh has a brother or sister, and pairs hold that nearly are the plan.
"""

import itertools
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from backend.accounts.models import User
from backend.rosters.models import (
    Certificate,
    Child,
    ChildSlot,
    ChildSubject,
    Consent,
    District,
    Guardianship,
    Mentor,
    MentorSlot,
    Teaching,
    WellbeingBand,
)
from matching.core.weights import Weights
from matching.models import Pairing, Proposal, Round, Unserved
from matching.snapshot import take_snapshot
from matching.states import State

EARLY = [day * 24 + hour for day in range(5) for hour in (16, 17)]
LATE = [day * 24 + hour for day in range(7) for hour in (18, 19, 20)]
SUBJECTS = ("math", "english", "chinese", "physics", "chemistry")
NAMES = "沐阳子涵雨桐浩然欣怡宇轩"


def add_programme(size: int, coordinator: Any, start: int = 0) -> Round:
    """``size`` children with everything that readiness and a round's pages look at, numbered from ``start``.

    start: a multiple of 180, after which subjects and mentors begin anew.
    """
    children, guardians = _children(size, start)
    academic = _mentors("A", 12 * -(-size // 36), 3, start)
    wellbeing = _mentors("W", -(-size // 17), 17, start)
    _families(children, guardians)
    return _round(children, academic, wellbeing, coordinator, start)


def _users(names: list[str]) -> list[User]:
    nobody = make_password(None)
    return User.objects.bulk_create([User(name=name, password=nobody) for name in names], batch_size=2000)


def _districts() -> list[District]:
    return list(District.objects.all())


def _children(size: int, start: int) -> tuple[list[Child], list[User]]:
    users = _users([f"王{NAMES[n % 11 : n % 11 + 2]}" for n in range(size)])
    districts = _districts()
    children = Child.objects.bulk_create(
        [
            Child(
                roster_id=f"L{start + n:06}",
                user=user,
                name=user.name,
                call_name=user.name[1:],
                grade=1 + n % 12,
                district=districts[n % len(districts)],
                birth_date=date(2012, 1 + n % 12, 1 + n % 28),
            )
            for n, user in enumerate(users)
        ],
        batch_size=1000,
    )
    ChildSubject.objects.bulk_create(
        [ChildSubject(child=c, subject_id=_subject(n), rank=0) for n, c in enumerate(children)],
        batch_size=2000,
    )
    slots = [
        ChildSlot(child=child, slot=slot)
        for n, child in enumerate(children)
        for slot in sorted({_early(n), _late(n), *(EARLY[(n + k) % 10] for k in (3, 5)), LATE[(n + 7) % 21]})
    ]
    ChildSlot.objects.bulk_create(slots, batch_size=5000)
    return children, _users([f"王家长{n}" for n in range(size)])


def _subject(child: int) -> str:
    """Children who share a mentor want the same."""
    return SUBJECTS[child // 36 % len(SUBJECTS)]


def _early(child: int) -> int:
    return EARLY[child // 12 % 10]


def _late(child: int) -> int:
    return LATE[child % 17]


def _mentors(kind: str, count: int, capacity: int, start: int) -> list[Mentor]:
    districts = _districts()
    users = _users([f"李老师{kind}{start + n}" for n in range(count)])
    mentors = Mentor.objects.bulk_create(
        [
            Mentor(
                roster_id=f"{kind}{start + n:06}",
                user=user,
                name=user.name,
                is_academic=kind != "W",
                is_wellbeing=kind == "W",
                capacity=capacity,
                district=districts[n % len(districts)],
                vetted_until=timezone.localdate() + timedelta(days=300),
            )
            for n, user in enumerate(users)
        ],
        batch_size=1000,
    )
    if kind != "W":
        bands = [
            Teaching(mentor=m, subject_id=SUBJECTS[n // 12 % 5], low=1, high=12)
            for n, m in enumerate(mentors)
        ]
        Teaching.objects.bulk_create(bands, batch_size=2000)
        free = [(mentor, slot) for mentor in mentors for slot in EARLY]
    else:
        WellbeingBand.objects.bulk_create([WellbeingBand(mentor=m, low=1, high=12) for m in mentors])
        Certificate.objects.bulk_create([Certificate(mentor=m, kind="counsellor-2") for m in mentors])
        free = [(mentor, slot) for mentor in mentors for slot in LATE]
    MentorSlot.objects.bulk_create([MentorSlot(mentor=m, slot=s) for m, s in free], batch_size=5000)
    return mentors


def _families(children: list[Child], guardians: list[User]) -> None:
    """Every child after a multiple of eleven has the guardian of the one before, and meets at the same hour."""
    of = {n: n - 1 if n % 11 == 1 else n for n in range(len(children))}
    Guardianship.objects.bulk_create(
        [Guardianship(child=c, guardian=guardians[of[n]], order=1) for n, c in enumerate(children)],
        batch_size=2000,
    )
    given = [
        Consent(child=child, guardian=guardians[of[n]], source="online", given_on=date(2020, 2, 17))
        for n, child in enumerate(children)
        if n % 50 != 49
    ]
    Consent.objects.bulk_create(given, batch_size=2000)


def _round(
    children: list[Child], academic: list[Mentor], wellbeing: list[Mentor], coordinator: Any, start: int
) -> Round:
    snapshot = take_snapshot(timezone.localdate())
    now = timezone.now()
    round_ = Round.objects.create(
        state=State.SOLVED,
        weights=Weights().to_json(),
        stickiness=10,
        snapshot=snapshot.text(),
        snapshot_sha256=snapshot.sha256(),
        left_out=snapshot.left_out,
        created_by=coordinator,
        solved_at=now,
        version=1,
    )
    places, open_ = [], []
    for n, child in enumerate(children):
        if n % 50 == 49:
            continue
        # Twelve mentors of a block have its thirty-six children at three hours of their own.
        block, at = divmod(n, 36)
        teacher = academic[block * 12 + at % 12]
        if n % 40 == 7:
            open_.append(_open(round_, child))
        else:
            fit = 20 + n % 70
            places.append(_place(child, "academic", teacher, _early(n), fit, round_))
        places.append(_place(child, "wellbeing", wellbeing[n // 17], _late(n), 30 + n % 60, round_))
    Proposal.objects.bulk_create(places, batch_size=2000)
    Unserved.objects.bulk_create(open_, batch_size=2000)
    _live_pairs(places, coordinator, start)
    round_.summary = _summary(len(snapshot.roster.children), places)
    round_.save(update_fields=["summary"])
    return round_


def _place(child: Child, role: str, mentor: Mentor, slot: int, fit: int, round_: Round) -> Proposal:
    n = int(child.roster_id[1:])
    return Proposal(
        round=round_,
        child=child,
        role=role,
        mentor=mentor,
        slot=slot,
        subject_id=_subject(n) if role == "academic" else None,
        fit=fit,
        value=fit,
        terms={"grade": n % 16, "shared": 12, "district": 0, "gender": 4, "previous": 0},
    )


def _open(round_: Round, child: Child) -> Unserved:
    facts = {"grade": child.grade, "subjects": _subject(int(child.roster_id[1:])), "mentors": 9, "seats": 27}
    remedy = {"change": "seat", "mentor": "A000001", "seats": 4}
    return Unserved(
        round=round_, child=child, role="academic", reason="seats_short", facts=facts, remedy=remedy
    )


def _live_pairs(places: list[Proposal], coordinator: Any, start: int) -> None:
    """Of every hundred places five are new; one pair has another mentor, and one another hour."""
    now = timezone.now()
    Round.objects.filter(state=State.PUBLISHED).update(state=State.SUPERSEDED)
    before = Round.objects.create(
        state=State.PUBLISHED,
        created_by=coordinator,
        solved_at=now,
        published_at=now,
        published_by=coordinator,
    )
    spare = itertools.cycle(_mentors("S", 1 + len(places) // 100, 3, start))
    free_hours = itertools.count()
    pairs = []
    for n, place in enumerate(places):
        if n % 100 < 5:
            continue
        pair = Pairing(
            child_id=place.child_id,
            role=place.role,
            mentor_id=place.mentor_id,
            slot=place.slot,
            subject_id=place.subject_id,
            round=before,
            started_at=now,
        )
        if n % 100 == 50:
            pair.mentor, pair.slot = next(spare), 130 + next(free_hours) % 2
        elif n % 100 == 60:
            pair.slot = 160 if place.role == "academic" else 161
        pairs.append(pair)
    Pairing.objects.bulk_create(pairs, batch_size=2000)


def _summary(children: int, places: list[Proposal]) -> dict[str, Any]:
    filled = len(places)
    value = sum(place.value for place in places)
    complete = filled - children
    return {
        **{"children": children, "complete": complete, "partial": children - complete, "unmatched": 0},
        **{"roles_filled": filled, "priority_complete": 0, "fit": value, "value": value},
        **{"objective": value, "complete_bound": complete, "priority_bound": 0, "roles_bound": filled},
        **{"value_bound": value, "objective_bound": value, "gap": 0.0, "proved_optimal": True},
        **{"seconds": 1.0, "seconds_by_stage": {"flow": 0.5, "value": 0.5}, "seed": 0, "openings": []},
    }
