"""A room read in an emergency: by two, for an hour, one span of days, every view in the log."""

from datetime import timedelta

import pytest

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care.access import readings_to_review, waiting_readings
from backend.care.cases import close_case, open_case, release_case
from backend.care.models import Case, Reading
from backend.care.readings import (
    AlreadyAsked,
    AlreadyDecided,
    JustRefused,
    attach_reading,
    decide_reading,
    review_reading,
)
from backend.errors import Invalid, NotYours
from backend.notices.models import Notice
from chat import pages
from chat.acts import Redact, Speak
from chat.models import Held
from chat.pages import page_of
from chat.protocol import Side
from chat.record import perform
from chat.rooms import decide_held
from tests.care.emergency import DAY, NOW, ask, say, words
from tests.care.test_rules import REASON

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def rooms(family):
    for room in family.rooms.values():
        for number, day in enumerate((3, 2, 1, 0)):
            say(room, day, f"{day}天前", number)
    return family.rooms


def test_what_two_agreed_on_can_be_read_for_an_hour_and_nothing_else(family, rooms, second, clock):
    room = rooms["academic"]
    reading = ask(family.coordinator, room)
    with pytest.raises(NotYours):
        words(family.coordinator, room)
    decide_reading(actor=second, reading_id=reading.pk, approve=True)
    assert words(family.coordinator, room) == ["2天前", "1天前"]
    for other in (second, family.parent, family.carer, family.stranger, family.wellbeing.user):
        with pytest.raises(NotYours):
            words(other, room)
    with pytest.raises(NotYours):
        words(family.coordinator, rooms["wellbeing"])
    clock.move_to(NOW + timedelta(minutes=59, seconds=59))
    assert words(family.coordinator, room) == ["2天前", "1天前"]
    clock.move_to(NOW + timedelta(minutes=60))
    with pytest.raises(NotYours):
        words(family.coordinator, room)


def test_a_page_says_nothing_of_what_lies_outside_the_days(family, rooms, second):
    room = rooms["academic"]
    reading = ask(family.coordinator, room)
    decide_reading(actor=second, reading_id=reading.pk, approve=True)
    page = page_of(actor=family.coordinator, room_id=room.pk, limit=1)
    assert [row["body"] for row in page["results"]] == ["1天前"]
    assert (page["before"], page["last"]) == (3, 3)
    page = page_of(actor=family.coordinator, room_id=room.pk, limit=1, before=3)
    assert [row["body"] for row in page["results"]] == ["2天前"]
    assert page["before"] is None


def test_what_was_held_belongs_to_the_day_on_which_it_was_said(family, rooms, second):
    room = rooms["academic"]
    for number, day in ((8, 3), (9, 1)):
        cid = f"0d8a1f52-8c86-4f5e-9d0b-{number:012}"
        held = Speak(room.pk, Side.MENTOR, cid, f"{day}天前扣下", held_for="contact")
        perform([held], now=NOW - DAY * day)
    for each in Held.objects.all():  # released today
        decide_held(actor=second, held_id=each.pk, release=True)
    today = ask(family.coordinator, room, first=0, last=0)
    decide_reading(actor=second, reading_id=today.pk, approve=True)
    assert words(family.coordinator, room) == ["0天前"]
    yesterday = ask(second, room, first=1, last=1)
    decide_reading(actor=family.coordinator, reading_id=yesterday.pk, approve=True)
    assert words(second, room) == ["1天前", "1天前扣下"]


def test_asking_deciding_and_every_view_stand_in_the_log(family, rooms, second):
    room = rooms["academic"]
    reading = ask(family.coordinator, room)
    decide_reading(actor=second, reading_id=reading.pk, approve=True)
    words(family.coordinator, room)
    words(family.coordinator, room)
    entries = Entry.objects.filter(action__regex="^(reading|room.viewed)").order_by("number")
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("reading.asked", family.coordinator.pk),
        ("reading.approved", second.pk),
        ("room.viewed", family.coordinator.pk),
        ("room.viewed", family.coordinator.pk),
    ]
    assert entries[2].facts == {"first": 2, "last": 3, "reading": reading.pk, "capacity": "coordinator"}
    assert REASON not in str([entry.facts for entry in entries]), "reasons name people"


def test_nobody_approves_their_own(family, lead, rooms):
    for asker in (family.coordinator, lead):
        reading = ask(asker, rooms["academic"])
        with pytest.raises(NotYours):
            decide_reading(actor=asker, reading_id=reading.pk, approve=True)


