"""Everybody who may knock at a door, and what they are to the world's child, mentor, room and log.

Some are the same account in another state: the state is made inside what `undone` takes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from backend.accounts.models import User
from backend.care.models import Alert, Reading, Wake
from backend.rosters.models import Carer, Child, Guardianship
from chat.models import Reader
from matching.models import Pairing

if TYPE_CHECKING:
    from tests.api.conftest import World

PASSWORD = "a quiet evening"
PEOPLE = (
    "anonymous",
    "disabled",  # the mentor, whose account was shut while they were signed in
    "stranger",  # signed in, and nothing to anybody
    "coordinator",
    "lead",
    "emergency reader",  # another coordinator, to whom the child's academic room is open for an hour
    "mentor",  # academic, of the child
    "wellbeing mentor",
    "ended mentor",  # the mentor, after the pairing
    "foreign mentor",
    "child",
    "foreign child",
    "guardian",
    "limited guardian",
    "suspended guardian",
    "young guardian",  # the guardian, of a child under eight
    "foreign guardian",
    "carer",
    "foreign carer",
    "duty counsellor",  # was called for the case of the world's child, and is nothing else to it
)
NOT_SIGNED_IN = ("anonymous", "disabled")
SIGNED_IN = tuple(who for who in PEOPLE if who not in NOT_SIGNED_IN)
DESK = ("coordinator", "lead", "emergency reader")
GUARDIANS = ("guardian", "young guardian")  # active ones
SCHEDULE = ("limited guardian", "carer")


def people_of(world: World) -> dict[str, User | None]:
    child, foreign = world.child, world.foreign_child
    guardian = child.guardianships.get(order=1).guardian
    mentor = world.mentor.user
    lead = User.objects.create_user(
        name="何静", login="sl", password=PASSWORD, is_coordinator=True, is_safeguarding_lead=True
    )
    people = {
        "anonymous": None,
        "disabled": mentor,
        "stranger": User.objects.create_user(name="路人"),
        "coordinator": world.coordinator,
        "lead": lead,
        "emergency reader": User.objects.create_user(
            name="秦岭", login="co3", password=PASSWORD, is_coordinator=True
        ),
        "mentor": mentor,
        "wellbeing mentor": Pairing.objects.live().get(child=child, role="wellbeing").mentor.user,
        "ended mentor": mentor,
        "foreign mentor": world.foreign_mentor.user,
        "child": child.user,
        "foreign child": foreign.user,
        "guardian": guardian,
        "limited guardian": guardian,
        "suspended guardian": guardian,
        "young guardian": guardian,
        "foreign guardian": foreign.guardianships.get(order=1).guardian,
        "carer": User.objects.create_user(name="奶奶甲"),
        "foreign carer": User.objects.create_user(name="奶奶乙"),
        "duty counsellor": User.objects.create_user(name="孙老师"),
    }
    same = ("disabled", "ended mentor", "limited guardian", "suspended guardian", "young guardian")
    others = [user for who, user in people.items() if who not in same]
    assert len(set(others)) == len(others), "two of them are the same account"
    return people


def _cares(who: str, child: str) -> Callable[[World], Any]:
    def change(world: World) -> None:
        carer = {"user": world.people[who], "relation": "奶奶"}
        Carer.objects.update_or_create(child=getattr(world, child), defaults=carer)

    return change


def _guards(status: str) -> Callable[[World], Any]:
    def change(world: World) -> None:
        links = Guardianship.objects.filter(child=world.child)
        links.update(status=status, status_reason="协议")

    return change


def _end(world: World) -> None:
    Pairing.objects.filter(pk=world.pairing.pk).update(ended_at=timezone.now(), end_reason="not_a_fit")


def _seven_years_old(world: World) -> None:
    """So young that the guardian reads along, as the room has shown from the beginning."""
    born = timezone.localdate() - timedelta(days=7 * 365 + 30)
    Child.objects.filter(pk=world.child.pk).update(birth_date=born)
    Reader.objects.filter(room=world.pairing.room, guardian=world.people["guardian"]).update(
        why="age", state="reading", from_s=1
    )


def _disable(world: World) -> None:
    User.objects.filter(pk=world.mentor.user_id).update(is_active=False)


def _reads_in_emergency(world: World) -> None:
    now = timezone.now()
    Reading.objects.create(
        room=world.pairing.room,
        first_day=timezone.localdate(),
        last_day=timezone.localdate(),
        code="danger",
        reason="孩子昨天说不想回家，需要马上了解情况，确保安全",
        asked_by=world.people["emergency reader"],
        asked_at=now,
        state=Reading.State.OPENED,
        decided_by=world.people["lead"],
        decided_at=now,
        opened_at=now,
        case=world.case,
    )


def _call(world: World) -> None:
    now, called = timezone.now(), world.people["duty counsellor"]
    answered = {"answered_at": now, "answered_by": called}  # else the case could not be closed
    alert = Alert.objects.create(case=world.case, kind="concern", raised_at=now, **answered)
    Wake.objects.create(alert=alert, person=called, made_at=now, next_try_at=now)


STATES: dict[str, Callable[[World], Any]] = {
    "carer": _cares("carer", "child"),
    "foreign carer": _cares("foreign carer", "foreign_child"),
    "disabled": _disable,
    "emergency reader": _reads_in_emergency,
    "duty counsellor": _call,
    "ended mentor": _end,
    "limited guardian": _guards("limited"),
    "suspended guardian": _guards("suspended"),
    "young guardian": _seven_years_old,
}


def become(world: World, who: str) -> None:
    """Brings the world into the state that makes this person what their name says. Inside `undone`."""
    STATES.get(who, lambda _world: None)(world)


def answers(status: int, *whos: str | Iterable[str]) -> dict[str, int]:
    """This status for these people, for anonymous ones 401, and 404 for everybody else."""
    named = [who for each in whos for who in ([each] if isinstance(each, str) else each)]
    assert set(named) <= set(PEOPLE), set(named) - set(PEOPLE)
    others = {who: 401 if who in NOT_SIGNED_IN else 404 for who in PEOPLE}
    return others | dict.fromkeys(named, status)
