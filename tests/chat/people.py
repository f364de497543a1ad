"""Invented people for the rooms: a child with two mentors, a parent, a carer, a stranger."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from backend.accounts.models import User
from backend.rosters.models import (
    Carer,
    Certificate,
    Child,
    ChildSlot,
    Consent,
    District,
    Guardianship,
    Mentor,
    MentorSlot,
    Subject,
)
from chat.models import Meeting, Room
from chat.rooms import open_rooms
from matching.models import Pairing, Round


@dataclass
class Family:
    coordinator: User
    child: Child
    academic: Mentor
    wellbeing: Mentor
    parent: User
    carer: User
    stranger: User
    rooms: dict[str, Room]


def lixia_and_maths() -> tuple[District, Subject]:
    """Whom a test has added live in the one and learn, or teach, the other."""
    named = {"name": "历下区", "name_en": "Lixia"}
    district, _ = District.objects.get_or_create(code="370102", defaults=named)
    named = {"name": "数学", "name_en": "maths"}
    subject, _ = Subject.objects.get_or_create(code="math", defaults={**named, "order": 1})
    return district, subject


def add_family(
    number: int = 0, *, slots: tuple[int, int] = (67, 91), born: date = date(2009, 5, 4)
) -> Family:
    """slots: of the academic and the wellbeing pairing; each is free besides in 68, 69, 92, 93."""
    coordinator, _ = User.objects.get_or_create(login="co", defaults={"name": "甲", "is_coordinator": True})
    district, subject = lixia_and_maths()
    free = sorted({*slots, 68, 69, 92, 93})
    child = Child.objects.create(
        roster_id=f"C{number}",
        user=User.objects.create_user(name=f"林沐阳{number}"),
        name=f"林沐阳{number}",
        call_name="沐阳",
        grade=5,
        district=district,
        birth_date=born,
    )
    Consent.objects.create(child=child, source="paper", given_on=date(2020, 2, 1))
    ChildSlot.objects.bulk_create(ChildSlot(child=child, slot=slot) for slot in free)
    mentors = []
    for role, name in (("academic", "李老师"), ("wellbeing", "王老师")):
        mentor = Mentor.objects.create(
            roster_id=f"{role[0].upper()}{number}",
            user=User.objects.create_user(name=name),
            name=name,
            is_academic=role == "academic",
            is_wellbeing=role == "wellbeing",
            capacity=2,
            district=district,
            vetted_until=date(2099, 1, 1),
        )
        if role == "wellbeing":
            Certificate.objects.create(mentor=mentor, kind="level 2")
        MentorSlot.objects.bulk_create(MentorSlot(mentor=mentor, slot=slot) for slot in free)
        mentors.append(mentor)
    parent, carer = User.objects.create_user(name="林医生"), User.objects.create_user(name="奶奶")
    Guardianship.objects.create(child=child, guardian=parent, order=1)
    Carer.objects.create(child=child, user=carer, relation="奶奶")
    round_, _ = Round.objects.get_or_create(created_by=coordinator)
    pairings = [
        Pairing.objects.create(
            child=child,
            role=role,
            mentor=mentor,
            slot=slot,
            subject=subject if role == "academic" else None,
            round=round_,
            started_at=timezone.now() - timedelta(days=1),
        )
        for role, mentor, slot in zip(("academic", "wellbeing"), mentors, slots, strict=True)
    ]
    open_rooms(Round, pairings=pairings, actor=coordinator)
    Room.objects.filter(pairing__in=pairings).update(understood_at=timezone.now())  # by the child
    rooms = {room.pairing.role: room for room in Room.objects.with_people().filter(pairing__in=pairings)}
    stranger = User.objects.create_user(name="路人")
    return Family(coordinator, child, mentors[0], mentors[1], parent, carer, stranger, rooms)


def academic(family: Family) -> Meeting:
    """The first one in the week."""
    return Meeting.objects.filter(pairing=family.rooms["academic"].pairing).earliest("start")


def at(hour: float, *, day: int = 17) -> datetime:
    """A time of February 2020 in Shanghai; the 17th is a Monday."""
    return datetime(2020, 2, day, tzinfo=UTC) + timedelta(hours=hour - 8)
