"""Words behind which there may be danger. They route to a person; they never block, and they prove nothing."""

from enum import StrEnum

from backend.care.detection.normal import Normal
from backend.care.detection.phrases import pattern


class Sign(StrEnum):
    WISH_TO_DIE = "S1"
    PLAN_OR_MEANS = "S2"
    SELF_HARM = "S3"
    HOPELESS = "H1"
    VIOLENCE_AT_HOME = "A1"
    SEXUAL_HARM = "A2"
    BULLYING = "B1"
    FEAR_FOR_PARENT = "F1"


PATTERNS = {sign: pattern(sign.name.lower()) for sign in Sign}
IDIOMS, BEHIND = pattern("idioms"), pattern("idioms_behind")


def signs(normal: Normal) -> frozenset[Sign]:
    text = IDIOMS.sub("。", _before_idioms(normal.said.text))
    return frozenset(sign for sign, each in PATTERNS.items() if each.search(text))


def _before_idioms(text: str) -> str:
    """``text`` without the clauses, or what there is of them up to ten characters before, that end in an idiom."""
    kept: list[str] = []
    done = 0
    for match in BEHIND.finditer(text):
        nearest = max(text.rfind(mark, max(done, match.start() - 10), match.start()) for mark in ",。!?")
        kept += text[done : max(done, match.start() - 10, nearest + 1)], "。"
        done = match.end()
    return "".join(kept) + text[done:]
