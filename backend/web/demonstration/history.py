"""Time played: what the invented people did since, through the same acts that the sockets perform.

Hour by hour: who met is played, then the rooms' own duties judge and settle as their clock would have.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils import translation

from backend.web.demonstration.people import is_behind_a_door
from backend.web.demonstration.talks import Talk, everyday
from backend.web.saying import teacher
from chat import duties
from chat.acts import Act, Arrive, EndSession, Leave, MarkRead, Speak, Stir
from chat.models import Attendance, Meeting, Room, Serving, Session
from chat.planning import drop_meetings, plan_meetings
from chat.protocol import Side
from chat.reading import beat
from chat.record import perform
from chat.rules.times import HOUR
from chat.sessions import write_summary
from matching.models import Pairing, Role

JUDGED_AFTER = timedelta(minutes=2)
SUMMARY_AFTER = timedelta(minutes=10)
LOOKS_BACK = timedelta(days=14)
EVERYTHING = 2**31  # a mark beyond the last number means the last one
Choose = Callable[[Meeting], Talk]


@dataclass(slots=True)
class Visit:
    """One meeting's time together, as acts of its room."""

    meeting: Meeting
    talk: Talk
    tokens: dict[Side, UUID] = field(default_factory=dict)

    def acts(self) -> Iterable[tuple[datetime, Act]]:
        room, start, talk = self.meeting.pairing.room.pk, self.meeting.start, self.talk
        over = start + timedelta(minutes=talk.minutes)
        for side, comes, late in (
            (Side.MENTOR, talk.mentor_comes, 0),
            (Side.CHILD, talk.child_comes, talk.child_late),
        ):
            if comes:
                self.tokens[side] = uuid4()
                yield start + timedelta(minutes=late), Arrive(room, side, self.tokens[side])
        for after, side, text in talk.said():
            yield start + after, Speak(room, side, str(uuid4()), in_words(text, self.meeting.pairing))
        if len(self.tokens) == 2:
            mentor = self.meeting.pairing.mentor.user_id
            if talk.spread or self._is_looked_at():
                for side in Side:
                    yield over, MarkRead(room, side, EVERYTHING)
            if not talk.spread and self.meeting.pairing.role == Role.WELLBEING:
                yield start + HOUR / 5, Stir(room, Side.CHILD)  # or the silence between would end it
            # A mood goes with a summary written from the page, a little later.
            summary = in_words(talk.summary, self.meeting.pairing) if talk.mood is None else None
            yield over, EndSession(room, Side.MENTOR, mentor, summary or None)
        for token in self.tokens.values():
            yield over, Leave(room, token, over)

    def _is_looked_at(self) -> bool:
        """What is unread matters only to those whom a visitor can be."""
        pairing = self.meeting.pairing
        return is_behind_a_door(pairing.mentor.user) or is_behind_a_door(pairing.child.user)

    def write_summary(self) -> None:
        if self.talk.mood is not None:
            over = self.meeting.start + timedelta(minutes=self.talk.minutes)
            session = Session.objects.filter(room=self.meeting.pairing.room).latest("opened_at")
            write_summary(
                actor=self.meeting.pairing.mentor.user,
                session_id=session.pk,
                body=in_words(self.talk.summary, self.meeting.pairing),
                mood=self.talk.mood,
                now=over + SUMMARY_AFTER,
            )


def play_visits(visits: list[Visit]) -> None:
    """All of them side by side: what happens at one moment, in however many rooms, is one transaction."""
    script: dict[datetime, list[Act]] = defaultdict(list)
    for visit in visits:
        for moment, act in visit.acts():
            script[moment].append(act)
    here: dict[int, set[UUID]] = defaultdict(set)
    for moment, acts in sorted(script.items(), key=lambda item: item[0]):
        # As the sockets' heartbeat does every few seconds; silent connections would be closed as lost.
        heard = {token: moment for act in acts for token in here[act.room]}
        if heard:
            beat(heard)
        perform(acts, now=moment)
        for act in acts:
            if isinstance(act, Arrive):
                here[act.room].add(act.token)
    for visit in visits:
        visit.write_summary()


def by_chance(meeting: Meeting) -> Talk:
    """The same talk for the same meeting, whenever it is played."""
    draw = random.Random(f"{meeting.pairing_id} {meeting.planned_start}").random()  # noqa: S311
    return everyday(draw, academic=meeting.pairing.role == Role.ACADEMIC)


def play_until(
    now: datetime, choose: Choose = by_chance, *, before: Callable[[datetime], None] | None = None
) -> Iterator[int]:
    """Plays every meeting whose hour is over by ``now`` and that nobody has judged; gives the count of each hour.

    before: called with each hour before it is played.  Rooms that somebody really entered are left alone.
    """
    due = (
        Meeting.objects.to_come()
        .filter(start__lte=now - HOUR)
        .order_by("start")
        .values_list("start", flat=True)
    )
    while (start := due.first()) is not None:
        if before is not None:
            before(start)
        yield _play_hour(start, choose)
        judged_at = start + HOUR + JUDGED_AFTER
        if judged_at > now:
            return  # the worker's duty judges them when it is time
        duties.settle_sessions(judged_at)
        duties.judge_meetings(judged_at)


def _play_hour(start: datetime, choose: Choose) -> int:
    meetings = (
        Meeting.objects.to_come()
        .filter(start=start, pairing__ended_at=None)
        .select_related(
            "pairing__room", "pairing__child__carer", "pairing__child__user", "pairing__mentor__user"
        )
    )
    entered = set(
        Attendance.objects.filter(since__gte=start - HOUR / 4, since__lt=start + HOUR).values_list(
            "room", flat=True
        )
    )
    visits = [Visit(each, choose(each)) for each in meetings if each.pairing.room.pk not in entered]
    play_visits(visits)
    if Serving.objects.exists():  # since a server first ran, an hour that nobody served is judged void
        Serving.objects.create(process=uuid4(), since=start, seen_at=start + HOUR)
    return len(visits)


def in_words(text: str, pairing: Pairing) -> str:
    child = pairing.child
    carer = child.carer.relation if hasattr(child, "carer") else ""
    with translation.override("zh-hans"):
        name = teacher(pairing.mentor.name)
    return text.format(
        child=child.call_name, teacher=name, carer=carer or "家里人", phone=pairing.mentor.user.phone
    )


def pause_long_ago(now: datetime) -> None:
    """A demonstration that slept for more than two weeks had no meetings then, and two weeks of new ones."""
    begin = now - LOOKS_BACK
    overdue = Meeting.objects.to_come().filter(start__lt=begin - HOUR)
    first = overdue.order_by("start").values_list("start", flat=True).first()
    if first is not None:
        live = list(Pairing.objects.live().values_list("pk", flat=True))
        drop_meetings(live, now=first - HOUR, moved_too=True)
        plan_meetings(now=now, since=begin)


def say(room: Room, side: Side, text: str, at: datetime, *, held_for: str | None = None) -> None:
    """Words between meetings: somebody comes by, says something, and goes."""
    token = uuid4()
    perform([Arrive(room.pk, side, token)], now=at)
    over = at + timedelta(seconds=20)
    perform(
        [
            Speak(room.pk, side, str(uuid4()), in_words(text, room.pairing), held_for=held_for),
            MarkRead(room.pk, side, EVERYTHING),
            Leave(room.pk, token, over),
        ],
        now=over,
    )
