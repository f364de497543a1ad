"""Joins, tabs, drops, clocks, ends, moves and cancels: the database against the rules kept in memory."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chat import duties, reading
from chat.acts import Act, Arrive, EndSession, Leave, Performed, Speak, Stir, Tick
from chat.measuring import differences
from chat.meetings import HourTaken, MeetingOver, cancel_meeting, hours_to_offer, move_meeting
from chat.models import Attendance, Event, Meeting, Session
from chat.protocol import Side
from chat.record import perform
from chat.rules import meetings as meeting_rules
from chat.rules import sessions as rules
from chat.rules.attendance import STALE
from tests.chat.people import add_family, at

SIDES = st.sampled_from(list(Side))
STEPS = st.sampled_from([1, 5, 20, 44, 46, 59, 61, 110, 130, 300, 720, 900, 1500, 4000])
START = at(18.5, day=19)  # half an hour before the academic meeting


class Rooms(RuleBasedStateMachine):
    """model: the room as the pure rules have it, never stored.  tabs: those that the model has open."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = transaction.atomic()
        self.scope.__enter__()
        self.family = add_family()
        self.room = self.family.rooms["academic"]
        Meeting.objects.all().delete()
        self.meetings: dict[int, meeting_rules.Meeting] = {}
        for week in range(2):
            start = at(19, day=19) + timedelta(weeks=week)
            row = Meeting.objects.create(
                pairing=self.room.pairing,
                child=self.family.child,
                mentor=self.family.academic,
                planned_start=start,
                start=start,
            )
            self.meetings[row.pk] = row.value()
        self.now = START
        self.model = rules.Room(rules.ACADEMIC)
        self.tabs: dict[UUID, tuple[Side, int]] = {}
        self.silent: dict[UUID, object] = {}  # dropped without a word: token → last seen
        self.sessions: list[list[object]] = []

    @initialize()
    def both_come(self) -> None:
        self.joins(Side.MENTOR)
        self.joins(Side.CHILD)

    def teardown(self) -> None:
        try:
            self.settle_everything()
        finally:
            transaction.set_rollback(True)
            self.scope.__exit__(None, None, None)

    def settle_everything(self) -> None:
        """Weeks later nobody is there, every session has ended, every meeting was judged, minutes agree."""
        self.silent.update({token: self.now for token in self.tabs if token not in self.silent})
        self.now += timedelta(weeks=3)
        self.run([Tick(self.room.pk)], lambda: self.take(rules.tick(self.model, self.now)))
        self.sessions_agree()
        assert not Session.objects.filter(ended_at=None).exists()
        duties.settle_sessions(self.now)
        duties.judge_meetings(self.now)
        judged = Meeting.objects.exclude(state="cancelled")
        assert not judged.exclude(state__in=meeting_rules.JUDGEMENTS).exists()
        assert duties.judge_meetings(self.now) == 0
        assert list(differences(self.now)) == []

    def run(self, acts: list[Act], step) -> Performed:
        """The act on the database, and the same on the model, which first hears of who was lost."""
        done = perform(acts, now=self.now)
        for token, seen in sorted(self.silent.items(), key=lambda item: item[1]):
            if self.now - seen > STALE:
                side, tab = self.tabs.pop(token)
                del self.silent[token]
                self.take(rules.leave(self.model, side, tab, seen))
        step()
        return done

    def take(self, result: rules.Step) -> None:
        self.model, happened = result
        for each in happened:
            match each:
                case rules.Opened(opened):
                    self.sessions.append([opened, None, ""])
                case rules.Ended(ended, why, _):
                    self.sessions[-1][1:] = [ended, why.value]

    def own(self, side: Side) -> list[UUID]:
        return [token for token, (whose, _tab) in self.tabs.items() if whose is side]

    @rule(seconds=STEPS)
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        reading.beat({token: self.now for token in self.tabs if token not in self.silent})

    @rule(side=SIDES)
    def joins(self, side: Side) -> None:
        token = uuid4()

        def step() -> None:
            tab = Attendance.objects.get(token=token).pk
            self.take(rules.arrive(self.model, side, tab, self.now))
            self.tabs[token] = (side, tab)

        if len([each for each in self.own(side)]) < 5:
            self.run([Arrive(self.room.pk, side, token)], step)

    @precondition(lambda self: self.tabs)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(list(self.tabs)))

        def step() -> None:
            if token in self.tabs:
                side, tab = self.tabs.pop(token)
                self.silent.pop(token, None)
                self.take(rules.leave(self.model, side, tab, self.now))

        self.run([Leave(self.room.pk, token, self.now)], step)

    @precondition(lambda self: set(self.tabs) - set(self.silent))
    @rule(data=st.data())
    def drops(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from([each for each in self.tabs if each not in self.silent]))
        self.silent[token] = Attendance.objects.get(token=token).last_seen_at

    @rule(side=SIDES, seconds=st.sampled_from([600, 1500]))
    def speaks_and_falls_silent(self, side: Side, seconds: int) -> None:
        self.speaks(side)
        self.time_passes(seconds)
        self.clock_ticks()

    @rule(side=SIDES)
    def speaks(self, side: Side) -> None:
        def step() -> None:
            if self.own(side):
                self.take(rules.speak(self.model, side, self.now))

        self.run([Speak(self.room.pk, side, str(uuid4()), "好")], step)

    @rule(side=SIDES)
    def types(self, side: Side) -> None:
        def step() -> None:
            if self.own(side):
                self.take(rules.stir(self.model, side, self.now))

        self.run([Stir(self.room.pk, side)], step)

    @rule()
    def mentor_ends(self) -> None:
        def step() -> None:
            if self.model.running is not None:
                self.take(rules.end(self.model, Side.MENTOR, self.now))

        self.run([EndSession(self.room.pk, Side.MENTOR, self.family.academic.user_id, "好")], step)

    @rule()
    def clock_ticks(self) -> None:
        self.run([Tick(self.room.pk)], lambda: self.take(rules.tick(self.model, self.now)))

    @rule(data=st.data(), cancels=st.booleans())
    def a_meeting_changes(self, data: st.DataObject, cancels: bool) -> None:
        pk = data.draw(st.sampled_from(list(self.meetings)))
        before = self.meetings[pk]
        begins, ends = before.start - timedelta(minutes=15), before.start + timedelta(hours=1)
        met = any(begins <= opened < ends for opened, *_ in self.sessions)
        may = meeting_rules.may_change(before, self.now) and not met
        try:
            if cancels:
                cancel_meeting(actor=self.family.parent, meeting_id=pk, now=self.now)
                self.meetings[pk] = meeting_rules.cancel(before, self.now)
            else:
                offered = hours_to_offer(actor=self.family.carer, meeting_id=pk, now=self.now)
                start = data.draw(st.sampled_from([hour.start for hour in offered]))
                move_meeting(actor=self.family.carer, meeting_id=pk, start=start, now=self.now)
                self.meetings[pk] = meeting_rules.move(before, start, self.now)
        except (MeetingOver, HourTaken):
            assert not may

    @rule()
    def the_judge_comes(self) -> None:
        due = [pk for pk, each in self.meetings.items() if meeting_rules.is_due(each, self.now)]
        duties.judge_meetings(self.now)
        for row in Meeting.objects.filter(pk__in=self.meetings):
            judged = row.state in meeting_rules.JUDGEMENTS
            assert not judged or row.pk in due or self.meetings[row.pk].state == row.state
            late = self.now - row.start >= timedelta(hours=1, minutes=5)
            assert judged or row.state == "cancelled" or not late
            self.meetings[row.pk] = row.value()

    @invariant()
    def sessions_agree(self) -> None:
        found = Session.objects.order_by("pk").values_list("opened_at", "ended_at", "why")
        assert [list(row) for row in found] == self.sessions

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        numbers = list(Event.objects.filter(room=self.room).order_by("s").values_list("s", flat=True))
        assert all(later == one + 1 for one, later in pairwise([0, *numbers]))
        self.room.refresh_from_db()
        assert self.room.last_s == len(numbers)

    @invariant()
    def meetings_agree(self) -> None:
        rows = {row.pk: row.value() for row in Meeting.objects.filter(pk__in=self.meetings)}
        assert rows == self.meetings


@pytest.mark.django_db
def test_the_database_follows_the_rules(settings_for_rooms):
    run_state_machine_as_test(
        Rooms,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking takes minutes here
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def settings_for_rooms(settings):
    settings.ROOMS_ALWAYS_OPEN = True
    return settings
