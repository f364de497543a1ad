"""`manage.py bench faults`: conversations in which everything breaks, at random, and what became of them."""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench import breaking
from bench.breaking import Fault
from bench.drill import LIMITS, Drill, Pair
from bench.oracle import Verdict
from bench.stores import stores
from tests.chat.served import serving

HELP = "rooms on PostgreSQL and Redis, then on SQLite, in which everything breaks at random: what is lost?"
Say = Callable[[str], Any]
Draw = Callable[[random.Random], Fault]
APPLICATION = "bench.stage:application"
FAMILIES = 3
SAMPLES = 150  # messages of the quiet room, with the flood and without


def _for(fault: Callable[..., Any], *seconds: float) -> Draw:
    return lambda rng: partial(fault, seconds=rng.choice(seconds))


ANYWHERE: dict[str, Draw] = {
    "killed": lambda rng: breaking.killed,
    "told to stop": lambda rng: breaking.told_to_stop,
    "stood still": _for(breaking.stood_still, 1, 4, 20),
    "everything twice": _for(breaking.everything_twice, 2, 5),
    "lines cut": _for(breaking.lines_cut, 2, 5),
    "a foreign past": lambda rng: breaking.foreign_past,
    "cids used again": lambda rng: breaking.cids_again,
    "somebody doesn't read": _for(breaking.nobody_reads, 2, 5),
    "flooded": _for(breaking.flooded, 2, 5),
    "malformed frames": _for(breaking.malformed, 2, 5),
}
ON_STORES: dict[str, Draw] = ANYWHERE | {
    "PostgreSQL crashes": _for(breaking.postgres_gone, 0, 0, 2, 5),
    "COMMIT unanswered": lambda rng: partial(breaking.commits_unanswered, times=rng.randint(1, 12)),
    "Redis gone": _for(breaking.redis_gone, 1, 5),
}
ON_SQLITE: dict[str, Draw] = ANYWHERE | {"disk full": _for(breaking.disk_full, 1, 4)}
# Once each: what has a length of its own.
LONG: dict[str, Fault] = {
    "PostgreSQL gone for 30 s": partial(breaking.postgres_gone, seconds=30),
    "Redis gone for 60 s": partial(breaking.redis_gone, seconds=60),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=int, default=240, help="how long, over both kinds of site; 0: the flood alone"
    )
    parser.add_argument("--seed", type=int, help="of the faults and their order; printed when left out")
    parser.add_argument(
        "--long", action="store_true", help="first 30 s without PostgreSQL, 60 s without Redis"
    )
    parser.add_argument("--no-flood", action="store_true", help="leave out the quiet room beside a flood")


def run(say: Say, *, seconds: int, seed: int | None, long: bool, no_flood: bool, **_options: Any) -> None:
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    say(f"seed {seed}")
    rng, total = random.Random(seed), Verdict()
    if seconds:
        with _on_stores(rng) as drill:
            say("PostgreSQL and Redis, two processes")
            asyncio.run(_break(drill, say, total, ON_STORES, seconds / 2, LONG if long else {}))
        with _on_sqlite(rng) as drill:
            say("SQLite, one process")
            asyncio.run(_break(drill, say, total, ON_SQLITE, seconds / 2, {}))
    if not no_flood:
        with _on_sqlite(rng) as drill:
            asyncio.run(_beside_a_flood(drill, say, total))
    say(f"in all: {total}")
    if not total.good:
        raise RuntimeError(f"A promise was broken; again with --seed {seed}.")


@contextmanager
def _on_stores(rng: random.Random) -> Iterator[Drill]:
    with stores() as (postgres, redis), tempfile.TemporaryDirectory() as data:
        env = {"DATABASE_URL": postgres.uri, "REDIS_URL": redis.url, "SHUANGDAO_ROOM_LIMITS": LIMITS}
        with serving(Path(data), families=FAMILIES, env=env) as house:
            house.application = APPLICATION
            yield Drill(house, [house.start(), house.start()], rng, postgres=postgres, redis=redis)


@contextmanager
def _on_sqlite(rng: random.Random) -> Iterator[Drill]:
    env = {"SHUANGDAO_ROOM_LIMITS": LIMITS}
    with tempfile.TemporaryDirectory() as data, serving(Path(data), families=FAMILIES, env=env) as house:
        house.application = APPLICATION
        yield Drill(house, [house.start()], rng)


async def _break(
    drill: Drill, say: Say, total: Verdict, draws: dict[str, Draw], seconds: float, first: dict[str, Fault]
) -> None:
    """One fault after another until the time is over; each kind comes before any comes twice."""
    for family in range(FAMILIES):
        drill.seat(family, "academic")
        drill.seat(family, "wellbeing", tabs=(1, 2))
    for name, fault in first.items():
        await _one(drill, say, total, name, fault)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for name in drill.rng.sample(sorted(draws), len(draws)):
            if time.monotonic() < ends:
                await _one(drill, say, total, name, draws[name](drill.rng))
    await drill.leave()


async def _one(drill: Drill, say: Say, total: Verdict, name: str, fault: Fault) -> None:
    before = _numbers(drill)
    verdict = await drill.run(fault)
    total.add(verdict)
    say(f"  {name:26} {_numbers(drill) - before:6} numbers   {verdict}")


def _numbers(drill: Drill) -> int:
    return sum(pair.tabs[0].last for pair in drill.pairs)


async def _beside_a_flood(drill: Drill, say: Say, total: Verdict) -> None:
    """From saying to hearing in a quiet room: the 99th percentile may not double."""
    quiet, loud = drill.seat(0), drill.seat(1).tabs[0]
    alone = await _p99(quiet)
    command = [sys.executable, "-m", "bench.flood", loud.url, loud.origin, loud.cookie]
    flood = await asyncio.create_subprocess_exec(*command)
    try:
        await asyncio.sleep(1)
        flooded = await _p99(quiet)
    finally:
        flood.kill()
        await flood.wait()
    say(f"a quiet room beside a flood: p99 {alone * 1000:.1f} ms alone, {flooded * 1000:.1f} ms with it")
    if flooded > 2 * alone:
        total.notes.append("a flood more than doubled the p99 of a quiet room")
    total.add(await drill.judge())
    await drill.leave()


async def _p99(pair: Pair) -> float:
    mentor, child = pair.people
    heard, delays = asyncio.Event(), []
    mentor.tabs[0].on_frame = lambda frame: heard.set() if frame["t"] == "msg" else None
    for number in range(SAMPLES):
        heard.clear()
        started = time.perf_counter()
        child.say(f"第{number}句")
        await asyncio.wait_for(heard.wait(), 10)
        delays.append(time.perf_counter() - started)
        await asyncio.sleep(0.06)
    return statistics.quantiles(delays, n=100)[98]
