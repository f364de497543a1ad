"""Whatever breaks in the middle of a conversation: nothing is lost, doubled or out of order."""

from functools import partial
from typing import Any

import pytest

from bench import faults

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
