"""Whom a visitor can be: one family with its mentors, and a few others. Each has a fixed sign-in name."""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db.models import Count, Q

from backend.accounts.models import User
from backend.rosters.models import Child, Guardianship, Mentor
from backend.web.demonstration.roles import ROLES
from matching.answers import answer_hours
from matching.models import Pairing, Role

STORY_GRADE, YOUNG_GRADE, GROWN_GRADE = 5, 2, 10


MARK = "demo-"


def login_of(role: str) -> str:
    return MARK + role


def is_behind_a_door(user: User) -> bool:
    return (user.login or "").startswith(MARK)


def person(role: str) -> User | None:
    """The active person behind a door; None before the demonstration is made."""
    if role not in ROLES:
        return None
    return User.objects.filter(login=login_of(role), is_active=True).first()


def everybody() -> dict[str, User]:
    """Those who are there, by role, in the order of the door."""
    names = {login_of(role): role for role in ROLES}
    found = {names[user.login]: user for user in User.objects.filter(login__in=names, is_active=True)}
    return {role: found[role] for role in ROLES if role in found}


def give(role: str, user: User) -> None:
    """From now on this person stands behind the door. They get no password."""
    User.objects.filter(login=login_of(role)).exclude(pk=user.pk).update(login=None)
    User.objects.filter(pk=user.pk).update(login=login_of(role))


def take_up_invitations() -> None:
    """All have come, with a password that nobody knows, but for two parents who never did."""
    invited = User.objects.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX, login=None)
    late = (
        Guardianship.objects.filter(guardian__in=invited).order_by("-pk").values_list("guardian", flat=True)
    )
    known_to_nobody = make_password(secrets.token_urlsafe(32))
    invited.exclude(pk__in=list(late[:2])).update(password=known_to_nobody)


def choose_family() -> Pairing:
    """The learning pair around which the story is told: best a fifth-grader at maths whose mentor has others too,
    with a parent and a carer of their own."""
    best = sorted(_families(), key=_suits, reverse=True)
    return next(filter(_could_move, best[:50]), best[0])


def _families() -> Iterable[Pairing]:
    return (
        Pairing.objects.live()
        .filter(role=Role.ACADEMIC, child__guardianships__order=1, child__carer__isnull=False)
        .select_related("child__carer__user", "mentor__user")
        .annotate(
            of_mentor=Count("mentor__pairings", filter=Q(mentor__pairings__ended_at=None), distinct=True),
            of_parent=Count("child__guardianships__guardian__guardianships", distinct=True),
        )
        .order_by("child__roster_id")
    )


def _suits(pair: Pairing) -> tuple[int, ...]:
    return (
        not pair.mentor.is_wellbeing,
        pair.of_parent == 1,  # type: ignore[attr-defined]
        -abs(pair.child.grade - STORY_GRADE),
        pair.subject_id == "math",
        -abs(pair.of_mentor - 3),  # type: ignore[attr-defined]
    )


def _could_move(pair: Pairing) -> bool:
    """The carer could give the counsellor's talk another hour."""
    counsellor = Pairing.objects.live().get(child=pair.child, role=Role.WELLBEING).mentor
    taken = Pairing.objects.live().filter(Q(child=pair.child) | Q(mentor=counsellor)).values("slot")
    common = pair.child.free_slots.filter(slot__in=counsellor.free_slots.values("slot")).exclude(
        slot__in=taken
    )
    return bool(common.exists())


def choose_teenager(family: Pairing) -> Child:
    """Somebody else's grown child, as near the tenth grade as there is."""
    return _of_another_family([family.child], GROWN_GRADE)


def choose_young(family: Pairing, teenager: Child) -> Child:
    """A small child of a third family, as near the second grade as there is: its room has pictures to touch."""
    return _of_another_family([family.child, teenager], YOUNG_GRADE)


def _of_another_family(known: list[Child], grade: int) -> Child:
    others = Child.objects.filter(pairings__ended_at=None, pairings__role=Role.WELLBEING)
    ours = Guardianship.objects.filter(child__in=known).values("guardian")
    return min(
        others.exclude(guardianships__guardian__in=ours).order_by("roster_id"),
        key=lambda child: abs(child.grade - grade),
    )


def choose_stranger(children: Iterable[Child]) -> Mentor:
    """A mentor with children, none of them these."""
    return (
        Mentor.objects.filter(pairings__ended_at=None, is_wellbeing=False)
        .exclude(pairings__child__in=list(children))
        .exclude(user__login__startswith=MARK)
        .distinct()
        .earliest("roster_id")
    )


def family_pair(role: Role) -> Pairing | None:
    """The live pairing of the family's child with this kind of mentor."""
    live = Pairing.objects.live().filter(child__user__login=login_of("child"), role=role)
    return live.select_related("child__carer__user", "mentor__user", "room").first()


def answer_about_hours(at: datetime) -> None:
    """Every mentor says that the hours suit, but one, for whom one of them does not."""
    asked: dict[int, list[int]] = defaultdict(list)
    for pairing in Pairing.objects.unanswered().order_by("mentor", "slot"):
        asked[pairing.mentor_id].append(pairing.pk)
    mentors = Mentor.objects.select_related("user").in_bulk(asked)
    for mentor, pairings in asked.items():
        does_not = pairings[:1] if mentor == max(asked) else []
        suits = [pk for pk in pairings if pk not in does_not]
        answer_hours(actor=mentors[mentor].user, suits=suits, does_not=does_not, now=at)
