"""Who is one of the two of a room, or of the child's family, decides nothing about it, whatever else they are."""

from uuid import uuid4

import pytest

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.errors import NotYours
from chat import checks
from chat.acts import Speak
from chat.checks import Hold
from chat.holds import look_at_holds, waiting_holds
from chat.models import Event, Held, Room
from chat.protocol import Side
from chat.record import perform
from chat.redaction import redact_message
from chat.rooms import decide_held, freeze_room
from chat.writer import _looked_at
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(settings, monkeypatch):
    settings.ROOMS_ALWAYS_OPEN = True
    monkeypatch.setattr(checks, "_checks", [lambda words: Hold("contact") if "138" in words.body else None])
    return add_family()


@pytest.fixture
def lead():
    return User.objects.create_user(name="何静", login="sl", is_coordinator=True, is_safeguarding_lead=True)


def say(room, body):
    perform([_looked_at(Speak(room.pk, Side.MENTOR, str(uuid4()), body))], now=at(18))


def mentor(family, lead):
    family.academic.user = lead
    family.academic.save()


def guardian(family, lead, status="active"):
    family.child.guardianships.create(guardian=lead, order=2, status=status, status_reason="法院")


def suspended(family, lead):
    guardian(family, lead, "suspended")


def carer(family, lead):
    family.child.carer.user = lead
    family.child.carer.save()


def child(family, lead):
    family.child.user = lead
    family.child.save()


@pytest.mark.parametrize("become", [mentor, guardian, suspended, carer, child])
def test_nobody_decides_about_a_room_of_their_own(family, lead, become):
    room = family.rooms["academic"]
    for words in ("你好", "打138"):
        say(room, words)
    held = Held.objects.get()
    assert list(waiting_holds(lead)) == [held]
    become(family, lead)
    entries = Entry.objects.count()
    assert look_at_holds(actor=lead) == []
    for release in (True, False):
        with pytest.raises(NotYours):
            decide_held(actor=lead, held_id=held.pk, release=release)
    with pytest.raises(NotYours):
        redact_message(actor=lead, room_id=room.pk, s=1, reason="mistake")
    for frozen in (True, False):
        with pytest.raises(NotYours):
            freeze_room(actor=lead, room_id=room.pk, frozen=frozen)
    held.refresh_from_db()
    assert held.state == Held.State.WAITING and Event.objects.get().body == "你好"
    assert not Room.objects.get(pk=room.pk).frozen and Entry.objects.count() == entries


def test_of_other_rooms_they_decide_as_ever(family, lead):
    mentor(family, lead)
    other = add_family(5, slots=(1, 25)).rooms["academic"]
    for words in ("你好", "打138"):
        say(other, words)
    assert [held.body for held in look_at_holds(actor=lead)] == ["打138"]
    decide_held(actor=lead, held_id=Held.objects.get().pk, release=False)
    redact_message(actor=lead, room_id=other.pk, s=1, reason="mistake")
    assert freeze_room(actor=lead, room_id=other.pk, frozen=True).frozen
