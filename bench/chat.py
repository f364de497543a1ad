"""`manage.py bench chat`: the rooms and other chats under the same load. bench/README.md says what each figure means.

What serves has one core, with its database and its broker; what loads it has another.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench.chat_peers import CHATS, Chat, ours
from bench.load import Load, Tally, clock
from bench.members import Contract
from bench.stack import HOST, Skipped, Stack

HELP = "the rooms against other chats: messages a second, latency, memory, what gets lost"
QUIET = 350  # messages a second: what everybody must manage
BASE = "tutorial-core"  # whose saturation, doubled, is offered to all
OURS = "ours-postgres"
PARTS = ("load", "crowd", "resume")
RESUMING, MISSED = 500, 200  # rooms, messages
Answer = dict[str, Any]
Say = Callable[[str], Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--peers", nargs="+", choices=list(CHATS), default=list(CHATS))
    parser.add_argument("--rooms", type=int, nargs="+", default=[200, 700, 2000], help="of two people each")
    parser.add_argument("--seconds", type=float, default=8, help="of each phase")
    parser.add_argument("--repeat", type=int, default=3, help="runs, of which the median counts")
    parser.add_argument("--connections", type=int, default=10_000, help="of the crowd")
    parser.add_argument("--resuming", type=int, default=RESUMING, help="rooms that resume after a kill")
    parser.add_argument(
        "--json",
        type=Path,
        help="figures are added here as they come; what is there already is not done again",
    )


def run(say: Say, **options: Any) -> None:
    _raise_limits()
    # Told to stop, it takes down what it started.
    told = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    store = options["json"]
    found: list[Answer] = json.loads(store.read_text()) if store and store.exists() else []
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        done = {_name(answer) for answer in found}
        for job in tqdm(_jobs(options), desc="bench", disable=None, leave=False):
            if _name(job) in done:
                continue
            found.append({**job, **_measured(job, min(before), options["seconds"], _doubled(found, job))})
            if store:
                store.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    finally:
        os.sched_setaffinity(0, before)
        signal.signal(signal.SIGTERM, told)
    if len(before) == 1:
        say("There is one core only: what serves and what loads share it.")
    _table(say, found)
    _others(say, found)


def _jobs(options: Answer) -> list[Answer]:
    parts, peers = options["parts"], [name for name in CHATS if name in options["peers"]]
    jobs: list[Answer] = []
    for number in range(options["repeat"]):
        if "load" in parts:
            jobs += [
                {"part": "load", "peer": p, "rooms": n, "run": number}
                for n in options["rooms"]
                for p in peers
            ]
        for part, rooms in (("crowd", options["connections"] // 2), ("resume", options["resuming"])):
            if part in parts and OURS in peers:
                jobs.append({"part": part, "peer": OURS, "rooms": rooms, "run": number})
    return jobs


def _name(job: Answer) -> tuple[Any, ...]:
    return tuple(job[key] for key in ("part", "peer", "rooms", "run"))


def _doubled(found: Iterable[Answer], job: Answer) -> float | None:
    """Twice what the tutorial's chat manages with as many rooms."""
    rates = [each["rate"] for each in _of(found, "load", BASE, job["rooms"]) if "rate" in each]
    return 2 * statistics.median(rates) if rates else None


def _measured(job: Answer, core: int, seconds: float, doubled: float | None) -> Answer:
    try:
        with Stack(core) as stack:
            if job["part"] == "load":
                return asyncio.run(_load(stack, job, seconds, doubled))
            words = MISSED if job["part"] == "resume" else 0
            chat = ours(stack, job["rooms"], on="postgres", words=words)
            return asyncio.run(_crowd(stack, chat) if not words else _resume(stack, chat))
    except Skipped as missing:
        return {"skipped": str(missing)}


async def _load(stack: Stack, job: Answer, seconds: float, doubled: float | None) -> Answer:
    chat = CHATS[job["peer"]](stack, job["rooms"])
    load = Load(stack.spent)
    answer = await _connect(stack, chat, load)
    tallies = [await load.saturate(seconds)]
    answer["rate"] = rate = round(len(tallies[0].late) / seconds, 1)
    answer["cpu_us"] = round(1e6 * tallies[0].cpu / max(1, len(tallies[0].late)))
    answer["generator"] = round(tallies[0].generator / seconds, 2)
    phases = {"half": rate / 2, "quiet": float(QUIET), "doubled": doubled}
    for name, offered in phases.items():
        if offered:
            tally = await load.offer(offered, seconds)
            tallies.append(tally)
            answer[name] = {"offered": round(offered, 1), **_told(tally)}
    for what in ("lost", "doubled", "reordered"):
        answer[f"all_{what}"] = sum(getattr(tally, what) for tally in tallies)
    answer["gone"] = load.lost_lines
    answer["problems"] = sum(len(m.problems) for m in load.members if isinstance(m, Contract))
    await load.hang_up()
    return answer


async def _crowd(stack: Stack, chat: Chat) -> Answer:
    load = Load(stack.spent)
    answer = await _connect(stack, chat, load)
    await load.idle(20)  # everybody says once that they are there
    answer["kb_after"] = _kb(stack.resident() - answer["empty"], len(load.members) - 2)
    answer["gone"] = load.lost_lines
    await load.hang_up()
    return answer


