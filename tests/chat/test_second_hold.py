"""An adult's second hold within thirty days stops the room until a person has decided what waits in it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.audit.models import Entry
from chat import checks, holds
from chat.acts import HeldBack, Outcome, Refused, Said, Speak
from chat.checks import Hold
from chat.models import Held, Room
from chat.protocol import ErrCode, Side
from chat.record import perform
from chat.rooms import decide_held, freeze_room
from chat.writer import _looked_at
from tests.chat.people import Family, add_family, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(settings, monkeypatch) -> Family:
    settings.ROOMS_ALWAYS_OPEN = True
    monkeypatch.setattr(checks, "_checks", [lambda words: Hold("phone") if "138" in words.body else None])
    monkeypatch.setattr(checks, "_goes_on", [])
    return add_family()


EVENING = at(18)


def say(family: Family, body="138", *, now=EVENING, side=Side.MENTOR, role="academic", cid=None) -> Outcome:
    act = Speak(family.rooms[role].pk, side, cid or str(uuid4()), body)
    return perform([_looked_at(act)], now=now).outcomes[0]


def is_stopped(family: Family, role="academic") -> bool:
    return Room.objects.get(pk=family.rooms[role].pk).looked_for_at is not None


@pytest.mark.parametrize(
    ("days", "stops"),
    [(0, True), (29.99, True), (30, False), (31, False)],
)
def test_two_within_thirty_days(family, days, stops) -> None:
    assert isinstance(say(family), HeldBack) and not is_stopped(family)
    assert isinstance(say(family, now=at(18) + timedelta(days=days)), HeldBack)
    assert is_stopped(family) == stops


def test_nobody_writes_in_it_and_what_was_held_is_still_answered(family) -> None:
    cid = str(uuid4())
    say(family, cid=cid)
    say(family)
    for side in Side:
        refused = say(family, "好", side=side)
        assert isinstance(refused, Refused) and refused.code is ErrCode.FROZEN
    assert isinstance(say(family, cid=cid), HeldBack), "the same one again is no third"
    assert Held.objects.count() == 2
    assert isinstance(say(family, "好", role="wellbeing"), Said), "the other room goes on"


def test_what_was_sent_with_it_in_one_batch_does_not_slip_through(family) -> None:
    room = family.rooms["academic"].pk
    acts = [Speak(room, Side.MENTOR, str(uuid4()), body) for body in ("138", "138", "好")]
    outcomes = perform([_looked_at(act) for act in acts], now=EVENING).outcomes
    assert [type(each) for each in outcomes] == [HeldBack, HeldBack, Refused]


def test_the_same_message_twice_is_one_hold(family) -> None:
    cid = str(uuid4())
    say(family, cid=cid)
    say(family, cid=cid)
    assert not is_stopped(family)


def test_what_was_let_through_was_no_hold_what_was_refused_was(family) -> None:
    say(family)
    decide_held(actor=family.coordinator, held_id=Held.objects.latest("pk").pk, release=True)
    say(family)
    assert not is_stopped(family)
    decide_held(actor=family.coordinator, held_id=Held.objects.latest("pk").pk, release=False)
    assert isinstance(say(family, "好"), Said)
    say(family)
    assert is_stopped(family)


def test_a_coordinator_s_look_at_all_that_waits_lets_it_go_on(family) -> None:
    say(family)
    say(family)
    first, second = Held.objects.order_by("pk")
    decide_held(actor=family.coordinator, held_id=first.pk, release=False)
    assert is_stopped(family)
    decide_held(actor=family.coordinator, held_id=second.pk, release=False)
    assert not is_stopped(family) and isinstance(say(family, "好", side=Side.CHILD), Said)
    acts = Entry.objects.filter(object_type="chat.room").order_by("number").values_list("action", flat=True)
    assert list(acts) == ["room.stopped", "room.went_on"]


def test_what_a_lead_froze_stays_frozen(family) -> None:
    from backend.accounts.models import User

    lead = User.objects.create_user(name="何静", login="sl", is_coordinator=True, is_safeguarding_lead=True)
    say(family)
    say(family)
    freeze_room(actor=lead, room_id=family.rooms["academic"].pk, frozen=True)
    for held in Held.objects.all():
        decide_held(actor=family.coordinator, held_id=held.pk, release=False)
    assert not is_stopped(family) and Room.objects.get(pk=family.rooms["academic"].pk).frozen
    assert isinstance(say(family, "好"), Refused)


def test_that_it_is_stopped_only_the_two_can_see(family) -> None:
    say(family)
    say(family)
    room = Room.objects.with_people().get(pk=family.rooms["academic"].pk)
    assert room.seems_frozen_to(family.child.user) and room.seems_frozen_to(family.academic.user)
    assert not room.seems_frozen_to(family.parent) and not room.seems_frozen_to(family.coordinator)


def test_a_child_s_words_stop_nothing(family) -> None:
    say(family, side=Side.CHILD)
    say(family, side=Side.CHILD)
    assert not is_stopped(family)


def test_talk_with_a_child_in_danger_is_not_stopped(family, monkeypatch) -> None:
    monkeypatch.setattr(checks, "_goes_on", [lambda room, now, words: True])
    say(family)
    say(family)
    assert not is_stopped(family) and Held.objects.filter(state="waiting").count() == 2


def test_one_that_waits_may_be_read_alone_and_that_is_recorded(family) -> None:
    say(family)
    held = Held.objects.get()
    assert holds.look_at_hold(actor=family.coordinator, held_id=held.pk).body == "138"
    [entry] = Entry.objects.filter(action="held.viewed")
    assert (entry.object_id, entry.actor_id) == (str(held.pk), family.coordinator.pk)
