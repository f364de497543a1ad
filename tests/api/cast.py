"""Everybody who may knock at a door, and what they are to the world's child, mentor, room and log.

Some are the same account in another state: the state is made inside what `undone` takes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from backend.accounts.models import User
from backend.rosters.models import Carer, Child, Guardianship
from chat.models import Reader
from matching.models import Pairing

if TYPE_CHECKING:
    from tests.api.conftest import World

PEOPLE = (
    "anonymous",
    "disabled",  # the mentor, whose account was shut while they were signed in
    "stranger",  # signed in, and nothing to anybody
    "coordinator",
    "lead",
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
)
NOT_SIGNED_IN = ("anonymous", "disabled")
SIGNED_IN = tuple(who for who in PEOPLE if who not in NOT_SIGNED_IN)
DESK = ("coordinator", "lead")
GUARDIANS = ("guardian", "young guardian")  # active ones
SCHEDULE = ("limited guardian", "carer")


def people_of(world: World) -> dict[str, User | None]:
    child, foreign = world.child, world.foreign_child
    guardian = child.guardianships.get(order=1).guardian
    mentor = world.mentor.user
    lead = User.objects.create_user(
        name="何静", login="sl", password="a quiet evening", is_coordinator=True, is_safeguarding_lead=True
    )
    people = {
        "anonymous": None,
        "disabled": mentor,
        "stranger": User.objects.create_user(name="路人"),
        "coordinator": world.coordinator,
        "lead": lead,
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


STATES: dict[str, Callable[[World], Any]] = {
    "carer": _cares("carer", "child"),
    "foreign carer": _cares("foreign carer", "foreign_child"),
    "disabled": _disable,
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
