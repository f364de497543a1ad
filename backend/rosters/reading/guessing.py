"""What somebody most likely meant: only ever offered, never taken by itself. Pure."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping

from backend.rosters.reading import cells
from backend.rosters.reading.columns import COLUMNS, names_of

_DIGITS = "一二三四五六七八九"
_GRADES = [f"{digit}年级" for digit in _DIGITS] + [f"{stage}{n}" for stage in "初高" for n in "一二三"]
_SUBJECTS = [names[0] for names in cells.SUBJECTS.values()]
_WORDS: dict[str, list[str]] = {
    "grade": _GRADES,
    "subjects": _SUBJECTS,
    "teaches": _SUBJECTS,
    "roles": ["学业", "心理"],
    "gender": ["女", "男"],
    "preferred_mentor_gender": ["女", "男"],
}
_SAID_FOR = {
    "英文": "英语", "外语": "英语", "算术": "数学", "品德": "道德与法治", "思品": "道德与法治", "生理": "生物",
    "女孩": "女", "女生": "女", "男孩": "男", "男生": "男", "心理健康": "心理", "心理辅导": "心理",
    "学科": "学业", "学习": "学业", "文化课": "学业",
}  # fmt: skip
_ALIKE = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1"})
_HEADINGS: dict[str, dict[str, str]] = {
    "children": {
        "学号": "child_id", "编号": "child_id", "序号": "child_id", "id": "child_id",
        "学生姓名": "name", "孩子姓名": "name", "名字": "name", "学生": "name",
        "班级": "grade", "年级班级": "grade", "所在年级": "grade",
        "学科": "subjects", "科目": "subjects", "辅导科目": "subjects", "需要辅导的学科": "subjects",
        "空闲时间": "availability", "时间": "availability", "有空的时间": "availability",
        "区": "district", "所在区": "district", "所属区": "district", "区县名称": "district", "生日": "birth_date",
        "家长": "parent_name", "监护人": "parent_name", "监护人姓名": "parent_name", "父母姓名": "parent_name",
        "电话": "parent_phone", "手机": "parent_phone", "手机号": "parent_phone", "联系电话": "parent_phone",
        "家长手机": "parent_phone", "监护人电话": "parent_phone", "家庭住址": "address", "地址": "address",
    },
    "mentors": {
        "工号": "mentor_id", "编号": "mentor_id", "序号": "mentor_id", "教师编号": "mentor_id", "id": "mentor_id",
        "教师姓名": "name", "老师姓名": "name", "导师姓名": "name", "名字": "name", "类型": "roles", "导师类型": "roles",
        "任教学科": "teaches", "学科": "teaches", "科目": "teaches", "证书": "certificate", "资格证书": "certificate",
        "空闲时间": "availability", "时间": "availability", "人数": "capacity", "可带学生数": "capacity",
        "区": "district", "所在区": "district", "所属区": "district", "手机": "phone", "手机号": "phone", "联系电话": "phone",
        "邮件": "email", "电子邮箱": "email",
    },
}  # fmt: skip


def readable(kind: str, column: str, text: str, districts: Iterable[str]) -> bool:
    """Whether a cell of this column may say so, whoever's it is."""
    if column == "district":
        return text in districts
    return _unread(COLUMNS[kind][column].parse, text) is None


def near(kind: str, column: str, text: str, districts: Mapping[str, str]) -> str:
    """The text with the part that was not understood put right; "" when nothing is near."""
    if column == "district":
        return nearest(text, districts, 0.5)
    parse = COLUMNS[kind][column].parse
    tried = text
    for _part in range(4):
        part = _unread(parse, tried)
        if part is None:
            break
        tried = _repaired(column, tried, part)
    return tried if tried != text and _unread(parse, tried) is None else ""


def _repaired(column: str, text: str, part: str) -> str:
    if column == "availability":
        return re.sub(r"(周|星期|礼拜)([1-6])", lambda found: found[1] + _DIGITS[int(found[2]) - 1], text)
    if column.endswith("phone"):
        return text.translate(_ALIKE)
    # ``数雪:4-6`` is not understood as a subject, which stands before the colon.
    part = part.partition(":")[0] if column == "teaches" else part
    word = _SAID_FOR.get(cells.plain(part)) or nearest(part, _WORDS.get(column, ()), 0.5)
    if column == "grade" and _number_in(word) != _number_in(part):  # another grade is no slip of the pen
        return text
    return text.replace(part, word) if part and word else text


def _number_in(grade: str) -> list[str]:
    return re.findall(r"[\d十一二三四五六七八九]+", grade)


def likely_column(kind: str, heading: str, taken: Iterable[str]) -> str:
    """The column that somebody may have meant by a heading that is not known; "" when none is likely."""
    word = re.sub(r"\s|[(].*?[)]|[*:]", "", cells.plain(heading)).lower()
    names = names_of(kind)
    found = names.get(word) or _HEADINGS[kind].get(word) or names.get(nearest(word, names, 0.7), "")
    return "" if found in taken else found


def _unread(parse: Callable[[str], object], text: str) -> str | None:
    """The part that the parser did not understand; None when all was."""
    try:
        found = parse(text)
    except cells.Unreadable as error:
        return error.part
    return text if found in (frozenset(), ()) else None


def nearest(word: str, known: Iterable[str], least: float) -> str:
    """Of equally near ones the one that begins alike."""

    def likeness(other: str) -> tuple[float, bool]:
        return difflib.SequenceMatcher(None, word, other).ratio(), word[:1] == other[:1]

    best = max(known, key=likeness, default="")
    return best if best and likeness(best)[0] >= least else ""
