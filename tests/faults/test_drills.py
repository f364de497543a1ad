"""Whatever breaks in the middle of a conversation: nothing is lost, doubled or out of order."""

import asyncio
import statistics
import time
from functools import partial
from typing import Any

import pytest

from bench import breaking as faults

BRIEFLY = [
    faults.killed,
    faults.told_to_stop,
    faults.postgres_gone,
    partial(faults.postgres_gone, seconds=2),
    faults.commits_unanswered,
    partial(faults.redis_gone, seconds=2),
    partial(faults.stood_still, seconds=3),
    partial(faults.everything_twice, seconds=1.5),
    partial(faults.lines_cut, seconds=2),
    faults.foreign_past,
    faults.cids_again,
    partial(faults.nobody_reads, seconds=2),
]
LONG = [
    partial(faults.flooded, seconds=5),
    partial(faults.malformed, seconds=10),
    partial(faults.postgres_gone, seconds=30),
    partial(faults.redis_gone, seconds=60),
    partial(faults.stood_still, seconds=20),
    partial(faults.lines_cut, seconds=30),
]


def name_of(fault: Any) -> str:
    return fault.func.__name__ if isinstance(fault, partial) else fault.__name__


@pytest.mark.parametrize("fault", BRIEFLY, ids=name_of)
def test_two_processes(two, fault):
    verdict = two.break_with(fault)
    assert verdict.good, str(verdict)


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", LONG, ids=name_of)
def test_two_processes_for_long(two, fault):
    verdict = two.break_with(fault)
    assert verdict.good, str(verdict)


ALONE = [faults.killed, faults.disk_full, pytest.param(faults.told_to_stop, marks=pytest.mark.deep)]


@pytest.mark.parametrize("fault", ALONE, ids=name_of)
def test_one_process_on_sqlite(one, fault):
    verdict = one.break_with(fault)
    assert verdict.good, str(verdict)


def test_hints_are_heard_again_after_redis_was_away(two):
    async def story() -> float:
        drill = two.drill()
        pair = drill.seat(two.family())
        mentor, child = pair.people
        try:
            await faults.redis_gone(drill, seconds=1)
            await asyncio.sleep(3)  # the layer's own pause between two tries is 1 s
            delays = []
            for number in range(6):
                started = time.monotonic()
                child.say(f"第{number}句")
                while len(mentor.tabs[0].rows) < len(child.tabs[0].rows) or child.tabs[0].outbox:
                    await asyncio.sleep(0.005)
                delays.append(time.monotonic() - started)
            assert (await drill.judge()).good
            return statistics.median(delays)
        finally:
            await drill.leave()

    assert asyncio.run(story()) < 0.5
