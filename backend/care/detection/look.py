"""The looks themselves: what `backend.care.detection` promises, done."""

import re
from collections.abc import Sequence

from backend.care.detection import COVER, DETAILS, EARLIER, MOST, Found, Sign
from backend.care.detection.contact import find
from backend.care.detection.crisis import possible_together, signs
from backend.care.detection.normal import normal

PIECE = 16  # characters: what somebody says in pieces has short ones
SPAN = 60  # characters on either side of where two messages meet


def contacts(body: str, earlier: Sequence[str] = (), *, phrases: bool = True) -> list[Found]:
    body_alone = find(normal(body[-MOST:]), phrases=phrases)
    if not earlier and len(body) <= MOST:
        return body_alone
    skipped = max(0, len(body) - MOST)
    found = {Found(each.kind, each.start + skipped, each.end + skipped) for each in body_alone}
    if earlier:
        before = "\n".join(earlier[-EARLIER:])[-max(0, MOST - len(body)) :] if len(body) < MOST else ""
        joined = before + "\n" + body
        begin = len(before) + 1
        for each in find(normal(joined), phrases=phrases):
            # Only what reaches into the new message: what came before was looked at in its turn.
            if before and each.start < begin < each.end:
                found.add(Found(each.kind, 0, each.end - begin))
    return sorted(found, key=lambda each: (each.start, each.end, each.kind))


def danger(body: str, earlier: Sequence[str] = ()) -> frozenset[Sign]:
    alone = signs(normal(body[-MOST:]))
    before = "".join(earlier[-EARLIER:])[-SPAN:]
    if not before or min(len(body), len(earlier[-1])) > PIECE:
        return alone
    may = possible_together([*map(normal, _that_reach(earlier)), normal(body)])
    if may is not None and not may:
        return alone
    joined = signs(normal(before + body[:SPAN]), may) - alone
    # What the earlier messages say by themselves was routed when they were said.
    return alone | (joined - signs(normal(before))) if joined else alone


def _that_reach(earlier: Sequence[str]) -> Sequence[str]:
    """The last of ``earlier``, as many as it takes for what is read together with a new one."""
    reached = 0
    for many, each in enumerate(reversed(earlier[-EARLIER:]), 1):
        reached += len(each)
        if reached >= SPAN:
            return earlier[-many:]
    return earlier[-EARLIER:]


def may_continue(body: str) -> bool:
    begin = normal(body[:24])
    if re.search(r"[a-z\d]", begin.text[:12]):
        return True
    return begin.may_hold_digits(2) and bool(re.search(r"\d{2}", begin.numbers.text[:12]))


def masked(body: str, found: Sequence[Found]) -> str:
    covered = list(body)
    for each in found:
        if each.kind in DETAILS:
            covered[each.start : each.end] = COVER * (each.end - each.start)
    return "".join(covered)
