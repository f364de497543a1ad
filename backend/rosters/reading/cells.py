"""One cell to one value. Every parser takes text and returns the value, or raises Unreadable."""

import re
import unicodedata
from datetime import date, datetime
from typing import NoReturn

from django.utils.translation import gettext_noop

from matching.core.roster import DAYS

SUBJECTS = {
    "chinese": ("语文",),
    "math": ("数学",),
    "english": ("英语",),
    "physics": ("物理",),
    "chemistry": ("化学",),
    "biology": ("生物",),
    "history": ("历史",),
    "geography": ("地理",),
    "politics": ("道德与法治", "思想政治", "政治", "道法"),
    "science": ("科学",),
}
_SUBJECT_OF = {name: code for code, names in SUBJECTS.items() for name in (code, *names)}
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_NUMBER = r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九])"
_DAY_OF = {name: day for day, name in enumerate(DAYS)}
_DAY_OF |= {f"{week}{day}": at for week in ("周", "星期", "礼拜") for at, day in enumerate("一二三四五六日")}
_DAY_OF |= {f"{week}天": 6 for week in ("周", "星期", "礼拜")}
_DAY_WORD = "|".join(sorted(_DAY_OF, key=len, reverse=True))
_RANGE = r"(?:-|~|〜|—+|–|−|至|到)"
_SPANS = {"周末": (5, 6), "双休日": (5, 6), "工作日": (0, 4), "每天": (0, 6), "weekend": (5, 6)}
_CLOCK = r"(\d{1,2})(?::00|点|时|点整)?"
_PARTS = {"上午": 0, "早上": 0, "中午": 12, "下午": 12, "晚上": 12, "晚": 12}
_HOURS = re.compile(rf"^({'|'.join(_PARTS)})?{_CLOCK}(?:{_RANGE}({'|'.join(_PARTS)})?{_CLOCK})?$")
_DAYS = re.compile(rf"^({_DAY_WORD})(?:{_RANGE}({_DAY_WORD}|[一二三四五六日天](?![点时])))?(.*)$")
_SEVERAL = re.compile(r"^(?:周|星期)([一二三四五六日天]{2,})(.*)$")

AVAILABILITY = gettext_noop("weekly hours such as mon-19, 周一19:00-21:00 or 周末 9-11点")


class Unreadable(ValueError):
    """part: what was not understood.  expected: a phrase (a gettext msgid) that says what was wanted."""

    def __init__(self, part: str, expected: str) -> None:
        super().__init__(part)
        self.part = part
        self.expected = expected


