"""What took place and what comes next, as sentences for the family. Pure but for the reader's language."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backend.rosters.surnames import given_name
from backend.rosters.surnames import teacher as teacher
from backend.web.templatetags.shuangdao import WEEKDAYS, grade, weekly, with_weekday
from chat.history import FirstLine, Line
from chat.models import Elsewhere
from chat.rules.meetings import TO_COME, MeetingState

EVENING = 18
# Chinese parts of the day, by the hour before which they are said, and the hour that is full, half or neither.
PARTS = ((6, "凌晨"), (11, "上午"), (13, "中午"), (EVENING, "下午"), (24, "晚上"))
OCLOCK = ("点", "点半", "点%s分")
WEEK = 7


def parent(name: str, others: list[str]) -> str:
    """What a child reads instead of a parent's whole name; with the family name where another parent asks too.

    The whole name only where that would not tell the two apart.
    """
    if not others:
        return _("Your parent")
    family = name.removesuffix(given_name(name)) or name
    if any(other.startswith(family) for other in others):
        return name
    return _("Your parent (%(family)s)") % {"family": family}


def on_day(at: datetime, today: date) -> str:
    """今天, 昨晚, 周三 or 2月17日: the day of something past, as one says it."""
    there = timezone.localtime(at)
    ago = (today - there.date()).days
    if ago == 0:
        return _("this evening") if there.hour >= EVENING else _("today")
    if ago == 1:
        return _("last night") if there.hour >= EVENING else _("yesterday")
    if ago < WEEK:
        weekday = WEEKDAYS[there.weekday()]
        # Monday first: what lies before this week's is last week's.
        return str(weekday) if ago <= today.weekday() else _("last %(weekday)s") % {"weekday": weekday}
    return date_format(there, "MONTH_DAY_FORMAT")


def coming(at: datetime, today: date) -> str:
    """今天 19:00, 明天 10:00, 周六 10:00, 下周四 10:00 or 2月17日 周一 19:00."""
    there = timezone.localtime(at)
    ahead = (there.date() - today).days
    names = {0: _("today"), 1: _("tomorrow")}
    weekday = str(WEEKDAYS[there.weekday()])
    if there.weekday() < today.weekday():  # on a Friday, Thursday alone sounds like yesterday
        weekday = _("next %(weekday)s") % {"weekday": weekday}
    day = names.get(ahead) or (
        weekday if ahead < WEEK else with_weekday(date_format(there, "MONTH_DAY_FORMAT"), there)
    )
    return f"{day} {there:%H:%M}"


def spoken(at: datetime, today: date) -> str:
    """今晚7点, 明天上午10点, 周三下午4点半: as one says it to a grandmother. In other languages as `coming`."""
    if not (translation.get_language() or "").startswith("zh"):
        return coming(at, today)
    there = timezone.localtime(at)
    evening = there.hour >= EVENING
    part = next(words for until, words in PARTS if there.hour < until)
    day = coming(at, today).rsplit(" ", 1)[0]
    hour = (there.hour - 1) % 12 + 1
    full, half, other = OCLOCK
    minutes = {0: full, 30: half}.get(there.minute, other % f"{there.minute:02}")
    if evening and day in ("今天", "明天"):
        day, part = day[0], "晚"
    return f"{day}{part}{hour}{minutes}"


def told_apart(pairings: Iterable[Any]) -> dict[int, str]:
    """What a mentor's children are called, by pairing: one name each, and where two share one what tells them
    apart: the grade, or else the weekly hour. Never the family name, which a mentor does not learn."""
    pairings = list(pairings)
    names = Counter(each.child.call_name for each in pairings)
    grades = Counter((each.child.call_name, _grade_of(each.child)) for each in pairings)
    called = {}
    for each in pairings:
        name = each.child.call_name
        if names[name] > 1:
            apart = _grade_of(each.child)
            if grades[name, apart] > 1:
                apart = weekly(each.slot)
            name = _("%(name)s (%(apart)s)") % {"name": name, "apart": apart}
        called[each.pk] = name
    return called


def _grade_of(child: Any) -> str:
    return grade(child.grade, child.school_system)


def first_sentences(told: FirstLine, child: str, today: date) -> list[tuple[str, str, Line | None]]:
    """Of each mentor the child has now (role, sentence, line): when they last met, or that they have not yet.

    The newest first; among them that of a mentor who has ended, where it is the newest of all: somebody came.
    """
    lines = [line for _pairing, line in told.each if line]
    if told.last is not None and told.last not in lines:
        lines.append(told.last)
    lines.sort(key=lambda line: line.at, reverse=True)
    said: list[tuple[str, str, Line | None]] = [
        (line.role, what_happened(line, child, today), line) for line in lines
    ]
    for pairing, line in told.each:
        if line is None:
            facts = {"mentor": teacher(pairing.mentor.name), "child": child}
            said.append((pairing.role, _("%(mentor)s and %(child)s have not met yet.") % facts, None))
    return said


def what_happened(line: Line, child: str, today: date) -> str:
    """One sentence about a line of the history. Never who was late or who did not come."""
    facts = {"mentor": teacher(line.mentor_name), "child": child, "day": on_day(line.at, today)}
    if line.state == MeetingState.HELD or line.state in TO_COME:  # together, also where it is not judged yet
        if line.kind == "elsewhere" and line.medium == Elsewhere.Medium.PHONE:
            said = _("%(mentor)s spoke with %(child)s by telephone %(day)s, %(minutes)d minutes.")
        elif line.kind == "elsewhere":
            said = _("%(mentor)s spoke with %(child)s by video %(day)s, %(minutes)d minutes.")
        else:
            said = _("%(mentor)s met %(child)s %(day)s, %(minutes)d minutes.")
        if line.minutes is None:
            said = _("%(mentor)s met %(child)s %(day)s.")
        elif not line.minutes:
            said = _("%(mentor)s met %(child)s %(day)s, for less than a minute.")
        return said % {**facts, "minutes": line.minutes}
    if line.state == MeetingState.CANCELLED:
        return _("The meeting of %(mentor)s and %(child)s %(day)s was cancelled.") % facts
    if line.state == MeetingState.VOID:
        return _("The rooms were down %(day)s; the meeting does not count.") % facts
    if line.session is not None:
        return (
            _("%(mentor)s and %(child)s met only for a moment %(day)s; the mentor will arrange another time.")
            % facts
        )
    return _("%(mentor)s and %(child)s did not meet %(day)s; the mentor will arrange another time.") % facts
