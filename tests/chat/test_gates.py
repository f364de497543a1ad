"""A live room follows its gates: what expires shuts it, what is mended opens it, and a lead's freeze stays."""

from datetime import date, timedelta

import pytest
import time_machine

from backend.audit.models import Entry
from backend.duties import ticker
from backend.rosters import people
from backend.rosters.models import Certificate, Child, Consent, Mentor
from chat import gates
from chat.access import RoomFrozen, access_room
from chat.acts import Refused, Speak
from chat.models import Room
from chat.protocol import ErrCode, Side
from chat.reading import rooms_now
from chat.record import perform
from matching.models import Pairing
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
CID = "0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e2{}"


@pytest.fixture
def family():
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def shut(role: str) -> str:
    return Room.objects.get(pairing__role=role).shut_by


@pytest.mark.parametrize(
    ("breaks", "academic", "wellbeing"),
    [
        (lambda: Consent.objects.update(withdrawn_on=date(2020, 2, 17)), "consent", "consent"),
        (lambda: Child.objects.update(active=False), "taking_part", "taking_part"),
        (lambda: Mentor.objects.filter(is_academic=True).update(active=False), "taking_part", ""),
        (
            lambda: Mentor.objects.filter(is_academic=True).update(vetted_until=date(2020, 2, 16)),
            "vetting",
            "",
        ),
        (lambda: Mentor.objects.filter(is_wellbeing=True).update(vetted_until=None), "", "vetting"),
        (lambda: Certificate.objects.update(valid_until=date(2020, 2, 16)), "", "certificate"),
        (lambda: Certificate.objects.all().delete(), "", "certificate"),
        (lambda: Certificate.objects.update(valid_until=date(2020, 2, 17)), "", ""),
        (lambda: Mentor.objects.update(vetted_until=date(2020, 2, 17)), "", ""),
        (lambda: Mentor.objects.update(paused=True), "", ""),
    ],
)
def test_what_is_missing_shuts_the_rooms_that_need_it(family, breaks, academic, wellbeing):
    assert gates.enforce(at(12)) == 0
    breaks()
    assert gates.enforce(at(12)) == bool(academic) + bool(wellbeing)
    assert (shut("academic"), shut("wellbeing")) == (academic, wellbeing)
    assert gates.enforce(at(12)) == 0


def test_the_duty_compares_within_a_minute():
    every = {duty.name: duty.every for duty in ticker._duties.values()}
    assert max(every["rooms.gates"], every["rooms.readers"]) <= timedelta(seconds=30)


@pytest.mark.parametrize("kind", ["mentor", "child"])
def test_what_a_coordinator_changes_does_not_wait_for_the_duty(family, kind):
    person = family.academic if kind == "mentor" else family.child
    people.set_active(actor=family.coordinator, kind=kind, pk=person.pk, active=False)
    assert shut("academic") == "taking_part"
    people.set_active(actor=family.coordinator, kind=kind, pk=person.pk, active=True)
    assert shut("academic") == ""


def test_a_vetting_of_the_17th_shuts_at_midnight_in_shanghai(family):
    Mentor.objects.update(vetted_until=date(2020, 2, 17))
    assert gates.enforce(at(23.99)) == 0
    assert gates.enforce(at(24)) == 2
    Mentor.objects.update(vetted_until=date(2021, 2, 17))
    assert gates.enforce(at(24.1)) == 2
    assert shut("academic") == ""
    assert [entry.action for entry in Entry.objects.filter(action__startswith="room.")] == [
        "room.shut",
        "room.shut",
        "room.opened",
        "room.opened",
    ]


def test_in_a_shut_room_nobody_enters_or_writes_and_the_two_read(family):
    room, mentor = family.rooms["academic"].pk, family.academic.user
    stamp = rooms_now([room])[room].stamp
    Mentor.objects.update(vetted_until=None)
    gates.enforce(at(12))
    with pytest.raises(RoomFrozen):
        access_room(mentor, room, "enter")
    assert access_room(mentor, room, "read").pk == room
    done = perform([Speak(room, Side.CHILD, CID.format(1), "老师")], now=at(12))
    assert isinstance(done.outcomes[0], Refused) and done.outcomes[0].code is ErrCode.FROZEN
    now = rooms_now([room])[room]
    assert now.frozen and now.stamp > stamp


def test_a_lead_s_freeze_stays_when_the_gate_opens_again(family):
    Room.objects.update(frozen_at=at(11))
    Mentor.objects.update(vetted_until=None)
    gates.enforce(at(12))
    Mentor.objects.update(vetted_until=date(2021, 2, 17))
    gates.enforce(at(13))
    room = Room.objects.get(pairing__role="academic")
    assert room.shut_by == "" and room.frozen


def test_rooms_of_ended_pairings_are_left_alone(family):
    Pairing.objects.update(ended_at=at(11), end_reason="rematched")
    Consent.objects.all().delete()
    assert gates.enforce(at(12)) == 0
