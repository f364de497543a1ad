"""Whoever is of the family reads as family, and whom a sealed case names notices nothing of it."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from backend.care.cases import attach_talk, open_case, release_case
from backend.care.who_looked import looks_at
from backend.errors import NotYours
from backend.rosters.looking import open_child
from backend.rosters.models import Guardianship
from chat.access import summaries_for
from chat.acts import Arrive, Speak
from chat.history import history_for
from chat.models import Event
from chat.protocol import Side
from chat.record import perform
from chat.sessions import end_session

NOON = datetime(2020, 2, 19, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.ROOMS_ALWAYS_OPEN = True
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def written(family, clock):
    """Each mentor wrote about a session."""
    for role, mentor in (("academic", family.academic), ("wellbeing", family.wellbeing)):
        room = family.rooms[role]
        arrivals = [Arrive(room.pk, side, uuid4()) for side in Side]
        perform([*arrivals, Speak(room.pk, Side.CHILD, str(uuid4()), "老师好")], now=timezone.now())
        end_session(actor=mentor.user, room_id=room.pk, summary=role)
    clock.shift(timedelta(minutes=5))
    return family


def summaries(user):
    return sorted(summaries_for(user, timezone.now()).values_list("body", flat=True))


def history(user, family):
    lines = history_for(actor=user, child_id=family.child.pk, month=date(2020, 2, 1)).lines
    return sorted(line.summary for line in lines if line.summary)


def guard(user, family, **link):
    Guardianship.objects.create(child=family.child, guardian=user, order=2, **link)


def test_a_coordinator_whom_a_sealed_case_names_reads_nothing_of_the_child(written, lead):
    user, both = written.coordinator, ["academic", "wellbeing"]
    assert summaries(user) == history(user, written) == both
    case = open_case(actor=None, child_id=written.child.pk, kind="abuse", named_id=user.pk)
    assert summaries(user) == history(user, written) == []
    release_case(actor=lead, case_id=case.pk)
    assert summaries(user) == history(user, written) == both


def test_a_mentor_whom_it_names_sees_what_they_saw_but_for_what_is_sealed(written, lead, clock):
    user, room, both = written.wellbeing.user, written.rooms["academic"], ["academic", "wellbeing"]

    def view():
        month = history_for(actor=user, child_id=written.child.pk, month=date(2020, 2, 1))
        return summaries(user), month

    before = view()
    assert before[0] == history(user, written) == both
    case = open_case(actor=None, child_id=written.child.pk, kind="abuse", named_id=user.pk)
    assert view() == before
    # A day on, the child tells the other mentor, who writes it down.
    clock.shift(timedelta(days=1))
    arrivals = [Arrive(room.pk, side, uuid4()) for side in Side]
    perform([*arrivals, Speak(room.pk, Side.CHILD, str(uuid4()), "我怕林老师")], now=timezone.now())
    end_session(actor=written.academic.user, room_id=room.pk, summary="怕")
    clock.shift(timedelta(minutes=5))
    told = Event.objects.get(room=room, body="我怕林老师")
    assert "怕" in view()[0]
    attach_talk(actor=lead, case_id=case.pk, room_id=room.pk, first=told.s, last=told.s)
    assert view() == before
    assert "怕" in summaries(written.academic.user), "what they wrote themselves stays theirs"
    release_case(actor=lead, case_id=case.pk)
    assert "怕" in view()[0]


def test_a_parent_whom_it_names_sees_what_they_saw(written):
    before = summaries(written.parent), history(written.parent, written)
    open_case(actor=None, child_id=written.child.pk, kind="abuse", named_id=written.parent.pk)
    assert (summaries(written.parent), history(written.parent, written)) == before
    assert before == (["academic"], ["academic"])


def test_a_coordinator_who_is_a_parent_waits_for_a_day_like_any(written, clock):
    assert summaries(written.coordinator) == ["academic", "wellbeing"]
    guard(written.coordinator, written)
    assert summaries(written.coordinator) == history(written.coordinator, written) == ["academic"]
    clock.shift(timedelta(hours=24))
    both = ["academic", "wellbeing"]
    assert summaries(written.coordinator) == history(written.coordinator, written) == both


def test_a_suspended_guardian_reads_nothing_though_they_lead(written, lead, second_lead):
    open_child(actor=second_lead, child_id=written.child.pk, now=timezone.now())
    assert looks_at(lead, written.child.pk).count() == 1 and summaries(lead)
    guard(lead, written, status="suspended", status_reason="court")
    assert summaries(lead) == []
    for ask in (lambda: looks_at(lead, written.child.pk), lambda: history(lead, written)):
        with pytest.raises(NotYours):
            ask()
    assert looks_at(second_lead, written.child.pk).count() == 1
