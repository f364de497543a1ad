"""What is offered when a cell or a heading is not understood; "" where a guess would be a mistake of ours."""

import pytest

from backend.rosters.lists import DISTRICTS
from backend.rosters.reading.guessing import likely_column, near

MEANT = [
    ("grade", "五年及", "五年级"),
    ("grade", "无年级", ""),  # another grade is no slip of the pen
    ("grade", "十四年级", ""),
    ("grade", "初四", ""),
    ("subjects", "数雪、英文", "数学、英语"),
    ("subjects", "外语", "英语"),
    ("subjects", "数学、珠算", ""),
    ("gender", "女生", "女"),
    ("gender", "?", ""),
    ("district", "历山区", "历下区"),
    ("district", "历下", "历下区"),
    ("district", "青岛", ""),
    ("availability", "周1 19点", "周一 19点"),
    ("availability", "有空就行", ""),
    ("parent_phone", "138OO138000", "13800138000"),
    ("parent_phone", "1380013800", ""),
    ("name", "陈雨桐", ""),
]
HEADINGS = [
    ("children", "联系电话", "parent_phone"),
    ("children", "姓 名", "name"),
    ("children", "年级(必填)", "grade"),
    ("children", "可用的时间", "availability"),
    ("children", "爱好", ""),
    ("children", "备注", ""),  # it would be shown to the wellbeing mentor
    ("mentors", "手机", "phone"),
    ("mentors", "教师姓名", "name"),
]


@pytest.mark.parametrize(("column", "written", "meant"), MEANT)
def test_a_cell(column: str, written: str, meant: str) -> None:
    assert near("children", column, written, DISTRICTS) == meant


@pytest.mark.parametrize(("kind", "written", "meant"), HEADINGS)
def test_a_heading(kind: str, written: str, meant: str) -> None:
    assert likely_column(kind, written, ()) == meant
    assert likely_column(kind, written, {meant}) == ""
