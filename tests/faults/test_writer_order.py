"""The writer and the words of one connection: nothing overtakes what was refused, one poison spoils no batch."""

import asyncio
import json
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError

from chat import writer as module
from chat.acts import Done, MarkRead, Performed, Said, Speak
from chat.connection import Socket
from chat.limiter import Bucket
from chat.protocol import Ack, Err, Side
from chat.wire import Wire
from chat.words import Words
from chat.writer import BUSY, Writer


class Connection:
    """As much of a socket as its words need; keeps what it was told."""

    def __init__(self, writer: Writer) -> None:
        self.bucket = Bucket(0.001, 1000, time.monotonic())
        self.hub = SimpleNamespace(writer=writer, bucket=lambda user: self.bucket)
        self.place = SimpleNamespace(room=1, side=Side.CHILD, user=1)
        self.sent, self.told = 1000, []

    def tell(self, frame, *, always=False):
        self.told.append(frame)

    def close(self, code, detail):
        raise AssertionError(detail)


@pytest.fixture
def database(monkeypatch):
    """In memory. down: refuses everything; poison: bodies that it can never take."""
    state = SimpleNamespace(said=[], down=False, poison=set(), tries=0)

    def commit(acts):
        state.tries += 1
        bodies = [act.body for act in acts if isinstance(act, Speak)]
        if state.down:
            raise OperationalError
        if state.poison & set(bodies):
            raise IntegrityError
        state.said += bodies
        outcomes = [Said(a.cid, 1, None, False) if isinstance(a, Speak) else Done() for a in acts]
        return Performed(outcomes, {}, set())

    monkeypatch.setattr(module, "_commit", commit)
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    return state


def with_writer(story):
    async def main():
        writer = Writer(lambda done: None)
        running = asyncio.create_task(writer.run())
        try:
            async with asyncio.timeout(20):
                await story(writer)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def test_what_lay_behind_a_refused_message_cannot_overtake_it(database):
    """The third waits behind hundreds of others; the first is said again before the writer gets there."""

    async def story(writer):
        connection = Connection(writer)
        words, cids = Words(connection), [str(uuid4()) for _ in range(3)]
        database.down = True
        words.say(cids[0], "一")
        words.say(cids[1], "二")
        await asyncio.sleep(0)
        for number in range(module.MOST_AT_ONCE * 2):
            writer.put(MarkRead(2, Side.CHILD, number))
        words.say(cids[2], "三")
        while not any(isinstance(frame, Err) for frame in connection.told):
            await asyncio.sleep(0.01)
        words.say(cids[0], "一")
        words.say(cids[1], "二")
        words.say(cids[2], "三")
        database.down = False
        await writer.idle.wait()
        acks = [frame for frame in connection.told if isinstance(frame, Ack)]
        assert database.said == ["一", "二", "三"]
        assert [ack.cid for ack in acks] == cids
        # The leftover is answered once at most, and never with a refusal after its message was taken again.
        assert connection.told[-3:] == acks

    with_writer(story)


def test_a_message_refused_late_holds_up_those_behind_it_though_a_later_one_was_refused_first(database):
    async def story(writer):
        connection = Connection(writer)
        words, cids = Words(connection), [str(uuid4()) for _ in range(4)]
        database.down = True
        words.say(cids[0], "一")
        await asyncio.sleep(0.005)  # the writer has taken it
        words.say(cids[1], "二")
        connection.bucket = Bucket(0.001, 0, time.monotonic())
        words.say(cids[2], "三")
        assert [(frame.cid, frame.code) for frame in connection.told] == [(cids[2], "too_fast")]
        connection.bucket = Bucket(1000, 1000, time.monotonic())
        while len(connection.told) < 2:
            await asyncio.sleep(0.001)
        database.down = False
        await writer.idle.wait()
        assert database.said == [], "the second waits for the first"
        words.say(cids[2], "三")
        assert connection.told[-1].cid == cids[2], "so does the third, though it was refused before"
        for cid, body in zip(cids, "一二三四", strict=True):
            words.say(cid, body)
        await writer.idle.wait()
        assert database.said == ["一", "二", "三", "四"]

    with_writer(story)


def test_a_refusal_at_the_door_does_not_call_back_what_was_behind_an_earlier_one(database):
    async def story(writer):
        connection = Connection(writer)
        words, cids = Words(connection), [str(uuid4()) for _ in range(2)]
        database.down = True
        words.say(cids[0], "一")
        await asyncio.sleep(0)
        for number in range(module.MOST_AT_ONCE * 2):
            writer.put(MarkRead(2, Side.CHILD, number))
        words.say(cids[1], "二")
        while not connection.told:
            await asyncio.sleep(0.001)
        connection.bucket = Bucket(0.001, 0, time.monotonic())
        words.say(cids[0], "一")
        assert connection.told[-1].code == "too_fast"
        database.down = False
        await writer.idle.wait()
        assert database.said == []

    with_writer(story)


def test_one_that_cannot_be_written_spoils_neither_the_others_nor_their_order(database):
    async def story(writer):
        mine, theirs = Connection(writer), Connection(writer)
        words, other = Words(mine), Words(theirs)
        database.poison = {"毒"}
        words.say(str(uuid4()), "毒")
        words.say(str(uuid4()), "后来")
        other.say(str(uuid4()), "旁人")
        await writer.idle.wait()
        assert database.said == ["旁人"], "and what came after the poison waits for it"
        assert [frame.code for frame in mine.told] == ["busy", "busy"]

    with_writer(story)


def test_the_queue_has_an_end_for_everything_that_is_said(database):
    async def story(writer):
        database.down = True
        taken = [writer.put(MarkRead(1, Side.CHILD, number)) for number in range(module.MOST_QUEUED + 10)]
        assert taken.count(False) == 10
        connection = Connection(writer)
        Words(connection).say(str(uuid4()), "一")
        assert connection.told[0].code == "busy"
        database.down = False
        await writer.idle.wait()

    with_writer(story)


def test_an_answer_that_fails_costs_nobody_else_theirs(database):
    async def story(writer):
        heard = []

        def fails(outcome):
            raise ValueError

        writer.put(MarkRead(1, Side.CHILD, 1), fails)
        writer.put(MarkRead(1, Side.CHILD, 1), heard.append)
        await writer.idle.wait()
        assert heard == [Done()]

    with_writer(story)


def test_however_often_somebody_says_read_the_queue_holds_one_and_the_newest_comes_through():
    async def story():
        queued = []
        writer = SimpleNamespace(put=lambda act, answer=None: queued.append((act, answer)) or True)
        place = SimpleNamespace(room=1, side=Side.MENTOR, user=1)
        socket = Socket(SimpleNamespace(writer=writer), place, None, Wire(None))
        socket.receive('{"t":"hello","epoch":"","last":0}')
        socket.sent = 40
        queued.clear()
        for s in (3, 9, 7, 30):
            socket.receive(json.dumps({"t": "read", "s": s}))
        assert [act.s for act, _ in queued] == [3]
        queued[0][1](BUSY)  # a database that was away: it is asked for again, not forgotten
        socket.check_time()
        assert [act.s for act, _ in queued] == [3, 30]
        queued[1][1](Done())
        socket.check_time()
        assert len(queued) == 2

    asyncio.run(story())