def test_a_wellbeing_room_is_for_leads_to_ask_for_and_to_approve(family, lead, second_lead, second, rooms):
    with pytest.raises(NotYours):
        ask(family.coordinator, rooms["wellbeing"])
    reading = ask(lead, rooms["wellbeing"])
    for coordinator in (family.coordinator, second):
        with pytest.raises(NotYours):
            decide_reading(actor=coordinator, reading_id=reading.pk, approve=True)
    decide_reading(actor=second_lead, reading_id=reading.pk, approve=True)
    assert words(lead, rooms["wellbeing"]) == ["2天前", "1天前"]
    User.objects.filter(pk=lead.pk).update(is_safeguarding_lead=False)
    with pytest.raises(NotYours):
        words(User.objects.get(pk=lead.pk), rooms["wellbeing"])


def test_one_asking_waits_at_a_time_and_is_over_after_a_day(family, second, rooms, clock):
    reading = ask(family.coordinator, rooms["academic"])
    with pytest.raises(AlreadyAsked):
        ask(family.coordinator, rooms["academic"])
    clock.move_to(NOW + DAY)
    with pytest.raises(AlreadyDecided):
        decide_reading(actor=second, reading_id=reading.pk, approve=True)
    assert not waiting_readings(second).exists()
    again = ask(family.coordinator, rooms["academic"])
    reading.refresh_from_db()
    assert (reading.state, again.state) == ("lapsed", "waiting")


def test_it_is_decided_once(family, lead, second, rooms):
    reading = ask(family.coordinator, rooms["academic"])
    decide_reading(actor=second, reading_id=reading.pk, approve=False)
    with pytest.raises((AlreadyDecided, NotYours)):
        decide_reading(actor=second, reading_id=reading.pk, approve=True)
    with pytest.raises(AlreadyDecided):
        decide_reading(actor=lead, reading_id=reading.pk, approve=True)
    with pytest.raises(NotYours):
        words(family.coordinator, rooms["academic"])


def test_a_lead_goes_ahead_in_danger_and_another_reviews_it(family, lead, second_lead, rooms, second):
    with pytest.raises(NotYours):
        ask(family.coordinator, rooms["academic"], alone=True)
    reading = ask(lead, rooms["wellbeing"], alone=True)
    assert words(lead, rooms["wellbeing"]) == ["2天前", "1天前"]
    assert list(readings_to_review(second_lead)) == [reading] and not readings_to_review(lead).exists()
    assert not readings_to_review(second).exists()
    for other in (lead, second):
        with pytest.raises(NotYours):
            review_reading(actor=other, reading_id=reading.pk, review="right")
    review_reading(actor=second_lead, reading_id=reading.pk, review="wrong")
    assert not readings_to_review(second_lead).exists()
    with pytest.raises(AlreadyDecided):
        review_reading(actor=second_lead, reading_id=reading.pk, review="right")


def test_those_who_may_decide_are_told_and_nobody_else(family, lead, second_lead, second, rooms):
    Notice.objects.all().delete()
    ask(family.coordinator, rooms["academic"])
    assert told() == {("reading_asked", each.pk) for each in (lead, second_lead, second)}
    Notice.objects.all().delete()
    reading = ask(lead, rooms["wellbeing"])
    assert told() == {("reading_asked", second_lead.pk)}
    Notice.objects.all().delete()
    decide_reading(actor=second_lead, reading_id=reading.pk, approve=True)
    assert told() == {("reading_opened", lead.pk)}
    Notice.objects.all().delete()
    ask(lead, rooms["academic"], alone=True)
    assert told() == {("reading_alone", second_lead.pk)}


def told():
    return set(Notice.objects.values_list("kind", "person_id"))


def test_who_is_of_the_family_or_named_by_the_case_has_no_part_in_it(
    family, lead, second_lead, second, rooms
):
    family.child.guardianships.create(guardian=second, order=2)
    with pytest.raises(NotYours):
        ask(second, rooms["academic"])
    open_case(actor=None, child_id=family.child.pk, kind=Case.Kind.ABUSE, named_id=second_lead.pk)
    Notice.objects.all().delete()
    reading = ask(family.coordinator, rooms["academic"])
    assert told() == {("reading_asked", lead.pk)}
    for other in (second, second_lead):
        assert not waiting_readings(other).exists()
        with pytest.raises(NotYours):
            decide_reading(actor=other, reading_id=reading.pk, approve=True)
    decide_reading(actor=lead, reading_id=reading.pk, approve=True)
    assert words(family.coordinator, rooms["academic"]) == ["2天前", "1天前"]
    family.child.guardianships.create(guardian=family.coordinator, order=3)
    with pytest.raises(NotYours):
        words(family.coordinator, rooms["academic"])


def test_what_was_taken_away_stays_away(family, second, rooms):
    perform([Redact(rooms["academic"].pk, 2)], now=NOW)
    reading = ask(family.coordinator, rooms["academic"])
    decide_reading(actor=second, reading_id=reading.pk, approve=True)
    assert words(family.coordinator, rooms["academic"]) == [None, "1天前"]


