"""Where one more mentor helps most, in words: for the round's page, and as something to send to a school."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from backend.rosters.models import Subject
from backend.web.templatetags.shuangdao import WEEKDAYS, grade, local_name, role
from matching.models import Role, Round
from matching.wording import opening_in_words


@dataclass(frozen=True, slots=True)
class Told:
    """One opening. hours: by day.  children: so many more would have both mentors.  roles: or one of them."""

    words: str
    who: str
    subject: str
    grades: str
    hours: list[str]
    capacity: int
    children: int
    roles: int
    needs: str


def told(round_: Round) -> list[Told]:
    """The best first. Each was solved again before it was kept with the round."""
    rows = round_.summary.get("openings", [])
    subjects = Subject.objects.in_bulk() if rows else {}
    return [_told(row, subjects) for row in rows]


def by_day(slots: Iterable[int]) -> list[str]:
    """周一 16:00、20:00 for each day."""
    days: dict[int, list[str]] = {}
    for each in sorted(slots):
        days.setdefault(each // 24, []).append(f"{each % 24:02}:00")
    return [f"{WEEKDAYS[day]} {_(', ').join(hours)}" for day, hours in days.items()]


def _told(opening: dict[str, Any], subjects: dict[str, Subject]) -> Told:
    who = role(opening["role"])
    subject = local_name(subjects[opening["subject"]]) if opening["subject"] in subjects else ""
    grades = f"{grade(opening['low'])}–{grade(opening['high'])}"
    hours = by_day(opening["slots"])
    words = opening_in_words(opening, f"{who} · {subject}" if subject else who, grades, _("; ").join(hours))
    wellbeing = opening["role"] == Role.WELLBEING
    return Told(
        words=words,
        who=who,
        subject=subject,
        grades=grades,
        hours=hours,
        capacity=opening["capacity"],
        children=opening["children"],
        roles=opening["roles"],
        needs=_("a valid counsellor's certificate") if wellbeing else _("teaches this subject"),
    )
