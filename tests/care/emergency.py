"""Reading in an emergency: an evening, what is said in the days before it, who asks and what they find."""

from datetime import UTC, datetime, timedelta

from backend.care.readings import ask_in_emergency
from chat.acts import Speak
from chat.pages import page_of
from chat.protocol import Side
from chat.record import perform
from chat.rules.times import local_day
from tests.care.test_rules import REASON

NOW = datetime(2020, 2, 19, 11, tzinfo=UTC)
DAY = timedelta(days=1)


def say(room, day, text, number):
    cid = f"0d8a1f52-8c86-4f5e-9d0b-{number:012}"
    perform([Speak(room.pk, Side.CHILD, cid, text)], now=NOW - DAY * day)


def ask(actor, room, first=2, last=1, **more):
    today = local_day(NOW)
    facts = {"code": "danger", "reason": REASON} | more
    return ask_in_emergency(
        actor=actor, room_id=room.pk, first_day=today - DAY * first, last_day=today - DAY * last, **facts
    )


def words(actor, room, **more):
    return [row["body"] for row in page_of(actor=actor, room_id=room.pk, **more)["results"]]