def test_mentors_children_and_families_ask_for_nothing(family, rooms):
    for other in (family.parent, family.carer, family.child.user, family.academic.user, family.stranger):
        with pytest.raises(NotYours):
            ask(other, rooms["academic"])


@pytest.mark.parametrize(
    "more",
    [{"first": 1, "last": 2}, {"last": -1}, {"first": 40}, {"reason": "太短"}, {"code": "curiosity"}],
)
def test_a_faulty_asking_is_refused(family, rooms, more):
    with pytest.raises(Invalid):
        ask(family.coordinator, rooms["academic"], **more)
    assert not Reading.objects.exists()


def test_a_reading_joins_a_case_of_its_own_child_only(family, lead, second, rooms):
    reading = ask(family.coordinator, rooms["academic"])
    own = open_case(actor=lead, child_id=family.child.pk, kind=Case.Kind.OTHER)
    with pytest.raises(NotYours):
        attach_reading(actor=second, reading_id=reading.pk, case_id=own.pk)
    assert attach_reading(actor=lead, reading_id=reading.pk, case_id=own.pk).case == own


def test_whom_a_case_names_reads_nothing_of_its_child_alone_either(family, lead, second_lead, rooms):
    ask(lead, rooms["academic"], alone=True)
    assert words(lead, rooms["academic"])
    case = open_case(actor=None, child_id=family.child.pk, kind=Case.Kind.ABUSE, named_id=lead.pk)
    for room in rooms.values():
        with pytest.raises(NotYours):
            words(lead, room)
        for alone in (True, False):
            with pytest.raises(NotYours):
                ask(lead, room, alone=alone)
    close_case(actor=second_lead, case_id=case.pk, outcome="unfounded")
    with pytest.raises(NotYours):
        words(lead, rooms["academic"])
    release_case(actor=second_lead, case_id=case.pk)
    assert words(lead, rooms["academic"])


def test_a_mentor_of_the_child_reads_neither_of_its_rooms_as_a_lead(family, lead, second_lead, rooms):
    family.academic.user = lead
    family.academic.save()
    for alone in (True, False):
        with pytest.raises(NotYours):
            ask(lead, rooms["wellbeing"], alone=alone)
    ask(second_lead, rooms["wellbeing"])
    assert not waiting_readings(lead).exists()


def test_an_hour_that_ends_between_the_gate_and_the_page_opens_nothing(
    family, rooms, second, clock, monkeypatch
):
    room = rooms["academic"]
    decide_reading(actor=second, reading_id=ask(family.coordinator, room).pk, approve=True)
    still_open = pages.opened_to

    def late(*given):
        clock.shift(timedelta(minutes=60))
        return still_open(*given)

    monkeypatch.setattr(pages, "opened_to", late)
    with pytest.raises(NotYours):
        words(family.coordinator, room)
    assert not Entry.objects.filter(action="room.viewed").exists()


def test_a_review_that_finds_it_wrong_closes_the_room_at_once(family, lead, second_lead, rooms):
    for review in ("right", "wrong"):
        reading = ask(lead, rooms["wellbeing"], alone=True)
        assert words(lead, rooms["wellbeing"]) == ["2天前", "1天前"]
        review_reading(actor=second_lead, reading_id=reading.pk, review=review)
        if review == "right":
            assert words(lead, rooms["wellbeing"]) == ["2天前", "1天前"]
            Reading.objects.filter(pk=reading.pk).delete()
    with pytest.raises(NotYours):
        words(lead, rooms["wellbeing"])
    with pytest.raises(JustRefused):
        ask(lead, rooms["wellbeing"], alone=True)


def test_who_is_no_lead_any_more_loses_what_they_opened_alone_only(family, lead, second_lead, rooms):
    decide_reading(actor=second_lead, reading_id=ask(lead, rooms["academic"]).pk, approve=True)
    ask(lead, rooms["academic"], first=3, last=3, alone=True)
    assert words(lead, rooms["academic"])
    lead.is_safeguarding_lead = False
    lead.save()
    assert words(lead, rooms["academic"]) == ["2天前", "1天前"], "what two agreed on"
    Reading.objects.filter(alone=False).delete()
    with pytest.raises(NotYours):
        words(lead, rooms["academic"])


def test_who_was_refused_does_not_go_ahead_alone_in_that_room_for_a_day(
    family, lead, second_lead, rooms, clock
):
    decide_reading(actor=second_lead, reading_id=ask(lead, rooms["academic"]).pk, approve=False)
    clock.shift(DAY - timedelta(seconds=1))
    with pytest.raises(JustRefused):
        ask(lead, rooms["academic"], alone=True)
    ask(lead, rooms["academic"])  # with a second person they may ask again
    ask(second_lead, rooms["academic"], alone=True)
    ask(lead, rooms["wellbeing"], alone=True)
    clock.shift(timedelta(seconds=1))
    ask(lead, rooms["academic"], alone=True)
