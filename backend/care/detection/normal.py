"""One writing for many: full width, circles, keycaps, Chinese numerals and traditional characters, kept in place.

What is found in the normal text is shown in the original, so every character remembers where it came from.
"""

import unicodedata
from dataclasses import dataclass

# Invisible, or drawn upon the character before it.
DROPPED = {"Cf", "Mn", "Me"}
NUMERALS = str.maketrans(
    {
        numeral: digit
        for digit, numerals in {
            "0": "零〇洞",
            "1": "一壹幺",
            "2": "二贰貳两兩",
            "3": "三叁參",
            "4": "四肆",
            "5": "五伍",
            "6": "六陆陸",
            "7": "七柒拐",
            "8": "八捌",
            "9": "九玖",
        }.items()
        for numeral in numerals
    }
)
# Only those that the patterns use.
TRADITIONAL = str.maketrans(
    "電話號碼聯繫見麵祕發給嗎訴訊鎖門樓園學們來這個機親愛媽爺掃維",
    "电话号码联系见面秘发给吗诉讯锁门楼园学们来这个机亲爱妈爷扫维",
)


@dataclass(frozen=True, slots=True)
class Normal:
    """text: as a pattern reads it.  at: of each of its characters, the index in the original."""

    text: str
    at: tuple[int, ...]

    @property
    def numbers(self) -> str:
        """The same, character by character, with Chinese numerals as digits: for rules about numbers only."""
        return self.text.translate(NUMERALS)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the normal text stands in the original."""
        return self.at[start], self.at[end - 1] + 1


def normal(original: str) -> Normal:
    text: list[str] = []
    at: list[int] = []
    for index, character in enumerate(original):
        if unicodedata.category(character) in DROPPED:
            continue
        digit = unicodedata.digit(character, None)
        plain = unicodedata.normalize("NFKC", character) if digit is None else str(digit)
        for part in plain.lower():
            if unicodedata.category(part) not in DROPPED:
                text.append(part)
                at.append(index)
    return Normal("".join(text).translate(TRADITIONAL), tuple(at))
