"""The family's fortnight: what happens beside the meetings, and what is said in them.

A lesson, a moved hour, a new counsellor, a missed meeting and a call instead of it, a poem, a held number.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from backend.web.demonstration import people, talks
from backend.web.demonstration.history import by_chance, in_words, say
from backend.web.demonstration.talks import Talk
from chat.meetings import hours_to_offer, move_meeting, record_meeting_elsewhere
from chat.models import Meeting
from chat.protocol import Side
from chat.rules.times import HOUR, local_day, local_time
from matching.models import Pairing, Role

Scene = tuple[datetime, Callable[[datetime], None]]


class Story:
    """replace: publishes the round in which the child gets another counsellor; called at ``replaced_at``."""

    def __init__(
        self,
        family: Pairing,
        *,
        began: datetime,
        replaced_at: datetime,
        now: datetime,
        replace: Callable[[datetime], None],
    ) -> None:
        self.family, self.replaced_at = family, replaced_at
        self._replace = replace
        self._talks: dict[int, list[Talk]] = defaultdict(list)
        first_counsellor = self._pair(Role.WELLBEING)
        self._talks[family.pk] = [talks.FRACTIONS, talks.NOBODY_CAME]
        self._talks[first_counsellor.pk] = [talks.MISSING_MUM]
        for role, (learning, wellbeing) in talks.OF_OTHERS.items():
            for pairing in Pairing.objects.live().filter(child__user=people.person(role)):
                self._talks[pairing.pk] = [learning if pairing.role == Role.ACADEMIC else wellbeing]
        lesson, missed = Meeting.objects.filter(pairing=family).order_by("start")[:2]
        yesterday = local_day(now) - timedelta(days=1)
        evening = local_time(local_day(lesson.start) + timedelta(days=2), 17)
        self._scenes: list[Scene] = [
            (began + HOUR, lambda at: self._move_one(first_counsellor, at)),
            (evening, lambda at: self._say(family, Side.CHILD, talks.POEM, at)),
            (evening + 3 * HOUR, lambda at: self._say(family, Side.MENTOR, talks.POEM_ANSWER, at)),
            (replaced_at - HOUR, lambda at: self._say(first_counsellor, Side.MENTOR, (talks.FAREWELL,), at)),
            (replaced_at, self._change_counsellor),
            (missed.start + HOUR * 3 / 4, lambda at: self._call_instead(missed, at)),
            (local_time(yesterday, 18), self._say_a_number),
        ]
        self._scenes.sort(key=lambda scene: scene[0])

    def before(self, hour: datetime) -> None:
        """Everything that happens up to this hour and has not happened yet."""
        while self._scenes and self._scenes[0][0] <= hour:
            at, happens = self._scenes.pop(0)
            happens(at)

    def talk_for(self, meeting: Meeting) -> Talk:
        own = self._talks.get(meeting.pairing_id)
        return own.pop(0) if own else by_chance(meeting)

    def _pair(self, role: Role) -> Pairing:
        return (
            Pairing.objects.live()
            .select_related("room", "mentor__user")
            .get(child=self.family.child, role=role)
        )

    def _say(self, pairing: Pairing, side: Side, lines: tuple, at: datetime) -> None:
        for number, line in enumerate(lines):
            text = line if isinstance(line, str) else line[1]
            say(pairing.room, side, text, at + number * timedelta(minutes=1))

    def _move_one(self, first_counsellor: Pairing, at: datetime) -> None:
        """The carer gives one of the first two meetings another hour, as near as there is one free."""
        carer = self.family.child.carer.user
        for pairing in (first_counsellor, self.family):
            meeting = Meeting.objects.filter(pairing=pairing).earliest("start")
            offered = hours_to_offer(actor=carer, meeting_id=meeting.pk, now=at)
            fitting = [hour.start for hour in offered if hour.end < self.replaced_at - HOUR]
            if fitting:
                nearest = min(fitting, key=lambda start: abs(start - meeting.start))
                move_meeting(actor=carer, meeting_id=meeting.pk, start=nearest, now=at)
                return

    def _change_counsellor(self, at: datetime) -> None:
        self._replace(at)
        new = self._pair(Role.WELLBEING)
        self._talks[new.pk] = [talks.GETTING_TO_KNOW]
        self._say(new, Side.MENTOR, (talks.WELCOME,), at + 4 * HOUR)

    def _call_instead(self, missed: Meeting, at: datetime) -> None:
        record_meeting_elsewhere(
            actor=self.family.mentor.user,
            pairing_id=self.family.pk,
            began_at=at,
            minutes=16,
            medium="phone",
            summary=in_words(talks.BY_PHONE, self.family),
            now=at + HOUR / 2,
        )

    def _say_a_number(self, at: datetime) -> None:
        """An adult's number is held for a coordinator, as the check of words would do it."""
        say(self.family.room, Side.MENTOR, talks.HELD, at, held_for="contact")
