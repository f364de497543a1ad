"""The phrases as data: a file for each kind, one pattern a line, so that a reader needs no program to judge them."""

import re
from functools import cache
from pathlib import Path

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
    for word, alternatives in _sets().items():
        pattern = pattern.replace(f"{{{word}}}", f"(?:{alternatives})")
    return pattern


def pattern(name: str) -> "re.Pattern[str]":
    """Any of the lines of ``name``.txt."""
    tails: dict[str, list[str]] = {}
    for line in lines(name):
        for each in _alternatives(line):
            # What begins with the same set looks for it once.
            head = re.match(r"(?:\(\?:\{\w+\}\)|\{\w+\})(?![?*{])", each)
            tails.setdefault(head[0] if head else "", []).append(each[head.end() :] if head else each)
    headless = tails.pop("", [])
    return quick(
        [filled(each) for each in headless + [f"{head}(?:{'|'.join(tails[head])})" for head in tails]]
    )


def quick(alternatives: list[str]) -> "re.Pattern[str]":
    """Any of them. What a match may begin with is asked first: most places in a text begin none, at a fifth of the time."""
    heads = [_heads(each) for each in alternatives]
    whole = "|".join(alternatives)
    if None in heads:
        return re.compile(whole)
    return re.compile(f"(?=[{''.join(sorted({one for each in heads for one in each or ()}))}])(?:{whole})")


def _heads(pattern: str) -> set[str] | None:
    """The characters, or the insides of classes, that a match may begin with; None where that can't be told."""
    either = _alternatives(pattern)
    if len(either) > 1:
        several = [_heads(each) for each in either]
        return None if None in several else set().union(*(one or () for one in several))
    if pattern.startswith("^"):
        return _heads(pattern[1:])
    if pattern.startswith(("(?<!", "(?<=")):
        return _heads(pattern[_closing(pattern) :])
    if group := re.match(r"\(\?(?::|P<\w+>)", pattern):
        end = _closing(pattern)
        heads, rest = _heads(pattern[group.end() : end - 1]), pattern[end:]
    elif pattern.startswith("["):
        end = pattern.index("]") + 1
        heads, rest = {pattern[1 : end - 1]}, pattern[end:]
        if pattern[1] == "^":
            return None
    elif pattern.startswith("\\") and pattern[1:2] in "d+.":
        heads, rest = {pattern[:2]}, pattern[2:]
    elif pattern[:1] in set("^$.()*+?{|\\"):
        return None
    else:
        heads, rest = {pattern[:1]} - {""}, pattern[1:]
    if not heads:
        return None
    if re.match(r"[?*]|\{0?,", rest):
        after = _heads(re.sub(r"^(?:[?*]|\{0?,\d*\})", "", rest))
        return None if after is None else heads | after
    return heads


def _closing(pattern: str) -> int:
    """Behind the bracket that closes the first."""
    depth = 0
    for index, character in enumerate(pattern):
        depth += (character == "(") - (character == ")")
        if not depth:
            return index + 1
    raise ValueError(pattern)


def _alternatives(inside: str) -> list[str]:
    parts, depth = [""], 0
    for character in inside:
        depth += (character in "([") - (character in ")]")
        if character == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts
