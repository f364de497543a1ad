"""What people do with a meeting: move it, cancel it and take that back, report that it took place elsewhere."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend import policy
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.rosters.models import ChildSlot, Mentor, MentorSlot
from chat import signals
from chat.access import access_meeting, access_pairing, relations_to_pairing
from chat.conditions import programme, room_hours
from chat.models import Elsewhere, Meeting
from chat.models.meetings import Meetings
from chat.protocol import LIMITS
from chat.rules import meetings as rules
from chat.rules.meetings import MeetingState
from chat.rules.times import HOUR, Interval, local_day, slot_on
from chat.summaries import add_version, check_mood, checked_words

OFFERED = timedelta(days=14)
REPORTED_WITHIN = timedelta(days=31)


class MeetingOver(Conflict):
    """It was judged or cancelled already, or its hour is over."""

    code = "meeting.over"


class HourTaken(Conflict):
    """The hour is not free for both."""

    code = "meeting.hour_taken"


def hours_to_offer(*, actor: Any, meeting_id: int, now: datetime | None = None) -> tuple[Interval, ...]:
    """Hours of the next two weeks that are free for both; earliest first."""
    return _free_hours(access_meeting(actor, meeting_id, "move"), now or timezone.now())


def _free_hours(meeting: Meeting, now: datetime) -> tuple[Interval, ...]:
    child, mentor, away = meeting.child_id, meeting.mentor_id, meeting.pairing.mentor.away_until
    theirs = Meeting.objects.exclude(state=MeetingState.CANCELLED).filter(
        start__gt=now - HOUR, start__lt=now + OFFERED + HOUR
    )
    taken = [
        Interval(start, start + HOUR)
        for start in theirs.filter(Q(child=child) | Q(mentor=mentor)).values_list("start", flat=True)
    ]
    return rules.free_hours(
        child_slots=frozenset(ChildSlot.objects.filter(child=child).values_list("slot", flat=True)),
        mentor_slots=frozenset(MentorSlot.objects.filter(mentor=mentor).values_list("slot", flat=True)),
        taken=taken,
        first=local_day(now) if away is None else max(local_day(now), away + timedelta(days=1)),
        last=local_day(now + OFFERED),
        now=now,
        birth=meeting.pairing.child.birth_date,
        programme=programme(now),
        hours=room_hours(),
    )


@transaction.atomic
def move_meeting(*, actor: Any, meeting_id: int, start: datetime, now: datetime | None = None) -> Meeting:
    """To one of the hours that `hours_to_offer` gives. Raises MeetingOver or HourTaken."""
    now = now or timezone.now()
    meeting = access_meeting(actor, meeting_id, "move")
    _check_may_change(meeting, now)
    if start not in {hour.start for hour in _free_hours(meeting, now)}:
        raise HourTaken(_("This hour is not free for both. Please choose another one."))
    return _change(meeting, actor, now, start=start, state=MeetingState.MOVED)


@transaction.atomic
def cancel_meeting(
    *, actor: Any, meeting_id: int, for_absence: bool = False, now: datetime | None = None
) -> Meeting:
    """This one only; the weekly hour stays. for_absence: until the mentor is back. Raises MeetingOver."""
    now = now or timezone.now()
    meeting = access_meeting(actor, meeting_id, "cancel")
    _check_may_change(meeting, now)
    state = MeetingState.CANCELLED
    return _change(meeting, actor, now, start=meeting.start, state=state, for_absence=for_absence)


def take_up_again(*, actor: Any, meeting: Meeting, now: datetime) -> bool:
    """A meeting to come that was cancelled for an absence takes place after all, if its pair, which stands, still has
    the hour and nobody else does. Inside the transaction that ends the absence, which was allowed.
    """
    if not (meeting.for_absence and meeting.start > now and _is_free(meeting, now)):
        return False
    as_planned = meeting.start == meeting.planned_start
    state = MeetingState.PLANNED if as_planned else MeetingState.MOVED
    _change(meeting, actor, now, start=meeting.start, state=state)
    return True


@transaction.atomic
def take_back_cancelling(*, actor: Any, meeting_id: int, now: datetime | None = None) -> Meeting:
    """Only by who cancelled it, while both still have the hour. Raises MeetingOver or HourTaken."""
    now = now or timezone.now()
    meeting = access_meeting(actor, meeting_id, "cancel")
    if not may_take_back(actor, meeting, now):
        raise MeetingOver(
            _("This can't be taken back any more. Please choose another time for the next one.")
        )
    assert meeting.changed_at is not None  # by a constraint
    as_before = rules.take_back(meeting.value(), meeting.planned_start, meeting.changed_at, now)
    return _change(meeting, actor, now, start=meeting.start, state=as_before.state)


def may_take_back(actor: Any, meeting: Meeting, now: datetime) -> bool:
    """This person cancelled it a moment ago, and both still have the hour. The meeting is of `access_meeting`."""
    if (
        meeting.changed_by_id != actor.pk
        or meeting.changed_at is None
        or meeting.pairing.ended_at is not None
    ):
        return False
    return rules.may_take_back(meeting.value(), meeting.changed_at, now) and _is_free(meeting, now)


def to_take_back(*, actor: Any, among: Meetings, now: datetime) -> list[Meeting]:
    """Those that this person cancelled and may still take back, the soonest first; among: of `meetings_for`."""
    lately = among.filter(
        state=MeetingState.CANCELLED,
        changed_by=actor,
        changed_at__gt=now - rules.TAKEN_BACK,
        start__gt=now - rules.NEAR,
    )
    return [meeting for meeting in lately if may_take_back(actor, meeting, now)]


class Against(StrEnum):
    """Why a cancelled meeting can't take place after all."""

    TAKEN = "taken"  # one of the two has another meeting then
    OTHER_HOUR = "other_hour"  # the pair's weekly hour is another one now
    NO_DAY = "no_day"  # no day of the programme any more
    AWAY = "away"  # the mentor is ill then


