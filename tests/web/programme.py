"""A small programme: one district, one subject, children and mentors as many as asked for."""

from datetime import date

from backend.accounts.models import User
from backend.rosters.models import (
    Child,
    ChildSlot,
    ChildSubject,
    Mentor,
    MentorSlot,
    Teaching,
)
from tests.chat.people import lixia_and_maths


def add_children(count: int) -> list[Child]:
    district, math = lixia_and_maths()
    start = Child.objects.count()
    made = []
    for number in range(start, start + count):
        user = User.objects.create_user(name=f"李小{number}")
        child = Child.objects.create(
            roster_id=f"C{number:03}",
            user=user,
            name=user.name,
            call_name=f"小{number}",
            grade=5 if number % 2 == 0 else 11,
            district=district,
            birth_date=date(2010, 5, 4),
        )
        ChildSubject.objects.create(child=child, subject=math, rank=0)
        ChildSlot.objects.create(child=child, slot=67)
        made.append(child)
    return made


def add_mentors(count: int) -> list[Mentor]:
    district, math = lixia_and_maths()
    start = Mentor.objects.count()
    made = []
    for number in range(start, start + count):
        user = User.objects.create_user(name=f"王老师{number}")
        mentor = Mentor.objects.create(
            roster_id=f"M{number:03}",
            user=user,
            name=user.name,
            is_academic=True,
            capacity=2,
            district=district,
        )
        Teaching.objects.create(mentor=mentor, subject=math, low=4, high=6)
        MentorSlot.objects.create(mentor=mentor, slot=67)
        made.append(mentor)
    return made
