"""`manage.py bench detection`: what the patterns find, on words that others wrote, and how long they take."""

import argparse
import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.care import detection

HELP = "what the detection of contact details and danger finds; needs no database"
CORPORA = Path(__file__).parent / "detection_corpus"
# Whoever writes patterns reads the first two, counts himself by the third, and never sees a line of the last.
OPEN, CLOSED = ("development", "wider"), ("kept_back", "held_out")
LONGEST = 10_000  # characters
CONTACT = {kind.value for kind in detection.Kind}
Say = Callable[[str], Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--misses",
        action="store_true",
        help="show what was missed or found wrongly (never in what is kept back or held out)",
    )
    parser.add_argument("--corpora", nargs="+", choices=OPEN + CLOSED, default=OPEN + CLOSED)
    parser.add_argument("--json", type=Path, help="write all figures here as well")


def run(say: Say, **options: Any) -> None:
    figures: dict[str, Any] = {}
    for corpus in options["corpora"]:
        lines = [json.loads(line) for line in (CORPORA / f"{corpus}.jsonl").read_text("utf-8").splitlines()]
        figures[corpus] = _measure(lines, say if options["misses"] and corpus in OPEN else None)
        _table(say, corpus, figures[corpus])
    figures["seconds"] = _seconds()
    say(
        f"{LONGEST} characters: {figures['seconds']['longest'] * 1000:.0f} ms the worst of several shapes, CPU time"
    )
    say(
        f"a plain line of 15 characters: {figures['seconds']['child'] * 1e6:.0f} µs of a child, for contact details and danger; {figures['seconds']['adult'] * 1e6:.0f} µs of an adult"
    )
    say("Incomplete by nature: it routes to people and slows down who would get around it.")
    if options["json"]:
        options["json"].write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def found_in(text: str | list[str]) -> set[str]:
    """Every label that the messages bring, each read as in a room: with what came before only where it may go on."""
    messages = [text] if isinstance(text, str) else text
    labels: set[str] = set()
    for number, body in enumerate(messages):
        earlier = messages[:number] if detection.may_continue(body) else []
        labels |= {each.kind.value for each in detection.contacts(body, earlier)}
        labels |= {sign.value for sign in detection.danger(body, messages[:number])}
    return labels


def _measure(lines: list[dict[str, Any]], show: Say | None) -> dict[str, Any]:
    """hits: a line counts when anything of its family (contact or danger) is found; `exact` when its own label is."""
    hits: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    alarms: dict[str, Any] = {"contact": 0, "danger": 0, "lines": 0, "by": Counter[str]()}
    for line in lines:
        found, wanted = found_in(line["text"]), set(line["labels"])
        if not wanted:
            alarms["lines"] += 1
            alarms["contact"] += bool(found & CONTACT)
            alarms["danger"] += bool(found - CONTACT)
            alarms["by"].update(found)
            wrong = bool(found)
        else:
            family = CONTACT if wanted & CONTACT else {sign.value for sign in detection.Sign}
            for group in (f"{'contact' if family is CONTACT else 'danger'} {line['form']}", *sorted(wanted)):
                hits[group][0] += 1
                hits[group][1] += bool(found & family)
                hits[group][2] += bool(found & wanted)
            wrong = not found & family
        if wrong and show:
            show(f"  {sorted(wanted)} found {sorted(found)}: {line['text']}")
    return {
        "hits": {
            group: dict(zip(("lines", "any", "exact"), each, strict=True))
            for group, each in sorted(hits.items())
        },
        "alarms": alarms,
    }


def _table(say: Say, corpus: str, measured: dict[str, Any]) -> None:
    say(corpus)
    for group, each in measured["hits"].items():
        say(
            f"  {group:20} {each['lines']:4} lines   found {each['any'] / each['lines']:6.1%}   named rightly {each['exact'] / each['lines']:6.1%}"
        )
    alarms = measured["alarms"]
    lines = max(1, alarms["lines"])
    say(
        f"  clean                {alarms['lines']:4} lines   false: contact {alarms['contact'] / lines:.1%}, danger {alarms['danger'] / lines:.1%}"
    )
    say(
        f"                       of these {', '.join(f'{kind} {many}' for kind, many in sorted(alarms['by'].items()))}"
    )


def _seconds() -> dict[str, float]:
    pieces = [
        "1 3 ",
        "138-",
        "妈妈",
        "微信a",
        "a@",
        "a.b",
        "不想",
        "在楼顶",
        "加我qq1",
        "别告诉",
        "今天我们来看第三题，",
        "，".join(_everyday()),
    ]
    longest = [(piece * LONGEST)[:LONGEST] for piece in pieces]
    # Each a little otherwise, for what was read is kept for a while.
    worst = max(min(_spent(f"{text[nth:]}{text[:nth]}", danger=True) for nth in range(3)) for text in longest)
    child = statistics.median(
        map(_of_a_child, [f"我觉得第{chr(0x4E00 + nth)}题有点难，再讲一遍" for nth in range(2001)])
    )
    adult = statistics.median(
        map(_spent, [f"我觉得第{chr(0x5E00 + nth)}题有点难，再讲一遍" for nth in range(2001)])
    )
    return {"longest": worst, "child": child, "adult": adult}


def _everyday() -> list[str]:
    lines = [json.loads(line) for line in (CORPORA / "development.jsonl").read_text("utf-8").splitlines()]
    return [line["text"] for line in lines if not line["labels"] and isinstance(line["text"], str)]


def _spent(text: str, *, danger: bool = False) -> float:
    began = time.process_time()
    detection.may_continue(text)
    detection.contacts(text)
    if danger:
        detection.danger(text)
    return time.process_time() - began


def _of_a_child(text: str) -> float:
    """Contact details, then danger, also as the end of what was said before: all that is done with a child's words."""
    began = time.process_time()
    detection.may_continue(text)
    detection.contacts(text, phrases=False)
    detection.danger(text, ["好的老师", "我写完了第一页"])
    return time.process_time() - began
