"""Words behind which there may be danger. They route to a person; they never block, and they prove nothing."""

import re
from collections.abc import Sequence

from backend.care.detection import Sign
from backend.care.detection.begins import Sought
from backend.care.detection.gate import SAID
from backend.care.detection.normal import Normal
from backend.care.detection.phrases import pattern

NONE: frozenset[Sign] = frozenset()
FILES = {sign: sign.name.lower() for sign in Sign}
PATTERNS = {sign: Sought(name) for sign, name in FILES.items()}
# What is said in earnest and in jest: light words, with nothing of every day beside them that they are about.
LIGHT = {sign: Sought(f"{FILES[sign]}_light") for sign in (Sign.HOPELESS, Sign.BULLYING)}
EVERYDAY = pattern("everyday")
BESIDE = 12  # characters
NAMES = frozenset([*FILES.values(), *(f"{FILES[sign]}_light" for sign in LIGHT)])
ABOUT_WORDS, ONESELF = pattern("about_words"), pattern("oneself")
IDIOMS, BEHIND = pattern("idioms"), pattern("idioms_behind")

# What is said a dozen times and more in one go is read as said eight times: it tells nothing new, and costs.
REPEATED = re.compile(r"(.{1,6}?)\1{11,}", re.DOTALL)


def signs(normal: Normal, may: frozenset[str] | None = None) -> frozenset[Sign]:
    """may: the files of phrases that it may match, where they are known."""
    said = normal.said.text
    may = SAID.open(said) if may is None else may
    if may.isdisjoint(NAMES):
        return NONE
    grave = [sign for sign, name in FILES.items() if name in may]
    light = [sign for sign in LIGHT if f"{FILES[sign]}_light" in may]
    said = _without_repeats(said)
    if ABOUT_WORDS.search(said) and not ONESELF.search(said):
        return NONE
    text = _before_idioms(said) if "idioms_behind" in may else said
    text = IDIOMS.sub("。", text) if "idioms" in may else text
    return frozenset(
        [
            *(sign for sign in grave if PATTERNS[sign].search(text)),
            *(sign for sign in light if _in_earnest(LIGHT[sign], text)),
        ]
    )


def _without_repeats(text: str) -> str:
    # A run of n characters or fewer a dozen times over says at least eleven of them again.
    return text if len(text) - len(set(text)) < 11 else REPEATED.sub(lambda run: run[1] * 8, text)


def possible_together(texts: Sequence[Normal]) -> frozenset[str] | None:
    """The files of phrases that ``texts``, one behind the other, may match; None where only reading them so tells."""
    if not all(each.keeps_apart for each in texts):
        return None
    return SAID.open_together([each.said.text for each in texts])


def _in_earnest(light: Sought, text: str) -> bool:
    return any(
        not EVERYDAY.search(text, max(0, match.start() - BESIDE), match.end() + BESIDE)
        for match in light.finditer(text)
    )


def _before_idioms(text: str) -> str:
    """``text`` without the clauses, or what there is of them up to ten characters before, that end in an idiom."""
    kept: list[str] = []
    done = 0
    for match in BEHIND.finditer(text):
        nearest = max(text.rfind(mark, max(done, match.start() - 10), match.start()) for mark in ",。!?")
        kept += text[done : max(done, match.start() - 10, nearest + 1)], "。"
        done = match.end()
    return "".join(kept) + text[done:]