def plain(text: str) -> str:
    """Full-width forms made ordinary, zero-width marks removed, ends trimmed."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip()


def items(text: str) -> list[str]:
    """The parts of a list: ; ； 、 ， , and line breaks all separate."""
    return [part.strip() for part in re.split(r"[;、,\n\r]+", plain(text)) if part.strip()]


def _refuse(part: str, expected: str) -> NoReturn:
    raise Unreadable(part, expected)


def whole(text: str, low: int, high: int, expected: str) -> int:
    """A whole number; 3.0, as Excel writes some, counts."""
    found = re.fullmatch(r"(\d{1,6})(?:\.0+)?", plain(text))
    if not found or not low <= int(found[1]) <= high:
        _refuse(text, expected)
    return int(found[1])


def grade(text: str, system: str = "6-3") -> int:
    """A grade 1..12 from a number or from words; 初 and 小 count by the school system."""
    expected = gettext_noop("a grade 1-12, such as 5, 五年级, 初一 or 高二")
    word = re.sub(r"\s|[(].*?[)]班?|\d+班$|[一二三四五六七八九十]+班$|班$", "", plain(text))
    if found := re.fullmatch(r"(\d{1,2})(?:\.0+)?", word):
        number = int(found[1])
    elif found := re.fullmatch(rf"(?:小学?)?({_NUMBER})(?:年级|年)?", word):
        number = _number(found[1])
    elif found := re.fullmatch(rf"(初|高)中?({_NUMBER})(?:年级)?", word):
        primary = 5 if system == "5-4" else 6
        first, most = (primary, 9 - primary) if found[1] == "初" else (9, 3)
        within = _number(found[2])
        number = first + within if 1 <= within <= most else 0
    else:
        number = 0
    return number if 1 <= number <= 12 else _refuse(text, expected)


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    if len(word) == 2:
        return 10 + _DIGITS[word[1]]
    return _DIGITS[word]


def grade_band(text: str) -> tuple[int, int]:
    """``7-9``, ``七至九年级``, ``5``, ``初一-初三``."""
    word = plain(text)
    parts = re.split(_RANGE, word)
    if not 1 <= len(parts) <= 2:
        _refuse(text, gettext_noop("a band of grades such as 7-9 or 七至九年级"))
    try:
        bounds = [grade(part) for part in parts]
    except Unreadable:
        _refuse(text, gettext_noop("a band of grades such as 7-9 or 七至九年级"))
    low, high = bounds[0], bounds[-1]
    return (low, high) if low <= high else _refuse(text, gettext_noop("a band with the lower grade first"))


def grade_bands(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(dict.fromkeys(grade_band(part) for part in items(text)))


def subject(text: str) -> str:
    return _SUBJECT_OF.get(plain(text).lower()) or _refuse(
        text, gettext_noop("a subject such as math or 数学")
    )


def subjects(text: str) -> tuple[str, ...]:
    """Codes in the order given, repeats dropped."""
    return tuple(dict.fromkeys(subject(part) for part in items(text)))


def teachings(text: str) -> tuple[tuple[str, int, int], ...]:
    """``math:7-9;physics:8-12`` as (subject, low, high)."""
    found = []
    for part in items(text):
        name, colon, band = part.partition(":")
        if not colon:
            _refuse(part, gettext_noop("a subject and its grades, such as math:7-9 or 数学:七至九年级"))
        found.append((subject(name), *grade_band(band)))
    return tuple(dict.fromkeys(found))


def availability(text: str) -> frozenset[int]:
    """Weekly hours from ``mon-19``, ``周一19:00-21:00``, ``周一至周五 19-21点``, ``周末 9-11点`` …

    Hours without a day before them carry on from the item before (``周一19点、20点``); days without
    hours wait for those of the next item (``周一、周三 19-21点``).
    """
    slots: set[int] = set()
    days: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    part = ""
    for part in items(text):
        new_days, hours = _days(re.sub(r"\s+", "", part.lower()))
        if new_days and not hours:
            waiting += new_days
            continue
        days = waiting + (new_days or (() if waiting else days))
        waiting = ()
        if not days:
            _refuse(part, AVAILABILITY)
        slots.update(day * 24 + hour for day in days for hour in _hours(part, hours))
    if waiting:
        _refuse(part, AVAILABILITY)
    return frozenset(slots)


def _hours(part: str, hours: str) -> range:
    found = _HOURS.match(hours)
    if not found:
        _refuse(part, AVAILABILITY)
    start = _clock(found[1], int(found[2]))
    end = _clock(found[3] or found[1], int(found[4])) if found[4] else start + 1
    if not 0 <= start < end <= 24:
        _refuse(part, gettext_noop("hours between 0 and 24, the earlier one first"))
    return range(start, end)


def _clock(part_of_day: str | None, hour: int) -> int:
    return hour + 12 if part_of_day and _PARTS[part_of_day] == 12 and hour < 12 else hour


def _days(word: str) -> tuple[tuple[int, ...], str]:
    """The days at the head of an item, and the hours after them."""
    for name, (first, last) in _SPANS.items():
        if word.startswith(name):
            return tuple(range(first, last + 1)), word[len(name) :].lstrip("-")
    if several := _SEVERAL.match(word):
        return tuple(_DAY_OF[f"周{day}"] for day in several[1]), several[2]
    found = _DAYS.match(word)
    if not found:
        return (), word
    first = _DAY_OF[found[1]]
    last = _DAY_OF[found[2] if found[2] in _DAY_OF else f"周{found[2]}"] if found[2] else first
    if last < first:
        _refuse(word, gettext_noop("days in the order of the week, Monday first"))
    return tuple(range(first, last + 1)), found[3].lstrip("-")


def gender(text: str) -> str:
    known = {"f": "f", "female": "f", "女": "f", "m": "m", "male": "m", "男": "m"}
    return known.get(plain(text).lower()) or _refuse(text, gettext_noop("f or m (女 or 男)"))


def roles(text: str) -> frozenset[str]:
    known = {"academic": "academic", "学业": "academic", "wellbeing": "wellbeing", "心理": "wellbeing"}
    found = set()
    for part in re.split(r"[;、,\n/+和]+", plain(text)):
        if part.strip():
            found.add(
                known.get(part.strip().lower()) or _refuse(part, gettext_noop("academic, wellbeing or both"))
            )
    return frozenset(found)


def role(text: str) -> str:
    found = roles(text)
    return next(iter(found)) if len(found) == 1 else _refuse(text, gettext_noop("academic or wellbeing"))


def slot(text: str) -> int:
    found = availability(text)
    return (
        next(iter(found))
        if len(found) == 1
        else _refuse(text, gettext_noop("one weekly hour such as mon-19"))
    )


def school_system(text: str) -> str:
    word = re.sub(r"[—–~至.]", "-", plain(text)).removesuffix("制")
    known = {"6-3": "6-3", "63": "6-3", "六三": "6-3", "5-4": "5-4", "54": "5-4", "五四": "5-4"}
    return known.get(word) or _refuse(text, gettext_noop("6-3 or 5-4"))


def phone(text: str) -> str:
    digits = re.sub(r"[\s-]|\.0$", "", plain(text)).removeprefix("+86").removeprefix("0086")
    if not re.fullmatch(r"1[3-9]\d{9}", digits):
        _refuse(text, gettext_noop("a mobile number of 11 digits"))
    return digits


def email(text: str) -> str:
    word = plain(text).lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", word):
        _refuse(text, gettext_noop("an e-mail address"))
    return word


def day(text: str) -> date:
    word = re.sub(r"\s+00:00:00$", "", plain(text))
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"):
        try:
            found = datetime.strptime(word, pattern).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
        # A bare year that Excel took for a date becomes a day of 1905.
        if 1990 <= found.year <= 2100:
            return found
    _refuse(text, gettext_noop("a date such as 2020-02-17 or 2020年2月17日"))


def name(text: str) -> str:
    """``陈　敏``, as two characters are spread to the width of three, is 陈敏."""
    word = re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", plain(text))
    return word if 1 <= len(word) <= 60 else _refuse(text, gettext_noop("a name of at most 60 characters"))


def identifier(text: str) -> str:
    """An id as text. A number that Excel has rounded can't be told apart any more, so it is refused."""
    word = plain(text)
    if re.fullmatch(r"\d+(\.\d+)?[eE]\+?\d+", word):
        _refuse(text, gettext_noop("the id as text: Excel has turned it into a rounded number"))
    word = re.sub(r"(?<=^\d)(\d*)\.0$", r"\1", word)
    return word if 1 <= len(word) <= 40 else _refuse(text, gettext_noop("an id of at most 40 characters"))


def certificates(text: str) -> tuple[str, ...]:
    """Kinds of certificate; the usual three by code or Chinese name, others as they are written."""
    known = {
        "国家二级心理咨询师": "counsellor-2",
        "二级心理咨询师": "counsellor-2",
        "国家三级心理咨询师": "counsellor-3",
        "三级心理咨询师": "counsellor-3",
        "学校心理教师": "school-psychology",
        "心理健康教师": "school-psychology",
    }
    kinds = tuple(dict.fromkeys(known.get(part, part) for part in items(text)))
    if any(len(kind) > 40 for kind in kinds):
        _refuse(text, gettext_noop("kinds of certificate of at most 40 characters"))
    return kinds


_TEXTS = {
    20: gettext_noop("a text of at most 20 characters"),
    200: gettext_noop("a text of at most 200 characters"),
    1000: gettext_noop("a text of at most 1,000 characters"),
}


def words(text: str, most: int = 1000) -> str:
    """Free text with its line breaks; control characters, which no file may hold again, are left out."""
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) != "Cc").strip()
    if len(kept) > most:
        _refuse(f"{kept[:20]}…", _TEXTS[most])
    return kept
