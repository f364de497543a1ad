"""Reading along: always under eight, later where asked, agreed and shown; never what was said before."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.errors import NotYours
from backend.rosters.models import Guardianship, Mentor
from chat import readers
from chat.access import access_room, readers_of
from chat.acts import Speak
from chat.models import Event, Held, Reader, Room
from chat.pages import page_of
from chat.protocol import Side
from chat.record import perform
from chat.rooms import decide_held
from matching.models import Pairing
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings):
    settings.ROOMS_ALWAYS_OPEN, settings.ALLOWED_HOSTS = True, ["testserver"]


@pytest.fixture
def family():
    """The child is ten."""
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def say(room, *texts):
    perform([Speak(room.pk, Side.CHILD, str(uuid4()), text) for text in texts], now=timezone.now())


def said_to(user, room):
    return [row.get("body", row.get("kind")) for row in page_of(actor=user, room_id=room.pk)["results"]]


def may_read(user, room) -> bool:
    try:
        access_room(user, room.pk)
    except NotYours:
        return False
    return True


def agreed(family, guardian=None) -> Reader:
    reader = readers.ask_to_read(actor=guardian or family.parent, child_id=family.child.pk)
    return readers.answer_reader(actor=family.child.user, reader_id=reader.pk, agree=True)


def second_parent(family, **link) -> User:
    user = User.objects.create_user(name="林爸爸")
    Guardianship.objects.create(child=family.child, guardian=user, order=2, **link)
    return user


def in_chinese(room) -> tuple[str, ...]:
    with translation.override("zh-hans"):
        *found, emergency = readers_of(Room.objects.with_people().get(pk=room.pk))
    assert emergency == "紧急时的项目负责老师（每次都有记录）"  # stands in every room
    return tuple(found)


def test_a_room_names_its_mentor_as_the_family_does(family):
    Mentor.objects.filter(pk=family.academic.pk).update(name="欧阳雨欣")
    assert in_chinese(family.rooms["academic"])[0] == "欧阳老师"
    with translation.override("en"):
        assert readers_of(Room.objects.with_people().get(pk=family.rooms["academic"].pk))[0] == "欧阳雨欣"


def test_from_eight_a_guardian_asks_the_child_agrees_the_room_says_so_and_only_then_it_is_read(family):
    room = family.rooms["academic"]
    say(room, "之前的话")
    reader = readers.ask_to_read(actor=family.parent, child_id=family.child.pk)
    assert not may_read(family.parent, room) and len(in_chinese(room)) == 2
    readers.answer_reader(actor=family.child.user, reader_id=reader.pk, agree=True)
    say(room, "之后的话")
    assert said_to(family.parent, room) == ["readers_changed", "之后的话"]
    page = page_of(actor=family.parent, room_id=room.pk, before=2)
    assert page["results"] == [] and page["before"] is None, "and there is no way back"
    assert in_chinese(room) == ("李老师", "沐阳", "沐阳的一位家长")
    assert Event.objects.get(kind="readers_changed").facts == {"parents": 1}
    assert not may_read(family.parent, family.rooms["wellbeing"])
    assert not may_read(family.carer, room)


def test_a_child_takes_it_back_at_any_time_and_it_is_gone_at_once(family):
    room = family.rooms["academic"]
    reader = agreed(family)
    say(room, "一句")
    readers.answer_reader(actor=family.child.user, reader_id=reader.pk, agree=False)
    assert not may_read(family.parent, room) and in_chinese(room) == ("李老师", "沐阳")
    assert list(Event.objects.filter(kind="readers_changed").values_list("facts", flat=True)) == [
        {"parents": 1},
        {"parents": 0},
    ]
    assert [entry.action for entry in Entry.objects.filter(action__startswith="reader.")] == [
        "reader.asked",
        "reader.agreed",
        "reader.over",
    ]
    with pytest.raises(readers.AlreadyAnswered):
        readers.answer_reader(actor=family.child.user, reader_id=reader.pk, agree=True)


def test_a_no_is_not_asked_about_again_for_a_month(family):
    reader = readers.ask_to_read(actor=family.parent, child_id=family.child.pk)
    with pytest.raises(readers.CantAsk):
        readers.ask_to_read(actor=family.parent, child_id=family.child.pk)
    readers.answer_reader(actor=family.child.user, reader_id=reader.pk, agree=False)
    with pytest.raises(readers.CantAsk):
        readers.ask_to_read(actor=family.parent, child_id=family.child.pk)
    with time_machine.travel(at(13) + readers.ASK_AGAIN, tick=False):
        readers.ask_to_read(actor=family.parent, child_id=family.child.pk)


@pytest.mark.parametrize(
    "who", ["child", "mentor", "carer", "stranger", "limited", "suspended", "coordinator"]
)
def test_only_an_active_guardian_asks(family, who):
    users = {
        "child": family.child.user,
        "mentor": family.academic.user,
        "carer": family.carer,
        "stranger": family.stranger,
        "coordinator": family.coordinator,
    }
    if who in ("limited", "suspended"):
        Guardianship.objects.update(status=who, status_reason="court")
    with pytest.raises(NotYours):
        readers.ask_to_read(actor=users.get(who, family.parent), child_id=family.child.pk)


def test_only_the_child_answers_and_only_the_guardian_gives_it_up(family):
    reader = readers.ask_to_read(actor=family.parent, child_id=family.child.pk)
    other = second_parent(family)
    for user in (
        family.parent,
        other,
        family.academic.user,
        family.coordinator,
        family.stranger,
        family.carer,
    ):
        with pytest.raises(NotYours):
            readers.answer_reader(actor=user, reader_id=reader.pk, agree=True)
        if user != family.parent:
            with pytest.raises(NotYours):
                readers.give_up_reading(actor=user, reader_id=reader.pk)
    readers.give_up_reading(actor=family.parent, reader_id=reader.pk)
    assert Reader.objects.get().end == "given_up"


def test_what_one_parent_was_granted_the_other_does_not_get(family):
    room, father = family.rooms["academic"], second_parent(family)
    agreed(family)
    say(room, "给妈妈看的")
    assert not may_read(father, room)
    agreed(family, father)
    say(room, "都能看的")
    assert said_to(father, room) == ["readers_changed", "都能看的"]
    assert in_chinese(room)[2] == "沐阳的两位家长"
    readers_of_mother = readers.readers_for(family.parent, family.child)
    assert [reader.guardian_id for reader in readers_of_mother] == [family.parent.pk]
    assert len(readers.readers_for(family.child.user, family.child)) == 2


@pytest.mark.parametrize("status", ["limited", "suspended"])
def test_a_suspended_guardian_reads_nothing_at_once_and_coming_back_begins_anew(family, status):
    room = family.rooms["academic"]
    agreed(family)
    say(room, "一句")
    Guardianship.objects.update(status=status, status_reason="court")
    assert not may_read(family.parent, room) and len(in_chinese(room)) == 2
    assert readers.follow(timezone.now()) == 1 and readers.follow(timezone.now()) == 0
    assert Reader.objects.get().end == "lost"
    Guardianship.objects.update(status="active")
    assert not may_read(family.parent, room), "the child is asked again"


def test_a_disabled_account_reads_nothing(family):
    agreed(family)
    User.objects.filter(pk=family.parent.pk).update(is_active=False)
    assert len(in_chinese(family.rooms["academic"])) == 2


def test_an_account_switched_off_and_on_again_reads_nothing_until_the_child_is_asked_anew(family):
    agreed(family)
    for active in (False, True):
        family.parent.is_active = active
        family.parent.save()
    assert not may_read(family.parent, family.rooms["academic"])
    assert Reader.objects.get().end == "lost" and len(in_chinese(family.rooms["academic"])) == 2


def test_what_a_child_agreed_to_ends_with_the_pairing(family):
    agreed(family)
    Pairing.objects.update(ended_at=at(12), end_reason="rematched")
    assert not may_read(family.parent, family.rooms["academic"])


EIGHT = date(2020, 3, 10)
MIDNIGHT = datetime(2020, 3, 9, 16, tzinfo=UTC)  # in Shanghai


def test_on_the_eighth_birthday_the_parent_reads_no_more_from_midnight_in_shanghai(family):
    with time_machine.travel(MIDNIGHT - timedelta(days=9), tick=False):
        small = add_family(1, born=date(2012, 3, 10), slots=(68, 92))
        room = small.rooms["academic"]
        say(room, "妈妈能看")
        assert said_to(small.parent, room) == ["妈妈能看"]
    browser = Client()
    with time_machine.travel(MIDNIGHT - timedelta(seconds=1), tick=False):
        browser.force_login(small.parent)
        assert browser.get(f"/rooms/{room.pk}/").status_code == 200
        assert in_chinese(room) == ("李老师", "沐阳", "沐阳的一位家长")
        assert readers.follow(timezone.now()) == 0
    with time_machine.travel(MIDNIGHT, tick=False):
        assert browser.get(f"/rooms/{room.pk}/").status_code == 404, (
            "the page that was open, at its next request"
        )
        assert browser.get(f"/api/v1/rooms/{room.pk}/messages/").status_code == 404
        assert in_chinese(room) == ("李老师", "沐阳")
        assert readers.follow(timezone.now()) == 1
        assert Event.objects.filter(room=room).last().facts == {"parents": 0}
        assert not may_read(small.parent, room)
        agreed(small)
        say(room, "八岁以后")
        assert said_to(small.parent, room) == ["readers_changed", "八岁以后"]


def test_a_new_guardian_of_a_small_child_reads_from_when_the_room_showed_it(family):
    with time_machine.travel(at(12), tick=False):
        small = add_family(1, born=date(2013, 3, 10), slots=(68, 92))
        room = small.rooms["academic"]
        say(room, "之前")
        father = second_parent(small)
        assert not may_read(father, room)
        assert readers.follow(timezone.now()) == 1 and readers.follow(timezone.now()) == 0
        say(room, "之后")
        assert said_to(father, room) == ["readers_changed", "之后"]
        assert said_to(small.parent, room) == ["之前", "readers_changed", "之后"]
        assert in_chinese(room)[2] == "沐阳的两位家长"
        assert not may_read(small.parent, small.rooms["wellbeing"])


def test_at_eighteen_nobody_reads_along(family):
    agreed(family)
    with time_machine.travel(datetime(2027, 5, 3, 16, tzinfo=UTC) - timedelta(seconds=1), tick=False):
        assert may_read(family.parent, family.rooms["academic"])
    with time_machine.travel(datetime(2027, 5, 3, 16, tzinfo=UTC), tick=False):
        assert not may_read(family.parent, family.rooms["academic"])
        with pytest.raises(readers.CantAsk):
            readers.ask_to_read(actor=family.parent, child_id=family.child.pk)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "reading", "from_s": None},
        {"state": "reading", "from_s": 0},
        {"state": "asked", "from_s": 1},
        {"state": "asked", "why": "age"},
        {"state": "over", "over_at": None, "end": "lost"},
        {"state": "over", "over_at": at(12), "end": ""},
        {"state": "asked", "end": "lost"},
    ],
)
def test_half_a_reader_is_refused_by_the_database(family, fields):
    whole = {"room": family.rooms["academic"], "guardian": family.parent, "why": "agreed", "began_at": at(12)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Reader.objects.create(**whole | fields)
    first = Reader.objects.create(**whole, state="asked")
    with pytest.raises(IntegrityError), transaction.atomic():
        Reader.objects.create(**whole, state="reading", from_s=1)
    Reader.objects.filter(pk=first.pk).update(state="over", end="refused", over_at=at(12))
    Reader.objects.create(**whole, state="reading", from_s=1)


def test_what_was_said_before_and_held_until_after_is_not_read_along(family):
    room, cid = family.rooms["academic"], uuid4()
    held = Speak(room.pk, Side.MENTOR, str(cid), "之前说的，后来才放行", held_for="contact")
    with time_machine.travel(at(12.5), tick=False):
        perform([held], now=timezone.now())
    with time_machine.travel(at(13), tick=False):
        agreed(family)
        later = Speak(room.pk, Side.MENTOR, str(uuid4()), "之后说的", held_for="contact")
        perform([later], now=timezone.now() + timedelta(minutes=1))
        for each in Held.objects.filter(room=room):
            decide_held(actor=family.coordinator, held_id=each.pk, release=True)
        assert said_to(family.parent, room) == ["readers_changed", "之后说的"]
        assert said_to(family.child.user, room) == ["readers_changed", "之前说的，后来才放行", "之后说的"]
