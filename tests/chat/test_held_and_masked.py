"""The seam that looks at words: held for a person, released or refused; masked, the original kept."""

from uuid import uuid4

import pytest
from django.db import OperationalError

from backend.errors import NotYours
from chat import checks
from chat.acts import HeldBack, Refused, Said, Speak
from chat.checks import Hold, Mask
from chat.models import Event, Held, Original
from chat.protocol import Side
from chat.record import perform
from chat.rooms import AlreadyDecided, decide_held
from chat.writer import _looked_at
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(settings):
    settings.ROOMS_ALWAYS_OPEN = True
    return add_family()


@pytest.fixture
def looked(monkeypatch):
    """A check that holds a mentor's numbers and masks a child's."""

    def check(words):
        if "138" not in words.body:
            return None
        return Hold("contact") if words.side is Side.MENTOR else Mask(words.body.replace("138", "＊"))

    monkeypatch.setattr(checks, "_checks", [check])


def speak(family, side, body, cid=None):
    act = Speak(family.rooms["academic"].pk, side, cid or str(uuid4()), body)
    return perform([_looked_at(act)], now=at(18)).outcomes[0]


def test_a_masked_message_is_the_message_and_its_original_is_kept(family, looked):
    cid = str(uuid4())
    said = speak(family, Side.CHILD, "打138", cid)
    assert isinstance(said, Said) and said.masked
    assert Event.objects.get(kind="msg").body == "打＊" and Original.objects.get().body == "打138"
    assert speak(family, Side.CHILD, "打138", cid) == said
    assert isinstance(speak(family, Side.CHILD, "打139", cid), Refused)


def test_a_held_message_waits_and_is_released_with_the_time_it_was_said(family, looked):
    cid = str(uuid4())
    assert speak(family, Side.MENTOR, "打138", cid) == HeldBack(cid, "waiting")
    assert speak(family, Side.MENTOR, "打138", cid) == HeldBack(cid, "waiting")
    held = Held.objects.get()
    assert not Event.objects.exists()
    with pytest.raises(NotYours):
        decide_held(actor=family.parent, held_id=held.pk, release=True)
    decide_held(actor=family.coordinator, held_id=held.pk, release=True)
    event = Event.objects.get()
    assert (event.body, event.said_at, str(event.cid)) == ("打138", held.said_at, cid)
    with pytest.raises(AlreadyDecided):
        decide_held(actor=family.coordinator, held_id=held.pk, release=False)
    again = speak(family, Side.MENTOR, "打138", cid)
    assert isinstance(again, Said) and again.s == event.s


def test_a_check_that_fails_silences_nobody_and_no_other_check(family, monkeypatch):
    def broken(words):
        raise ValueError

    monkeypatch.setattr(checks, "_checks", [broken])
    assert isinstance(speak(family, Side.CHILD, "好"), Said)
    monkeypatch.setattr(checks, "_checks", [broken, lambda words: Hold("contact")])
    assert isinstance(speak(family, Side.CHILD, "好"), HeldBack)


def test_a_check_that_cannot_read_the_database_lets_nothing_pass(family, monkeypatch):
    """It is asked again with the whole batch: what could not be looked at is not written."""

    def away(words):
        raise OperationalError

    monkeypatch.setattr(checks, "_checks", [away])
    with pytest.raises(OperationalError):
        speak(family, Side.CHILD, "打138")
    assert not Event.objects.exists()


def test_a_coordinator_does_not_read_what_was_held_in_a_wellbeing_room(family, looked):
    room = family.rooms["wellbeing"].pk
    perform([_looked_at(Speak(room, Side.MENTOR, str(uuid4()), "打138"))], now=at(18))
    with pytest.raises(NotYours):
        decide_held(actor=family.coordinator, held_id=Held.objects.get().pk, release=True)
