"""The columns of roster files: their names, how a cell of each is read, and where one is needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext_noop

from backend.rosters.reading import cells

Parser = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """need: "" (may be empty), "always", or "site" (only where people are imported for good)."""

    aliases: tuple[str, ...]
    parse: Parser
    need: str = ""


def _parent(number: str, prefix: str) -> dict[str, Column]:
    return {
        f"parent{number}_name": Column((f"{prefix}姓名",), cells.name),
        f"parent{number}_phone": Column((f"{prefix}电话",), cells.phone),
        f"parent{number}_email": Column((f"{prefix}邮箱",), cells.email),
    }


CHILDREN: dict[str, Column] = {
    "child_id": Column(("学生编号",), cells.identifier, "always"),
    "name": Column(("姓名",), cells.name, "always"),
    "school_system": Column(("学制",), cells.school_system),
    "grade": Column(("年级",), cells.grade, "always"),
    "subjects": Column(("需要学科",), cells.subjects, "always"),
    "availability": Column(("可用时间",), cells.availability, "always"),
    "district": Column(("区县",), cells.name, "always"),
    "gender": Column(("性别",), cells.gender),
    "preferred_mentor_gender": Column(("希望导师性别",), cells.gender),
    "priority": Column(("优先级",), lambda text: cells.whole(text, 0, 3, gettext_noop("0, 1, 2 or 3"))),
    "previous_academic": Column(("原学业导师",), cells.identifier),
    "previous_wellbeing": Column(("原心理导师",), cells.identifier),
    "call_name": Column(("称呼",), cells.name),
    "needs": Column(("需要关注",), cells.words),
    "birth_date": Column(("出生日期",), cells.day, "site"),
    **_parent("", "家长"),
    **_parent("2", "家长2"),
    "carer_name": Column(("家中照护人",), cells.name),
    "carer_relation": Column(("关系",), lambda text: cells.words(text, 20)),
    "carer_phone": Column(("照护人电话",), cells.phone),
    "address": Column(("住址",), lambda text: cells.words(text, 200)),
    "consent_date": Column(("监护人同意日期",), cells.day),
}
MENTORS: dict[str, Column] = {
    "mentor_id": Column(("导师编号",), cells.identifier, "always"),
    "name": Column(("姓名",), cells.name, "always"),
    "roles": Column(("角色",), cells.roles, "always"),
    "teaches": Column(("任教",), cells.teachings),
    "wellbeing_grades": Column(("辅导年级",), cells.grade_bands),
    "certificate": Column(("资格证",), cells.certificates),
    "availability": Column(("可用时间",), cells.availability, "always"),
    "capacity": Column(
        ("可带人数",),
        lambda text: cells.whole(text, 0, 9999, gettext_noop("a whole number of 0 to 9999")),
        "always",
    ),
    "district": Column(("区县",), cells.name, "always"),
    "gender": Column(("性别",), cells.gender),
    "phone": Column(("电话",), cells.phone),
    "email": Column(("邮箱",), cells.email),
    "vetted_until": Column(("审核有效期",), cells.day),
}
LOCKS: dict[str, Column] = {
    "kind": Column(("类型", "种类"), lambda text: _kind(text), "always"),
    "child_id": Column(("学生编号",), cells.identifier, "always"),
    "mentor_id": Column(("导师编号",), cells.identifier, "always"),
    "role": Column(("角色",), cells.role),
    "slot": Column(("时间", "时段"), cells.slot),
}
COLUMNS = {"children": CHILDREN, "mentors": MENTORS, "locks": LOCKS}


def _kind(text: str) -> str:
    known = {
        "pin": "pin",
        "固定": "pin",
        "指定": "pin",
        "forbid": "forbid",
        "禁止": "forbid",
        "回避": "forbid",
    }
    found = known.get(cells.plain(text).lower())
    if found is None:
        raise cells.Unreadable(text, gettext_noop("pin or forbid"))
    return found


def names_of(kind: str) -> dict[str, str]:
    """Every heading that is known by itself, in small letters -> canonical column."""
    columns = COLUMNS[kind]
    return {alias.lower(): name for name, column in columns.items() for alias in (name, *column.aliases)}


def headed(kind: str, column: str) -> str:
    """A column as it is headed in files of the reader's language; what is no column stays as it is."""
    found = COLUMNS.get(kind, {}).get(column)
    if found is None:
        found = next((columns[column] for columns in COLUMNS.values() if column in columns), None)
    return found.aliases[0] if found and (get_language() or "").startswith("zh") else column


def expected_in(column: Column) -> str:
    """What a cell of the column may say (a gettext msgid): what its reader wants of text that says nothing."""
    for nonsense in ("?", "?" * 2000):
        try:
            column.parse(nonsense)
        except cells.Unreadable as error:
            return error.expected
    return ""


# Of these one is needed; an empty name is wrong beside its phone.
ONE_OF = {
    "children": (("parent_phone", "parent2_phone"),),
    "mentors": (("phone", "email"),),
}
_NAME_OF = {"parent_name": "parent_phone", "parent2_name": "parent2_phone", "carer_name": "carer_phone"}
_NEEDED_FOR = {"teaches": "academic", "wellbeing_grades": "wellbeing"}


def may_be_empty(kind: str, column: str, row: Mapping[str, str]) -> bool:
    """Whether a row of the site with these texts could be taken if this cell were empty."""
    if COLUMNS[kind][column].need or row.get(_NAME_OF.get(column, "")):
        return False
    if column in _NEEDED_FOR:
        try:
            return _NEEDED_FOR[column] not in cells.roles(row.get("roles", ""))
        except cells.Unreadable:
            return False
    groups = [group for group in ONE_OF.get(kind, ()) if column in group]
    return all(any(row.get(other) for other in group if other != column) for group in groups)
