"""A roster row as a form: one field for each column of the format, with what is wrong in it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy

from backend.rosters.reading.cells import SUBJECTS, availability, items
from backend.rosters.reading.columns import COLUMNS

LABELS = {
    "child_id": gettext_lazy("Number"),
    "mentor_id": gettext_lazy("Number"),
    "name": gettext_lazy("Name"),
    "school_system": gettext_lazy("School system"),
    "grade": gettext_lazy("Grade"),
    "subjects": gettext_lazy("Subjects, most wanted first"),
    "availability": gettext_lazy("Free hours"),
    "district": gettext_lazy("District"),
    "gender": gettext_lazy("Gender"),
    "preferred_mentor_gender": gettext_lazy("Mentor's gender asked for"),
    "priority": gettext_lazy("Priority, 0 to 3"),
    "previous_academic": gettext_lazy("Academic mentor before"),
    "previous_wellbeing": gettext_lazy("Wellbeing mentor before"),
    "call_name": gettext_lazy("Called"),
    "needs": gettext_lazy("Needs"),
    "birth_date": gettext_lazy("Birth date"),
    "parent_name": gettext_lazy("Parent's name"),
    "parent_phone": gettext_lazy("Parent's phone"),
    "parent_email": gettext_lazy("Parent's e-mail"),
    "parent2_name": gettext_lazy("Second parent's name"),
    "parent2_phone": gettext_lazy("Second parent's phone"),
    "parent2_email": gettext_lazy("Second parent's e-mail"),
    "carer_name": gettext_lazy("Carer at home"),
    "carer_relation": gettext_lazy("Carer is the child's"),
    "carer_phone": gettext_lazy("Carer's phone"),
    "address": gettext_lazy("Address"),
    "consent_date": gettext_lazy("Guardian's consent on paper, of"),
    "roles": gettext_lazy("Roles"),
    "teaches": gettext_lazy("Teaches"),
    "wellbeing_grades": gettext_lazy("Wellbeing grades"),
    "certificate": gettext_lazy("Certificate"),
    "capacity": gettext_lazy("Capacity"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
    "vetted_until": gettext_lazy("Vetted until"),
}
HINTS = {
    "grade": "五年级 · 初一 · 11",
    "subjects": "数学；英语",
    "availability": "周一至周五 19-21点；周六 9-11点",
    "district": "历下区",
    "roles": "学业；心理",
    "teaches": "数学:七至九年级；物理:8-9",
    "wellbeing_grades": "1-6",
    "birth_date": "2012-05-04",
    "consent_date": "2020-02-17",
    "vetted_until": "2021-08-31",
}


def fields(
    kind: str, cells: Mapping[str, str], problems: Iterable[Mapping[str, str]] = (), *, fixed: str = ""
) -> list[dict[str, Any]]:
    """In the order of the format, but what is wrong first.

    kind: children or mentors.  problems: {"column", "wrong", "expected"}.  fixed: a column that stays.
    """
    wrong = {problem["column"]: problem for problem in problems}
    found = [
        {
            "name": name,
            "label": LABELS[name],
            "hint": HINTS.get(name, ""),
            "text": cells.get(name, ""),
            "needed": bool(column.need),
            "fixed": name == fixed,
            "wrong": wrong.get(name),
        }
        for name, column in COLUMNS[kind].items()
    ]
    return sorted(found, key=lambda field: field["wrong"] is None)


def in_words(cells: Mapping[str, str], district: str) -> dict[str, str]:
    """Cells of somebody who is here as a Chinese reader writes them; whoever reads rosters understands both."""
    if not (get_language() or "").startswith("zh"):
        return dict(cells)
    said = {name: words(cells[name]) for name, words in WORDS.items() if cells.get(name)}
    return {**cells, **said, "district": district}


def _hours(text: str) -> str:
    """周一19点、20点；周六9点"""
    days: dict[int, list[int]] = {}
    for slot in sorted(availability(text)):
        days.setdefault(slot // 24, []).append(slot % 24)
    return "；".join(
        f"周{'一二三四五六日'[day]}" + "、".join(f"{hour}点" for hour in hours) for day, hours in days.items()
    )


def _each(known: Mapping[str, str]) -> Callable[[str], str]:
    """The items of a list, each by what stands before its colon."""

    def words(text: str) -> str:
        parts = (item.partition(":") for item in items(text))
        return "；".join(f"{known.get(head, head)}{colon}{rest}" for head, colon, rest in parts)

    return words


_GENDERS = _each({"f": "女", "m": "男"})
_SUBJECTS = _each({code: names[0] for code, names in SUBJECTS.items()})
WORDS: dict[str, Callable[[str], str]] = {
    "subjects": _SUBJECTS,
    "teaches": _SUBJECTS,
    "availability": _hours,
    "gender": _GENDERS,
    "preferred_mentor_gender": _GENDERS,
    "roles": _each({"academic": "学业", "wellbeing": "心理"}),
    "certificate": _each(
        {
            "counsellor-2": "国家二级心理咨询师",
            "counsellor-3": "国家三级心理咨询师",
            "school-psychology": "学校心理教师",
        }
    ),
}


def posted(kind: str, given: QueryDict) -> dict[str, str]:
    """The text of every column of the form."""
    return {name: str(given.get(name, "")).strip() for name in COLUMNS[kind]}
