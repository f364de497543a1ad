"""`manage.py bench matching`: the engine and its peers on the same instances, in one run."""

import argparse
import json
import math
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench import matching_peers
from bench.instances import KINDS, city
from bench.rematching import FIGURES, rematch
from matching.core.plan import Options
from matching.core.problem import build
from matching.core.roster import Roster
from matching.core.solve import solve
from matching.core.weights import Weights

REMATCH = "rematch"
SECONDS, BYTES = 150, 4 * 2**30  # what each peer gets
Answer = dict[str, Any]
Say = Callable[[str], Any]  # a line of the report


HELP = "the matching engine against its peers; needs no database"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=[175, 350, 698], help="children")
    parser.add_argument("--kinds", nargs="+", choices=[*KINDS, REMATCH], default=list(KINDS))
    parser.add_argument("--peers", nargs="+", choices=list(SOLVERS), default=list(SOLVERS))
    parser.add_argument("--repeat", type=int, default=3, help="runs of ours, of which the median counts")
    parser.add_argument("--draws", type=int, default=5, help="of rematch: other mentors leave in each")
    parser.add_argument("--json", type=Path, help="write all figures here as well")


def run(say: Say, **options: Any) -> None:
    rows: list[Answer] = []
    failed: set[tuple[str, str]] = set()
    kinds, sizes = [kind for kind in options["kinds"] if kind != REMATCH], sorted(options["sizes"])
    jobs = [(kind, size, peer) for kind in kinds for size in sizes for peer in options["peers"]]
    for kind, size, peer in tqdm(jobs, desc="bench", disable=None, leave=False):
        if (kind, peer) in failed:
            continue
        runs = [_apart(peer, kind, size) for _ in range(options["repeat"] if peer == "ours" else 1)]
        answer = runs[0]
        if "failed" in answer:
            failed.add((kind, peer))
        else:
            answer["seconds"] = round(statistics.median(run["seconds"] for run in runs), 3)
        rows.append({"kind": kind, "children": size, "solver": peer, **answer})
        _keep(options["json"], rows)
    if rows:
        _table(say, rows)
        _growth(say, rows)
    if REMATCH in options["kinds"]:
        rows += _rematches(say, sizes, options["draws"])
        _keep(options["json"], rows)


def _keep(path: Path | None, rows: list[Answer]) -> None:
    if path:
        path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _table(say: Say, rows: list[Answer]) -> None:
    ours = {
        (r["kind"], r["children"]): r["seconds"] for r in rows if r["solver"] == "ours" and "seconds" in r
    }
    say("kind      children solver      complete   value      gap   seconds  x ours     MB")
    for r in rows:
        head = f"{r['kind']:9} {r['children']:8} {r['solver']:10} "
        if "failed" in r:
            say(head + r["failed"])
            continue
        base = ours.get((r["kind"], r["children"]))
        ratio = f"{r['seconds'] / base:7.1f}" if base else "      -"
        gap = "      -" if r["gap"] is None else f"{100 * r['gap']:6.3f}%"
        tail = f"{r['complete']:9} {r['value']:8} {gap:>8} {r['seconds']:9.2f} {ratio} {r['megabytes']:6.0f}"
        say(head + tail)


def _growth(say: Say, rows: list[Answer]) -> None:
    """The power of the number of children with which our seconds grow, over the sizes measured."""
    for kind in KINDS:
        ours = [r for r in rows if (r["kind"], r["solver"]) == (kind, "ours") and "failed" not in r]
        if len(ours) > 1:
            logs = [[math.log(r[name]) for r in ours] for name in ("children", "seconds")]
            slope = statistics.linear_regression(*logs).slope
            say(f"{kind}: seconds grow with children to the power {slope:.1f}")


def _rematches(say: Say, sizes: list[int], draws: int) -> list[Answer]:
    """Medians, and in brackets the worst draw."""
    say("kind      children    moved %         needless %      lost % at most  seconds         CPU seconds")
    rows = []
    for size in sizes:
        answer = rematch(city(size), draws)
        worst = {name: max(run[name] for run in answer["draws"]) for name in FIGURES}
        cells = [f"{answer[name]:6.2f} ({worst[name]:.2f})" for name in FIGURES]
        say(f"{REMATCH:9} {size:8} " + " ".join(f"{cell:15}" for cell in cells))
        rows.append({"kind": REMATCH, "children": size, "solver": "ours-0.1%", **answer})
    return rows


def _ours(roster: Roster, **options: Any) -> Answer:
    result = solve(roster, Options(**options))
    return {
        "complete": result.complete,
        "value": result.value,
        "gap": result.gap,
        "proved": result.proved_optimal,
        "seconds_by_stage": result.seconds_by_stage,
    }


def _peer(roster: Roster, method: Callable[..., matching_peers.Reached]) -> Answer:
    problem = build(roster, Weights())
    reached = method(problem)
    complete, _, _, value = reached.score(problem)
    gap = None if reached.bound is None else (reached.bound - value) / reached.bound
    return {"complete": complete, "value": value, "gap": gap}


SOLVERS: dict[str, Callable[[Roster], Answer]] = {
    "ours": _ours,
    "ours-0.1%": lambda roster: _ours(roster, gap=0.001),
    "milp": lambda roster: _peer(roster, matching_peers.whole_model),
    "cp-sat": lambda roster: _peer(roster, matching_peers.cp_sat),
    "columns": lambda roster: _peer(roster, matching_peers.column_generation),
    "hungarian": lambda roster: _peer(roster, matching_peers.hungarian),
    "greedy": lambda roster: _peer(roster, matching_peers.greedy),
}


def _apart(solver: str, kind: str, size: int) -> Answer:
    """One run in a process of its own, so that time and memory can be limited and measured."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_solve, args=(theirs, solver, kind, size))
    process.start()
    theirs.close()
    try:
        ready = ours.poll(SECONDS) and ours.recv()  # the instance is made before the clock starts
        if not ready or not ours.poll(SECONDS):
            return {"failed": f"no answer in {SECONDS} s"}
        answer: Answer = ours.recv()
        return answer
    except EOFError:
        return {"failed": "ended without an answer"}
    finally:
        process.kill()
        process.join()
        ours.close()


def _solve(pipe: Connection, solver: str, kind: str, size: int) -> None:
    roster = KINDS[kind](size)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    pipe.send(True)
    started = time.perf_counter()
    try:
        answer = SOLVERS[solver](roster)
    except ImportError as error:
        pipe.send({"failed": f"skipped: {error.name} is not installed"})
        return
    except (MemoryError, RuntimeError) as error:
        pipe.send({"failed": f"{type(error).__name__}: {error}"})
        return
    answer["seconds"] = time.perf_counter() - started
    answer["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send(answer)
