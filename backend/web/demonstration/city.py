"""The demonstration city, made through the same use-cases that people use."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from backend.accounts.models import User
from backend.rosters import city, imports
from backend.rosters.models import RosterUpload
from backend.web.demonstration import people
from backend.web.demonstration.duty import a_case_of_last_week, keep_on_duty
from backend.web.demonstration.history import play_until
from backend.web.demonstration.history import say as say_in
from backend.web.demonstration.live import start_again
from backend.web.demonstration.story import Story
from backend.web.demonstration.talks import WAITING
from chat.explaining import understand
from chat.models import Meeting, Room
from chat.protocol import Side
from chat.rules.times import HOUR, local_day, local_time
from matching.locks import add_lock
from matching.models import Lock, Pairing, Role, Round
from matching.publishing import publish_round
from matching.rounds import start_round
from matching.solving import run_next_round
from matching.states import State

# Two whole weeks of every weekly hour, whatever the hour is now.
BEGAN = timedelta(days=15)
REPLACED_AFTER = timedelta(days=7)
KEEPING = 100  # points for an unchanged pair in the second round
Say = Callable[[str], None]


class NotSolved(Exception):
    """The demonstration's round failed."""


def build(say: Say, *, now: datetime | None = None, size: int = 698) -> Round:
    """Roster, rounds and history; each step only if it is still missing, so an interrupted start goes on."""
    now = now or timezone.now()
    coordinator = people.person("coordinator") or User.objects.create_user(
        name="周敏", login=people.login_of("coordinator"), is_coordinator=True, is_safeguarding_lead=True
    )
    if people.person("lead") is None:
        User.objects.create_user(
            name="何静", login=people.login_of("lead"), is_coordinator=True, is_safeguarding_lead=True
        )
    if not RosterUpload.objects.filter(state=RosterUpload.State.TAKEN).exists():
        say("Importing the demonstration roster …")
        _import(coordinator, now, size)
    if not Round.objects.filter(state=State.PUBLISHED).exists():
        say("Matching …")
        began = local_time(local_day(now - BEGAN), 9)
        _publish(coordinator, _solve(coordinator), began)
        with transaction.atomic():
            people.take_up_invitations()
            people.answer_about_hours(began + 3 * HOUR)
    if not Round.objects.filter(state=State.SUPERSEDED).exists():
        say("Matching again: one child gets another counsellor …")
        _tell_story(say, coordinator, now)
    else:
        _count(say, start_again(now), now)
    keep_on_duty(now)
    return Round.objects.get(state=State.PUBLISHED)


def _import(coordinator: User, now: datetime, size: int) -> None:
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=local_day(now), size=size)
    content = buffer.getvalue()
    (Path(settings.DATA_DIR) / "demo-roster.xlsx").write_bytes(content)
    upload = imports.check_upload(actor=coordinator, file_name="demo-roster.xlsx", content=content)
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    RosterUpload.objects.filter(pk=upload.pk).update(uploaded_at=now - BEGAN, taken_at=now - BEGAN)


def _solve(coordinator: User, stickiness: int = 0) -> Round:
    round_ = Round.objects.filter(state__in=[State.SOLVING, State.SOLVED]).first()
    round_ = round_ or start_round(actor=coordinator, stickiness=stickiness)
    with tqdm(total=1.0, desc="Round", bar_format="{desc}: {bar} {postfix}", disable=None) as bar:
        while round_.state == State.SOLVING:
            run_next_round()
            round_.refresh_from_db()
        bar.update(1.0)
    if round_.state != State.SOLVED:
        raise NotSolved(f"The round could not be solved: {round_.error}")
    return round_


def _publish(coordinator: User, round_: Round, at: datetime) -> None:
    publish_round(actor=coordinator, round_id=round_.pk, version=round_.version, now=at)
    # It was solved just now, for a day that lies behind: its row belongs to that day.
    Round.objects.filter(pk=round_.pk).update(created_at=at - HOUR, solved_at=at - HOUR)


def _tell_story(say: Say, coordinator: User, now: datetime) -> None:
    began = Round.objects.get(state=State.PUBLISHED).published_at
    family = people.choose_family()
    counsellor = Pairing.objects.live().get(child=family.child, role=Role.WELLBEING).mentor
    unwanted = {"kind": Lock.Kind.FORBID, "child": family.child, "mentor": counsellor, "role": Role.WELLBEING}
    if not Lock.objects.filter(lifted_at=None, **unwanted).exists():
        add_lock(
            actor=coordinator,
            kind=Lock.Kind.FORBID,
            child_id=family.child_id,
            mentor_id=counsellor.pk,
            role=Role.WELLBEING,
        )
    second = _solve(coordinator, KEEPING)
    say("Playing two weeks …")
    with transaction.atomic():
        _open_doors(family, second)
        story = Story(
            family,
            began=began,
            replaced_at=local_time(local_day(began + REPLACED_AFTER), 12),
            now=now,
            replace=lambda at: _publish(coordinator, second, at),
        )
        _count(say, play_until(now, story.talk_for, before=story.before), now)
        story.before(now)
        for _nothing in start_again(now):
            pass
        a_case_of_last_week(now)
        # Before the lesson, or it would count as one that is used.
        say_in(family.room, Side.MENTOR, WAITING, now - HOUR / 4)
        _explain_rooms()


def _explain_rooms() -> None:
    """The children behind doors have read who can read their rooms; but for the room of the counsellor who has
    just come, where a visitor reads it first.
    """
    rooms = Room.objects.with_people().live()
    known = rooms.filter(
        pairing__child__user__in=[people.person(role) for role in ("child", "young", "teenager")]
    )
    for room in known.exclude(pairing__child__user=people.person("child"), pairing__role=Role.WELLBEING):
        understand(actor=room.pairing.child.user, room_id=room.pk)


def _open_doors(family: Pairing, second: Round) -> None:
    teenager = people.choose_teenager(family)
    young = people.choose_young(family, teenager)
    counsellor = second.proposals.get(child=family.child, role=Role.WELLBEING).mentor
    people.give("counsellor", counsellor.user)
    people.give("mentor", family.mentor.user)
    people.give("child", family.child.user)
    people.give("parent", family.child.guardianships.get(order=1).guardian)
    people.give("carer", family.child.carer.user)
    people.give("young", young.user)
    people.give("teenager", teenager.user)
    people.give("stranger", people.choose_stranger([family.child, young, teenager]).user)


def _count(say: Say, hours, now: datetime) -> None:
    due = Meeting.objects.to_come().filter(start__lte=now - HOUR).count()
    with tqdm(total=due, desc="Meetings", unit="", disable=None) as bar:
        for played in hours:
            bar.update(played)
