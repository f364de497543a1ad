"""A pattern as a tree: what can be told of it without running it, and what makes it quick to run.

Told of the part of regular expressions that the patterns use. Where something can't be told, it is left open: the
answer is then wider than the truth, never narrower.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|.", re.DOTALL)
GROUP = re.compile(r"\((?:\?(?:(?P<zero>=|!|<=|<!)|:|P<\w+>))?")
QUANTIFIER = re.compile(r"(?:(?P<many>[?*+])|\{(?P<least>\d*)(?:,\d*)?\})[?+]?")
ZERO = frozenset({"^", "$", r"\b", r"\B"})  # these take no room
GUARDED = 2  # alternatives that are tried one by one
FORK, DEEPEST = 4, 6
WIDEST = 100  # characters of a range


@dataclass(frozen=True, slots=True)
class Part:
    """written: a character or the inside of a class, as in a class; empty for a group, and for anything.
    inside: the branches of a group.  optional: whether it may be left out.  several: whether it may come again."""

    written: str
    inside: tuple[tuple["Part", ...], ...]
    optional: bool
    several: bool


def alternatives(pattern: str) -> list[str]:
    """``pattern`` at its own bars."""
    parts, depth = [""], 0
    for atom in TOKEN.findall(pattern):
        depth += (atom == "(") - (atom == ")")
        if atom == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += atom
    return parts


@cache
def branches(pattern: str) -> tuple[tuple[Part, ...], ...]:
    return tuple(_parts(each) for each in alternatives(pattern))


def _parts(pattern: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0
    while atom := TOKEN.match(pattern, at):
        inside: tuple[tuple[Part, ...], ...] = ()
        written, zero, at = _written(atom[0]), atom[0] in ZERO, atom.end()
        if opened := GROUP.match(pattern, atom.start()):
            at = _closing(pattern, atom.start())
            zero = bool(opened["zero"])
            inside = () if zero else branches(pattern[opened.end() : at - 1])
        many = QUANTIFIER.match(pattern, at)
        at = many.end() if many else at
        if not zero:
            optional = many is not None and (many["many"] in {"?", "*"} or many["least"] in {"", "0"})
            parts.append(Part(written, inside, optional, several=many is not None))
    return tuple(parts)


def _written(atom: str) -> str:
    """As it would be in a class; empty where it is none of a few characters, or a group."""
    if atom.startswith("["):
        return "" if atom.startswith("[^") else atom[1:-1]
    if atom.startswith("\\"):
        return atom if atom == r"\d" or not atom[1].isalnum() else ""
    return "" if atom in {".", "("} else _in_a_class(atom)


def _in_a_class(one: str) -> str:
    return f"\\{one}" if one in "]^-[" else one


def _closing(pattern: str, start: int) -> int:
    """Behind the bracket that closes the one at ``start``."""
    depth = 0
    for token in TOKEN.finditer(pattern, start):
        depth += (token[0] == "(") - (token[0] == ")")
        if not depth:
            return token.end()
    raise ValueError(pattern)


def heads(of: Iterable[Sequence[Part]]) -> set[str] | None:
    """What a match may begin with, as written in a class; None where that can't be told."""
    found: set[str] = set()
    for branch in of:
        for part in branch:
            some = heads(part.inside) if part.inside else {part.written} - {""}
            if not some:
                return None
            found |= some
            if not part.optional:
                break
        else:
            return None
    return found


def beginnings(patterns: Iterable[str]) -> tuple[frozenset[str], frozenset[str]] | None:
    """Single characters, and two together, with one of which every match of any begins; None where that can't be told."""
    ones: set[str] = set()
    pairs: set[str] = set()
    behind: dict[str, set[str]] = defaultdict(set)
    for pattern in patterns:
        for branch in branches(pattern):
            for first, rest in _firsts(branch):
                begin, then = _characters(first), heads([rest])
                if begin is None:
                    return None
                second = None if then is None else _characters("".join(then))
                if second is None:
                    ones |= begin
                else:
                    for one in begin:
                        behind[one] |= second
    pairs.update(one + other for one, others in behind.items() if one not in ones for other in others)
    return frozenset(ones), frozenset(pairs)


END, ANYTHING = "", r"\s\S"


def _firsts(parts: Sequence[Part]) -> Iterator[tuple[str, Sequence[Part]]]:
    """What a match may begin with, as written in a class, or END; and what follows then."""
    for nth, part in enumerate(parts):
        again = (replace(part, optional=True),) if part.several else ()
        rest = (*again, *parts[nth + 1 :])
        passed = part.optional
        if not part.inside:
            yield part.written or ANYTHING, rest
        for branch in part.inside:
            for first, then in _firsts(branch):
                if first is END:
                    passed = True
                else:
                    yield first, (*then, *rest)
        if not passed:
            return
    yield END, ()


@cache
def _characters(written: str) -> frozenset[str] | None:
    """Those of a class; None where it is too wide."""
    found: set[str] = set()
    if written in {END, ANYTHING}:
        return None
    for one in re.findall(r"\\?.-\\?.|\\.|.", written, re.DOTALL):
        if one == r"\d":
            found.update("0123456789")
        elif re.fullmatch(r"\\[a-zA-Z]", one):
            return None
        elif len(one) == 3 and one[1] == "-":
            if ord(one[2]) - ord(one[0]) > WIDEST:
                return None
            found.update(map(chr, range(ord(one[0]), ord(one[2]) + 1)))
        else:
            found.add(one.removeprefix("\\"))
    return frozenset(found) or None


def in_order(patterns: Sequence[str]) -> "re.Pattern[str]":
    """Any of them, of two that begin in one place the first. What a match may begin with is asked before."""
    some = heads(tuple(branches("|".join(patterns))))
    whole = "|".join(patterns)
    return re.compile(whole if some is None else f"(?=[{''.join(sorted(some))}])(?:{whole})")


def quick(patterns: Sequence[str]) -> "re.Pattern[str]":
    """Any of them. What a match may begin with is asked first, of many together and then of fewer: most places in
    a text begin none. Which of two that begin in one place is found may be another than in the order given."""
    known: list[tuple[frozenset[str], str]] = []
    unknown: list[str] = []
    for pattern in patterns:
        some = heads(branches(pattern))
        if some is None:
            unknown.append(pattern)
        else:
            known.append((frozenset(some), pattern))
    return re.compile("|".join([*([_guarded(known, 0)] if known else []), *unknown]))


def _guarded(known: list[tuple[frozenset[str], str]], depth: int) -> str:
    begin = "".join(sorted(frozenset[str]().union(*(some for some, _ in known))))
    if len(known) <= GUARDED or depth == DEEPEST:
        inside = "|".join(pattern for _, pattern in known)
    else:
        # Those that may begin in many ways apart: with them every place would look like a beginning.
        ordered = sorted(known, key=lambda each: (len(each[0]) > FORK, sorted(each[0])))
        size = -(-len(ordered) // FORK)
        inside = "|".join(_guarded(ordered[at : at + size], depth + 1) for at in range(0, len(ordered), size))
    return f"(?=[{begin}])(?:{inside})"
