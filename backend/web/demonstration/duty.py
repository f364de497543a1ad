"""The duty rota of the demonstration: somebody is always on duty, and a case of last week is closed."""

from datetime import datetime, timedelta
from typing import Any

from backend.care.alerts import add_note, ask_for_help, judge_alert, take_case
from backend.care.cases import close_case
from backend.care.models import Note, Shift, Watch
from backend.care.rota import ShiftClashes, add_shift
from backend.errors import Invalid
from backend.web.demonstration import people
from chat.rules.times import HOUR

SHIFT, LEAST = timedelta(hours=4), timedelta(hours=2)
LAST_WEEK = timedelta(days=6)
CALLED = "打了电话：考试没考好，不敢和家里说。聊了二十分钟，约好明天和心理老师再谈。"


def keep_on_duty(now: datetime) -> None:
    """The second coordinator always, the counsellor where no child of theirs comes in between.

    The invented people look at their screens, as those of a programme would: so the child is told who is there.
    """
    coordinator, lead = people.person("coordinator"), people.person("lead")
    if coordinator is None or lead is None:
        return
    for person in (lead, people.person("counsellor")):
        if person is not None and not Shift.objects.filter(person=person, ends_at__gt=now + LEAST).exists():
            _put_on_duty(coordinator, person, now)
    Watch.objects.update_or_create(person=lead, defaults={"seen_at": now})


def _put_on_duty(coordinator: Any, person: Any, now: datetime) -> None:
    last = Shift.objects.filter(person=person, ends_at__gt=now).order_by("ends_at").last()
    begins = last.ends_at if last else now.replace(minute=0, second=0, microsecond=0)
    try:
        add_shift(
            actor=coordinator,
            person_id=person.pk,
            post=Shift.Post.COUNSELLOR,
            begins_at=begins,
            ends_at=begins + SHIFT,
        )
    except (ShiftClashes, Invalid):
        return  # meets a child in between, or takes no part just now


def a_case_of_last_week(now: datetime) -> None:
    """Another child asked for a person, was rung, and it was settled: for the leads to look at."""
    coordinator, lead, child = map(people.person, ("coordinator", "lead", "teenager"))
    at = now - LAST_WEEK
    _put_on_duty(coordinator, lead, at)
    case = ask_for_help(actor=child, now=at).case
    take_case(actor=lead, case_id=case.pk, now=at + timedelta(minutes=1))
    add_note(actor=lead, case_id=case.pk, kind=Note.Kind.CALL, body=CALLED, now=at + HOUR / 2)
    close_case(actor=lead, case_id=case.pk, outcome="settled", now=at + HOUR)
    judge_alert(actor=coordinator, case_id=case.pk, alert_id=case.alerts.get().pk, verdict="true")
