"""One per process: commits whatever has queued since the last commit, as one transaction, in order."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    connection,
)
from django.utils import timezone

from chat import checks
from chat.acts import Act, EndSession, Leave, Outcome, Performed, Refused, Speak
from chat.checks import Hold, Mask
from chat.protocol import ErrCode
from chat.record import perform
from chat.sitting import Kept

MOST_QUEUED = 5000
MOST_AT_ONCE = 256
TRIES = 5
FIRST_PAUSE = 0.05  # seconds, doubling
BUSY_RETRY_MS = 1000
log = logging.getLogger(__name__)
_here = threading.local()  # of the writing thread: its connection, and what it knows from its last batches

BUSY = Refused(ErrCode.BUSY, "the server can't take it now", BUSY_RETRY_MS)
Answer = Callable[[Outcome], None]


@dataclass(slots=True)
class Queued:
    """stale: a message that something before it on its socket has overtaken; asked before it is written."""

    act: Act
    answer: Answer | None = None
    stale: Callable[[], bool] | None = None


class Writer:
    """committed: called on the loop with what a batch did, before the answers.  idle: all is written."""

    def __init__(self, committed: Callable[[Performed], None]) -> None:
        self._committed = committed
        self._queue: deque[Queued] = deque()
        self._wake = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self._thread = ThreadPoolExecutor(1, "room-writer", _begin)

    def put(self, act: Act, answer: Answer | None = None, stale: Callable[[], bool] | None = None) -> bool:
        """False when the queue is full. A connection's end always has a place: it frees one."""
        if len(self._queue) >= MOST_QUEUED and not isinstance(act, Leave):
            return False
        self._queue.append(Queued(act, answer, stale))
        self.idle.clear()
        self._wake.set()
        return True

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._write_some()
            self.idle.set()

    async def _write_some(self) -> None:
        batch: list[Queued] = []
        while self._queue and len(batch) < MOST_AT_ONCE:
            queued = self._queue.popleft()
            if not _overtaken(queued):
                batch.append(queued)
        if batch:
            await self._write(batch)

    async def _write(self, batch: list[Queued]) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        last: Exception | None = None
        for _ in range(TRIES):
            try:
                done = await loop.run_in_executor(self._thread, _commit, [each.act for each in batch])
            except (DatabaseError, InterfaceError) as error:
                # The outcome is unknown: the same batch again is harmless.
                last = error
                log.warning("a batch of %d is tried again: %s", len(batch), type(error).__name__)
                await asyncio.sleep(pause)
                pause *= 2
                continue
            except Exception as error:
                await self._one_by_one(batch, error)
                return
            self._settle(batch, done)
            return
        if isinstance(last, IntegrityError | DataError) and len(batch) > 1:
            await self._one_by_one(batch, last)
            return
        for each in batch:
            _answer(each, BUSY)

    async def _one_by_one(self, batch: list[Queued], error: Exception) -> None:
        """A fault of ours in one act must not take the others with it."""
        if len(batch) == 1:
            log.error("an act could not be written: %s %s", type(batch[0].act).__name__, type(error).__name__)
            _answer(batch[0], BUSY)
            return
        for each in batch:
            if not _overtaken(each):
                await self._write([each])

    def _settle(self, batch: list[Queued], done: Performed) -> None:
        self._committed(done)
        for each, outcome in zip(batch, done.outcomes, strict=True):
            _answer(each, outcome)


def _overtaken(queued: Queued) -> bool:
    if queued.stale is None or not queued.stale():
        return False
    _answer(queued, BUSY)
    return True


def _answer(queued: Queued, outcome: Outcome) -> None:
    try:
        if queued.answer is not None:
            queued.answer(outcome)
    except Exception as error:
        # What is committed is committed: the others of the batch must hear of theirs.
        log.error("an answer failed: %s", type(error).__name__)


def _begin() -> None:
    _here.kept = Kept()


def _commit(acts: list[Act]) -> Performed:
    try:
        return perform([_looked_at(act) for act in acts], now=timezone.now(), kept=_here.kept)
    except Exception as error:
        _begin()  # what was learned on the way may have come to nothing
        if isinstance(error, DatabaseError | InterfaceError):
            connection.close()
        raise


def _looked_at(act: Act) -> Act:
    if isinstance(act, EndSession) and act.summary is not None and checks.details_in(act.summary):
        return replace(act, summary=None, unkept=True)
    if not isinstance(act, Speak):
        return act
    verdict = checks.look_at(checks.Words(act.room, act.side, act.cid, act.body))
    match verdict:
        case Hold(reason):
            return replace(act, held_for=reason)
        case Mask(body):
            return replace(act, masked_body=body)
    return act