async def _resume(stack: Stack, chat: Chat) -> Answer:
    """Seconds until everybody is ready who had not got the last messages when the server was killed."""
    load = Load(stack.spent)
    members = [each for each in chat.members(load) if isinstance(each, Contract)]
    await load.connect(HOST, chat.port, members)
    killed = clock()
    stack.kill(stack.process)
    await asyncio.sleep(0.2)
    for each in members:
        each.forget()
    chat.start_again()
    answers = clock()
    _, failed = await load.connect(HOST, chat.port, members)
    done = clock()
    got = min(each.last for each in members)
    await load.hang_up()
    return {
        "failed": failed,
        "from_kill_s": round(done - killed, 2),
        "from_answer_s": round(done - answers, 2),
        "fewest_got": got,
        "problems": sum(len(each.problems) for each in members),
    }


async def _connect(stack: Stack, chat: Chat, load: Load) -> Answer:
    """Everybody; the first room alone, before the clock starts: what a server loads for its first guests is no
    price of a connection."""
    members = chat.members(load)
    first, others = members[:2], members[2:]
    _, failed = await load.connect(HOST, chat.port, first)
    await load.idle(0.5)
    empty = stack.resident()
    seconds, more = await load.connect(HOST, chat.port, others)
    await load.idle(1)
    return {
        "handshakes": round(len(others) / seconds, 1),
        "failed": failed + more,
        "kb": _kb(stack.resident() - empty, len(others)),
        "empty": empty,
    }


def _told(tally: Tally) -> Answer:
    return {
        "p50": tally.milliseconds(0.5),
        "p99": tally.milliseconds(0.99),
        "sent": tally.sent,
        "undelivered": tally.undelivered,
        "lost": tally.lost,
        "doubled": tally.doubled,
        "reordered": tally.reordered,
        "cores": round(tally.cpu / tally.seconds, 2),
    }


def _kb(size: int, connections: int) -> float:
    return round(size / 1024 / max(1, connections), 1)


def _of(found: Iterable[Answer], part: str, peer: str, rooms: int) -> list[Answer]:
    return [each for each in found if (each["part"], each["peer"], each["rooms"]) == (part, peer, rooms)]


def _median(runs: list[Answer], *keys: str) -> float | None:
    figures = []
    for each in runs:
        value: Any = each
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            figures.append(float(value))
    return statistics.median(figures) if figures else None


def _table(say: Say, found: list[Answer]) -> None:
    by_rooms: dict[int, dict[str, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for each in found:
        if each["part"] == "load":
            by_rooms[each["rooms"]][each["peer"]].append(each)
    for rooms, peers in sorted(by_rooms.items()):
        say(f"{rooms} rooms of two; medians of {max(map(len, peers.values()))}")
        say(
            f"{'':16}{'msg/s':>8}{'x ours':>8}{'cpu µs':>8}{'half p50/p99 ms':>18}"
            f"{f'{QUIET}/s p50/p99':>18}{'KB':>7}{'hands/s':>9}{'undelivered':>13}  lost/dbl/reord  load"
        )
        base = _median(peers[OURS], "rate") if OURS in peers else None
        for name in CHATS:
            if name in peers:
                say(_line(name, peers[name], base))


def _line(name: str, runs: list[Answer], base: float | None) -> str:
    skipped = next((each["skipped"] for each in runs if "skipped" in each), None)
    if skipped is not None:
        return f"{name:16}skipped: {skipped}"

    def shown(*keys: str, width: int, digits: int = 0) -> str:
        figure = _median(runs, *keys)
        return f"{'-' if figure is None else f'{figure:.{digits}f}':>{width}}"

    def latency(phase: str) -> str:
        return f"{shown(phase, 'p50', width=9, digits=1)} /{shown(phase, 'p99', width=7, digits=1)}"

    rate, sent = _median(runs, "rate"), _median(runs, "doubled", "sent")
    ratio = f"{rate / base:8.3f}" if base and rate is not None else f"{'-':>8}"
    undelivered = _median(runs, "doubled", "undelivered")
    part = "-" if not sent or undelivered is None else f"{100 * undelivered / sent:.2f}%"
    wrong = "/".join(shown(f"all_{what}", width=1) for what in ("lost", "doubled", "reordered"))
    return (
        f"{name:16}{shown('rate', width=8)}{ratio}{shown('cpu_us', width=8)}{latency('half'):>18}"
        f"{latency('quiet'):>18}{shown('kb', width=7, digits=1)}{shown('handshakes', width=9)}"
        f"{part:>13}  {wrong:>14}  {shown('generator', width=4, digits=2)}"
    )


def _others(say: Say, found: list[Answer]) -> None:
    few, many = (_median(_of(found, "load", OURS, rooms), "rate") for rooms in (200, 2000))
    if few and many:
        say(f"ours with 2000 rooms against 200: {many / few:.2f}")
    for each in found:
        if each["part"] == "crowd" and "kb_after" in each:
            say(
                f"{2 * each['rooms']} connections: {each['failed']} failed, {each['gone']} lost,"
                f" {each['kb_after']} KB each, {each['handshakes']} handshakes a second"
            )
        elif each["part"] == "resume" and "failed" in each:
            say(
                f"{2 * each['rooms']} resumed {MISSED} messages each: {each['failed']} failed, all ready"
                f" {each['from_kill_s']} s after the kill, {each['from_answer_s']} s after the server answered"
            )
        elif "skipped" in each and each["part"] != "load":
            say(f"{each['part']}: skipped: {each['skipped']}")


def _raise_limits() -> None:
    """A socket is a file, here and in what is started from here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