def stands_against(meeting: Meeting, now: datetime) -> Against | None:
    """What keeps both from having this meeting's hour still."""
    beside = Meeting.objects.exclude(state=MeetingState.CANCELLED).filter(
        Q(child=meeting.child_id) | Q(mentor=meeting.mentor_id)
    )
    if beside.filter(start__gt=meeting.start - HOUR, start__lt=meeting.start + HOUR).exists():
        return Against.TAKEN
    day = local_day(meeting.start)
    as_planned = meeting.start == meeting.planned_start
    if as_planned and slot_on(day, meeting.pairing.slot) != meeting.value().hour:
        return Against.OTHER_HOUR
    if not programme(now).has(day):
        return Against.NO_DAY
    return Against.AWAY if meeting.pairing.mentor.is_away(day) else None


def _is_free(meeting: Meeting, now: datetime) -> bool:
    return stands_against(meeting, now) is None


def may_change(meeting: Meeting, now: datetime) -> bool:
    """It can still be moved or cancelled. The meeting is of `access_meeting` or `meetings_for`."""
    lives = meeting.pairing.ended_at is None
    return lives and not meeting.met and rules.may_change(meeting.value(), now)


def _check_may_change(meeting: Meeting, now: datetime) -> None:
    if not may_change(meeting, now):
        raise MeetingOver(_("This meeting is over or was cancelled: it can't be changed any more."))


def _change(
    meeting: Meeting,
    actor: Any,
    now: datetime,
    *,
    start: datetime,
    state: MeetingState,
    for_absence: bool = False,
) -> Meeting:
    """Claims the meeting as it was looked at; the database refuses a doubled hour, and whoever said meanwhile that the
    mentor is ill was first.
    """
    old_start, before, was = meeting.start, meeting.changed_by_id, meeting.state
    if state is not MeetingState.CANCELLED:
        mentor = Mentor.objects.select_for_update().get(pk=meeting.mentor_id)
        if mentor.is_away(local_day(start)):
            raise HourTaken(_("This hour is not free for both. Please choose another one."))
    as_seen = Meeting.objects.filter(pk=meeting.pk, state=meeting.state, start=old_start)
    as_seen = as_seen.filter(changed_at=meeting.changed_at)
    try:
        with transaction.atomic():
            claimed = as_seen.update(
                start=start, state=state, changed_by=actor, changed_at=now, for_absence=for_absence
            )
    except IntegrityError:
        raise HourTaken(_("This hour is not free for both. Please choose another one.")) from None
    if not claimed:
        raise MeetingOver(_("Somebody changed this meeting a moment ago. Please look at it again."))
    meeting.start, meeting.state, meeting.changed_by, meeting.changed_at = start, state, actor, now
    done = "taken_back" if was == MeetingState.CANCELLED else state
    audit.record(actor, f"meeting.{done}", meeting, start=start.isoformat(), before=old_start.isoformat())
    signals.meeting_changed.send(
        Meeting, meeting=meeting, actor=actor, old_start=old_start, was=was, before=before
    )
    return meeting


@transaction.atomic
def record_meeting_elsewhere(
    *,
    actor: Any,
    pairing_id: int,
    began_at: datetime,
    minutes: int,
    medium: str,
    summary: str = "",
    mood: int | None = None,
    now: datetime | None = None,
) -> Elsewhere:
    """A meeting by telephone or video, as the mentor reports it. Raises Invalid or Conflict."""
    now = now or timezone.now()
    pairing = access_pairing(actor, pairing_id, "meeting", "record")
    if medium not in Elsewhere.Medium.values or not 1 <= minutes <= 180:
        raise Invalid(_("Please say how you met, and for 1 to 180 minutes."))
    if not now - REPORTED_WITHIN <= began_at <= now or began_at < pairing.started_at:
        raise Invalid(_("Please give a time in the last month since you became this child's mentor."))
    check_mood(mood, pairing.role)
    span = Interval(began_at, began_at + timedelta(minutes=minutes))
    near = {row.pk: row for row in Meeting.objects.filter(pairing=pairing)}
    found = rules.meeting_of(span, (row.value() for row in near.values()))
    try:
        with transaction.atomic():
            report = Elsewhere.objects.create(
                room=pairing.room,
                meeting=None if found is None else near[found.row],
                medium=medium,
                began_at=began_at,
                minutes=minutes,
                recorded_by=actor,
                recorded_at=now,
            )
    except IntegrityError:
        raise Conflict(_("A meeting at this time is reported already.")) from None
    if summary.strip():
        text = checked_words(summary.strip()[: LIMITS.summary_chars])
        add_version(report, body=text, written_by=actor.pk, now=now, mood=mood)
    audit.record(actor, "meeting.reported", report, minutes=minutes, medium=medium)
    return report


@transaction.atomic
def dispute_meeting_elsewhere(*, actor: Any, report_id: int, now: datetime | None = None) -> Elsewhere:
    """The family says that it did not take place. Twice is once."""
    report = Elsewhere.objects.select_related("room__pairing__child", "room__pairing__mentor")
    found = report.select_for_update(of=("self",)).filter(pk=report_id).first()
    relations = relations_to_pairing(actor, found and found.room.pairing)
    if found is None or not policy.allows("meeting", "dispute", relations):
        raise NotYours
    if found.disputed_at is None:
        found.disputed_at, found.disputed_by = now or timezone.now(), actor
        found.save(update_fields=["disputed_at", "disputed_by"])
        audit.record(actor, "meeting.disputed", found)
    return found
