"""The phrases as data: a file for each kind, one pattern a line, so that a reader needs no program to judge them."""

import re
from functools import cache
from pathlib import Path

from backend.care.detection.patterns import alternatives, quick

HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    """The lines of ``name``.txt, without its comments."""
    written = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in written if line and not line.startswith("# ")]


@cache
def _sets() -> dict[str, str]:
    return dict(line.split(" = ", 1) for line in lines("sets"))


def table(name: str) -> dict[str, str]:
    """What stands for what: `value = one two three` in ``name``.txt, as {one: value, two: value, …}."""
    pairs = (line.split(" = ", 1) for line in lines(name))
    return {one: value for value, ones in pairs for one in ones.split()}


def filled(pattern: str) -> str:
    """``pattern`` with {family} and the like put in."""
    for word, any_of in _sets().items():
        pattern = pattern.replace(f"{{{word}}}", f"(?:{any_of})")
    return pattern


def pattern(name: str) -> "re.Pattern[str]":
    """Any of the lines of ``name``.txt."""
    tails: dict[str, list[str]] = {}
    for line in lines(name):
        for each in alternatives(line):
            # What begins with the same set looks for it once.
            head = re.match(r"(?:\(\?:\{\w+\}\)|\{\w+\})(?![?*{])", each)
            tails.setdefault(head[0] if head else "", []).append(each[head.end() :] if head else each)
    headless = tails.pop("", [])
    return quick(
        [filled(each) for each in headless + [f"{head}(?:{'|'.join(tails[head])})" for head in tails]]
    )
