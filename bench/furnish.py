"""Invented rooms of two for a measurement, straight into an empty database: run with the server's settings.

Prints one line of JSON: for each room its number and the cookies of its two. With words: so many messages
stand in each room already.
"""

import json
import sys
import uuid
from datetime import date, timedelta
from typing import Any

import django

AT_ONCE = 500


def furnish(rooms: int, words: int = 0) -> list[dict[str, Any]]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.hashers import make_password
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session as SignIn
    from django.db import transaction
    from django.utils import timezone

    from backend.accounts.models import User
    from backend.rosters.models import Child, Consent, District, Mentor, Subject
    from chat.models import Event, Room
    from chat.models.rooms import MSG
    from matching.models import Pairing, Role, Round

    now = timezone.now()
    store, none = SessionStore(), make_password(None)
    made: list[SignIn] = []

    def cookie(user: User) -> str:
        said = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        key = uuid.uuid4().hex
        made.append(
            SignIn(session_key=key, session_data=store.encode(said), expire_date=now + timedelta(days=1))
        )
        return f"{settings.SESSION_COOKIE_NAME}={key}"

    with transaction.atomic():
        coordinator = User.objects.create(name="甲", password=none, is_coordinator=True)
        district = District.objects.get(code="370102")
        subject, _ = Subject.objects.get_or_create(
            code="math", defaults={"name": "数学", "name_en": "maths", "order": 1}
        )
        round_ = Round.objects.create(created_by=coordinator)
        users = [User(name=f"林沐阳{n}", password=none) for n in range(2 * rooms)]
        users = User.objects.bulk_create(users, batch_size=AT_ONCE)
        children = Child.objects.bulk_create(
            (
                Child(
                    roster_id=f"C{n}",
                    user=user,
                    name=user.name,
                    call_name="沐阳",
                    grade=5,
                    district=district,
                    birth_date=date(2009, 5, 4),
                )
                for n, user in enumerate(users[::2])
            ),
            batch_size=AT_ONCE,
        )
        Consent.objects.bulk_create(
            (Consent(child=child, source="paper", given_on=date(2020, 2, 1)) for child in children),
            batch_size=AT_ONCE,
        )
        mentors = Mentor.objects.bulk_create(
            (
                Mentor(
                    roster_id=f"M{n}",
                    user=user,
                    name="李老师",
                    is_academic=True,
                    is_wellbeing=False,
                    capacity=2,
                    district=district,
                    vetted_until=date(2099, 1, 1),
                )
                for n, user in enumerate(users[1::2])
            ),
            batch_size=AT_ONCE,
        )
        pairings = Pairing.objects.bulk_create(
            (
                Pairing(
                    child=child,
                    mentor=mentor,
                    role=Role.ACADEMIC,
                    slot=67,
                    subject=subject,
                    round=round_,
                    started_at=now - timedelta(days=1),
                )
                for child, mentor in zip(children, mentors, strict=True)
            ),
            batch_size=AT_ONCE,
        )
        made_rooms = Room.objects.bulk_create(
            (Room(pairing=pairing, last_s=words) for pairing in pairings), batch_size=AT_ONCE
        )
        Event.objects.bulk_create(
            (
                Event(room=room, s=s, kind=MSG, sender="child", cid=uuid.uuid4(), body=f"{s} 老师好", at=now)
                for room in made_rooms
                for s in range(1, words + 1)
            ),
            batch_size=2000,
        )
        found = [
            {"room": room.pk, "cookies": [cookie(child.user), cookie(mentor.user)]}
            for room, child, mentor in zip(made_rooms, children, mentors, strict=True)
        ]
        SignIn.objects.bulk_create(made, batch_size=AT_ONCE)
    return found


if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(furnish(*map(int, sys.argv[1:]))))
