"""One writing for many: full width, circles, keycaps, emoji, pinyin, numerals, traditional characters, kept in place.

What is found in the normal text is shown in the original, so every character remembers where it came from.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from backend.care.detection.phrases import table

# Invisible, or drawn upon the character before it.
DROPPED = {"Cf", "Mn", "Me"}
# Only those that the patterns use.
ALIKE = str.maketrans({one: other for one, other in table("characters").items() if len(one) == 1})
HAN = r"[\u4e00-\u9fff]"


@dataclass(frozen=True)
class Normal:
    """text: as a pattern reads it.  at, to: where each of its characters begins and ends in the original."""

    text: str
    at: Sequence[int]
    to: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the normal text stands in the original."""
        return self.at[start], self.to[end - 1]

    def rewritten(self, what: "re.Pattern[str]", word: "Callable[[re.Match[str]], str]") -> "Normal":
        """The same with other words for what matches."""
        text: list[str] = []
        at: list[int] = []
        to: list[int] = []
        done = 0
        for match in what.finditer(self.text):
            start, end, new = match.start(), match.end(), word(match)
            text += self.text[done:start], new
            at += self.at[done:start]
            to += self.to[done:start]
            at += [self.at[start]] * len(new)
            to += [self.to[end - 1]] * len(new)
            done = end
        if not done:
            return Normal(self.text, self.at, self.to)  # not itself: kept by it, it would be a cycle
        return Normal("".join(text) + self.text[done:], at + [*self.at[done:]], to + [*self.to[done:]])

    def may_hold_digits(self, many: int) -> bool:
        """Whether any reading can find so many digits. Most of what is said is done with after this."""
        return len(DIGITISH.findall(self.text)) >= many

    @cached_property
    def numbers(self) -> "Normal":
        """With numerals, number words and letters that look like digits as digits: for rules about numbers only."""
        return Normal(SHAPES.sub(_shapes_as_digits, self.text), self.at, self.to).rewritten(NUMERAL, _digit)

    @cached_property
    def heard(self) -> "Normal":
        """The numbers, with what only sounds like a digit: in a long run, for each is an ordinary word by itself."""
        text = SOUNDS.sub(lambda run: run[0].translate(AS_SOUND), self.text)
        return self.numbers if text == self.text else Normal(text, self.at, self.to).numbers

    @cached_property
    def joined(self) -> "Normal":
        """Nothing between the characters of a word: 不.想 活 了, w e i x i n."""
        return self.rewritten(BETWEEN, lambda found: SEPARATOR.sub("", found[0]))

    @cached_property
    def said(self) -> "Normal":
        """As it is read aloud, without pinyin: for words only, for names are often written in it."""
        return self.joined.rewritten(PINYIN, lambda run: SYLLABLE.sub(lambda one: SYLLABLES[one[1]], run[0]))


DIGIT = table("numerals")
# 一下, 第一, 三位 count nothing that could be dialled.
NUMERAL = re.compile(
    rf"(?=[第{''.join({word[0] for word in DIGIT})}d])(?:"
    r"[一二两三](?=[下个张起定样些直般边切共次条本把声首种部])|第[一二三四五六七八九]|[二三四五六七八九](?=位)|"
    + "(?P<digit>"
    + "|".join(
        rf"(?<![a-z])(?:double )?{word}(?![a-z])" if word.isascii() else word
        for word in sorted(DIGIT, key=len, reverse=True)
    )
    + "))"
)
AS_SOUND = str.maketrans(table("sounds"))
SOUND = "[\\d" + "".join(table("sounds")) + "".join(word for word in DIGIT if len(word) == 1) + "]"
SOUNDS = re.compile(rf"{SOUND}(?:[ ,.、-]?{SOUND}){{6,14}}")
# Whatever any reading can take for a digit: a numeral, a sound, a letter of a number word.
DIGITISH = re.compile(rf"{SOUND}|[a-z]")
SHAPES = re.compile(r"(?<![a-z])[\doliz](?:[ .-]?[\doliz]){6,13}(?![a-z])")

SYLLABLES = table("pinyin")
_SYLLABLE = "|".join(sorted(SYLLABLES, key=len, reverse=True))
SYLLABLE = re.compile(rf"({_SYLLABLE})[ ']?")
PINYIN = re.compile(
    rf"(?=[a-z])(?:(?<![a-z\d@_./-])(?:(?:{_SYLLABLE})[ ']?){{2,12}}(?![a-z\d@_/-])|(?<={HAN})(?:{_SYLLABLE})(?![a-z\d@_/-])"
    rf"|(?<![a-z\d@_./-])(?:{_SYLLABLE})(?= ?{HAN}))"
)
# What is put between the characters of a word: 不.想 活 了, and between letters: w e i x i n
BETWEEN = re.compile(
    rf"(?!{HAN})(?:(?<={HAN})(?:[^\w,。!?]{{1,3}}|[._*·|/\\-])(?={HAN})|(?<![a-z\d])[a-z](?:[ .·*|-][a-z\d]){{2,20}}(?![a-z\d]))"
)
SEPARATOR = re.compile(r"[\W_]+")


def _digit(word: "re.Match[str]") -> str:
    if not word["digit"]:
        return word[0]
    twice, one = word[0].startswith("double "), word[0].removeprefix("double ")
    return DIGIT[one] * (2 if twice else 1)


def _shapes_as_digits(run: "re.Match[str]") -> str:
    return run[0].translate(AS_SHAPE) if len(re.findall(r"\d", run[0])) >= 4 else run[0]


AS_SHAPE = str.maketrans("oliz", "0112")


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character.translate(ALIKE)).lower()
    return "".join(part for part in parts if unicodedata.category(part) not in DROPPED).translate(ALIKE)


def normal(original: str) -> Normal:
    words = [_plain(character) for character in original]
    text = "".join(words)
    if len(text) == len(words) and all(words):
        return Normal(text, range(len(text)), range(1, len(text) + 1))
    at = [index for index, word in enumerate(words) for _ in word]
    return Normal(text, at, [index + 1 for index in at])
