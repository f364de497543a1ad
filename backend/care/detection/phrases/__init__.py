"""The phrases as data: a file for each kind, one pattern a line, so that a reader needs no program to judge them."""

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


def _lines(name: str) -> list[str]:
    lines = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


@cache
def _sets() -> dict[str, str]:
    return dict(line.split(" = ", 1) for line in _lines("sets"))


def pattern(name: str) -> "re.Pattern[str]":
    """Any of the lines of ``name``.txt, with {family} and the like put in."""
    lines = "|".join(_lines(name))
    for word, alternatives in _sets().items():
        lines = lines.replace(f"{{{word}}}", f"(?:{alternatives})")
    return re.compile(lines)
