"""One writing for many: full width, circles, keycaps, emoji, pinyin, numerals, traditional characters, kept in place.

What is found in the normal text is shown in the original, so every character remembers where it came from.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from backend.care.detection.begins import LONG
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
        return bool(DIGITISH[many].match(self.text))

    @cached_property
    def numbers(self) -> "Normal":
        """With numerals, number words and letters that look like digits as digits: for rules about numbers only."""
        return Normal(SHAPES.sub(_shapes_as_digits, self.text), self.at, self.to).rewritten(NUMERAL, _digit)

    @property
    def heard(self) -> "Sequence[Normal]":
        """The numbers, with what only sounds like a digit: in a long run, for each is an ordinary word by itself.
        Only where they read otherwise than without."""
        runs = [run for run in SOUNDS.finditer(self.text) if run[0].translate(AS_SOUND) != run[0]]
        if not runs:
            return ()
        text = SOUNDS.sub(lambda run: run[0].translate(AS_SOUND), self.text)
        return [each.numbers for each in Normal(text, self.at, self.to).around(run.span() for run in runs)]

    @property
    def spelled(self) -> "Sequence[Normal]":
        """The numbers, where words for digits stand among letters and digits, as in a name: daxiong〇四一二."""
        spelled = (run.span() for run in SPELLED.finditer(self.text) if NUMERAL.search(run[0]))
        return [each.numbers for each in self.around(spelled)]

    def around(self, spans: Iterable[tuple[int, int]]) -> "Sequence[Normal]":
        """The whole, or of a long text what stands AROUND ``spans``, never cut within a word of letters or digits."""
        parts: list[list[int]] = []
        for start, end in spans:
            if len(self.text) <= LONG:
                return [self]
            if parts and end + 2 * AROUND <= parts[-1][1]:
                continue
            start, end = self._apart(start - AROUND, -1), self._apart(end + AROUND, 1)
            if parts and start <= parts[-1][1]:
                parts[-1][1] = max(parts[-1][1], end)
            else:
                parts.append([start, end])
        return [Normal(self.text[a:z], self.at[a:z], self.to[a:z]) for a, z in parts]

    def _apart(self, at: int, step: int) -> int:
        """The nearest place to cut, or ``AROUND`` further where there is none."""
        last = at + step * AROUND
        while 0 < at < len(self.text) and at != last and not PLACE_TO_CUT.match(self.text, at):
            at += step
        return min(max(at, 0), len(self.text))

    @cached_property
    def plain(self) -> bool:
        """Whether there is nothing that joined or said could read otherwise: so it is with most of what is said."""
        return bool(PLAIN.fullmatch(self.text))

    @cached_property
    def keeps_apart(self) -> bool:
        """Whether it is read the same with other such text before or behind it."""
        return bool(APART.fullmatch(self.text))

    @property
    def joined(self) -> "Normal":
        """Nothing between the characters of a word: 不.想 活 了, w e i x i n."""
        return self if self.plain else self._joined

    @property
    def said(self) -> "Normal":
        """As it is read aloud, without pinyin and figures in words: for words only, not for names."""
        return self if self.plain else self._said

    @cached_property
    def _joined(self) -> "Normal":
        return self.rewritten(BETWEEN, lambda found: SEPARATOR.sub("", found[0]))

    @cached_property
    def _said(self) -> "Normal":
        return self._joined.rewritten(FIGURE, lambda one: one[0].translate(AS_LETTER)).rewritten(
            PINYIN, lambda run: SYLLABLE.sub(lambda one: SYLLABLES[one[1]], run[0])
        )


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
NUMERALS = "".join(word for word in DIGIT if len(word) == 1)
AS_SOUND = str.maketrans(table("sounds"))
SOUND = "[\\d" + "".join(table("sounds")) + NUMERALS + "]"
SOUNDS = re.compile(rf"{SOUND}(?:[ ,.、-]?{SOUND}){{6,14}}")
# Whatever any reading can take for a digit: a numeral, a sound, a letter of a number word.
_DIGITISH = SOUND[1:-1] + "a-z"
DIGITISH = {many: re.compile(f"(?:[^{_DIGITISH}]*+[{_DIGITISH}]){{{many}}}") for many in (2, 4, 5)}
# Four and more of letters, digits and words for digits, near to one another.
SPELLED = re.compile(rf"[a-z\d@{NUMERALS}](?:[^a-z\d@{NUMERALS}]{{0,3}}+[a-z\d@{NUMERALS}]){{3,}}+")
PLACE_TO_CUT = re.compile(rf"[^a-z\d@_.·{NUMERALS}-](?=[{HAN[1:-1]}])")
AROUND = 100  # characters: what a name or a number is told from stands nearer
SHAPES = re.compile(r"(?<![a-z])[\doliz](?:[ .-]?[\doliz]){6,13}(?![a-z])")

# n00ds, m33t, p!c
FIGURE = re.compile(r"(?<=[a-z])[013457!$]{1,2}(?=[a-z])")
AS_LETTER = str.maketrans("013457!$", "oieastis")

SYLLABLES = table("pinyin")
_SYLLABLE = "|".join(sorted(SYLLABLES, key=len, reverse=True))
SYLLABLE = re.compile(rf"({_SYLLABLE})[ ']?")
PINYIN = re.compile(
    rf"(?=[a-z])(?:(?<![a-z\d@_./-])(?:(?:{_SYLLABLE})[ ']?){{2,12}}(?![a-z\d@_/-])|(?<={HAN})(?:{_SYLLABLE})(?![a-z\d@_/-])"
    rf"|(?<![a-z\d@_./-])(?:{_SYLLABLE})(?= ?{HAN}))"
)
PLAIN, LETTER = re.compile(rf"[{HAN[1:-1]}\d,。!?]*"), re.compile("[a-z]")
APART = re.compile(rf"[{HAN[1:-1]},。!?](?:[^a-z]*[{HAN[1:-1]},。!?])?")
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


def _but(ideographs: range, without: Iterable[int]) -> str:
    """The inside of a class of ``ideographs``, but for some."""
    ends = [ideographs.start - 1, *sorted(one for one in without if one in ideographs), ideographs.stop]
    return "".join(f"{chr(a + 1)}-{chr(z - 1)}" for a, z in pairwise(ends) if z - a > 1)


# What is written so already. All else is looked up character by character.
AS_IT_IS = re.compile(f"[{_but(range(0x4E00, 0xA000), ALIKE)} -@\\[-~。]*")
# What was looked at for contact details is looked at for danger a moment later, and with what follows.
KEPT, SHORT = 1024, 64  # texts; characters of the longest that are kept


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character.translate(ALIKE)).lower()
    return "".join(part for part in parts if unicodedata.category(part) not in DROPPED).translate(ALIKE)


def normal(original: str) -> Normal:
    return (_kept if len(original) <= SHORT else _kept_long)(original)


def _read(original: str) -> Normal:
    text = original.replace("，", ",").replace("？", "?").replace("！", "!")
    if AS_IT_IS.fullmatch(text):
        return Normal(text, range(len(text)), range(1, len(text) + 1))
    words = [_plain(character) for character in original]
    text = "".join(words)
    if len(text) == len(words) and all(words):
        return Normal(text, range(len(text)), range(1, len(text) + 1))
    at = [index for index, word in enumerate(words) for _ in word]
    return Normal(text, at, [index + 1 for index in at])


_kept, _kept_long = lru_cache(KEPT)(_read), lru_cache(4)(_read)
