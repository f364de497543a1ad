"""What a process learns of each second although nobody gave it a hint; and when it may be sent people."""

import asyncio
from concurrent.futures import Future
from types import SimpleNamespace
from uuid import uuid4

import pytest

from chat import serving
from chat.acts import Speak
from chat.models import Room
from chat.polling import changed_rooms
from chat.protocol import Side
from chat.record import perform
from tests.chat.people import add_family, at


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_only_rooms_of_which_there_is_more_come_back():
    one, other = add_family().rooms.values()
    known = [(room.pk, room.last_s, room.stamp) for room in Room.objects.all()]
    assert changed_rooms(known) == []
    perform([Speak(one.pk, Side.CHILD, str(uuid4()), "在吗？")], now=at(19, day=19))
    assert changed_rooms(known) == [one.pk]
    other.refresh_from_db()
    Room.objects.filter(pk=other.pk).update(stamp=other.stamp + 1)
    assert sorted(changed_rooms(known)) == sorted([one.pk, other.pk])
    assert changed_rooms([(room.pk, room.last_s, room.stamp) for room in Room.objects.all()]) == []


@pytest.mark.parametrize(
    ("made", "closing", "answers", "status"),
    [
        (True, False, True, 200),
        (False, False, True, 503),  # a first word would wait until patterns are made
        (True, True, True, 503),
        (True, False, False, 503),
    ],
)
def test_a_process_takes_people_once_it_can_look_at_their_words(monkeypatch, made, closing, answers, status):
    async def read(_ask):
        return answers

    sent = []

    async def send(event):
        sent.append(event)

    warming: Future[None] = Future()
    if made:
        warming.set_result(None)
    monkeypatch.setattr(
        serving, "the_hub", lambda: SimpleNamespace(warming=warming, closing=closing, read=read)
    )
    asyncio.run(serving.ready({}, None, send))
    assert sent[0]["status"] == status
