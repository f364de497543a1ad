"""Messy and human files through the wizard: each ends in the people that were meant, or in a refusal.

The endings are written out by hand and read from the tables, not through the code that compares or exports.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from backend.accounts.models import User
from backend.errors import Refusal
from backend.rosters import blank_files, choosing, imports
from backend.rosters.models import Child, Guardianship, Mentor, RosterUpload, SetAside
from backend.rosters.reading.chosen import Place
from tests.rosters.test_messy_files import (
    CHILD,
    MENTOR,
    bomb,
    csv_text,
    empty_rows,
    rename,
    title_row,
    workbook,
)

pytestmark = pytest.mark.django_db
Step = Callable[[User, RosterUpload], Any]
K, M = "children", "mentors"
S = "r.xlsx[学生]"
# name, grade, district, subjects, weekly hours, parents' names and phones
K1 = ("陈雨桐", 5, "370102", ["math"], [19, 43], [("陈敏", "13800138000")])
M1 = ("高远", 2, "370102", [("math", 4, 6)], [19])


def act(use_case: Callable[..., Any], **given: Any) -> Step:
    return lambda actor, upload: use_case(
        actor=actor, upload_id=upload.pk, version=RosterUpload.objects.get(pk=upload.pk).version, **given
    )


def sheets(children: str | None, mentors: str | None, row: int = 1) -> Step:
    return act(choosing.choose_sheets, places={K: Place(children, row), M: Place(mentors)})


def headings(kind: str, **chosen: str) -> Step:
    return act(choosing.name_headings, headings={kind: chosen})


def correct(column: str, was: str, becomes: str, kind: str = K, rows: Any = None) -> Step:
    return act(choosing.correct_cells, kind=kind, column=column, was=was, becomes=becomes, rows=rows)


def row(number: int, kind: str = K, **cells: str) -> Step:
    return act(choosing.correct_row, kind=kind, row=number, cells=cells)


def aside(*rows: int, kind: str = K) -> Step:
    return act(choosing.set_rows_aside, rows={(kind, number) for number in rows})


def brought(actor: User, content: bytes) -> RosterUpload:
    """Looked at, as on a page."""
    return imports.check_upload(actor=actor, file_name="r.xlsx", content=content, asks=True)


ALL_ASIDE = act(choosing.set_rows_aside)
undo = act(choosing.undo_correction, correction=1)


@dataclass(frozen=True)
class File:
    """people: all who are here afterwards.  waits: names set aside.  refused: what stands against taking it.
    no: the last step itself is refused."""

    content: bytes
    steps: tuple[Step, ...] = ()
    people: dict[str, Any] = field(default_factory=dict)
    waits: tuple[str, ...] = ()
    refused: frozenset[tuple[str, int, str]] | set[tuple[str, int, str]] = frozenset()
    name: str = "r.xlsx"
    no: bool = False


def kids(*more: dict[str, Any]) -> bytes:
    return workbook(children=[{**CHILD, **cells} for cells in ({}, *more)])


def kid(**cells: Any) -> bytes:
    return workbook(children=({**CHILD, **cells},))


def headed(old: str, new: str, title: str = "学生") -> Callable[[Workbook], None]:
    def edit(book: Workbook) -> None:
        for cell in book[title][1]:
            cell.value = new if cell.value == old else cell.value

    return edit


def both(*edits: Callable[[Workbook], Any]) -> Callable[[Workbook], None]:
    return lambda book: [edit(book) for edit in edits] and None


def with_locks(book: Workbook) -> None:
    sheet = book.create_sheet("锁定")
    sheet.append(["类型", "学生编号", "导师编号"])
    sheet.append(["禁止", "K2", "M1"])


def without_sheet(title: str) -> Callable[[Workbook], None]:
    return lambda book: book.remove(book[title])


def filled(language: str) -> Callable[[User], bytes]:
    """The site's own template with one child and one mentor typed into it."""

    def fill(actor: User) -> bytes:
        book = load_workbook(io.BytesIO(blank_files.template(actor=actor, language=language)))
        names = {value: name for name, value in ENGLISH.items()} if language == "en" else {}
        for sheet, cells in zip(book.worksheets, (CHILD, MENTOR), strict=False):
            heads = [cell.value for cell in sheet[1]]
            for heading, value in cells.items():
                sheet.cell(2, heads.index(names.get(heading, heading)) + 1).value = value
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    return fill


ENGLISH = {
    "child_id": "学生编号", "name": "姓名", "grade": "年级", "subjects": "需要学科", "availability": "可用时间",
    "district": "区县", "birth_date": "出生日期", "parent_name": "家长姓名", "parent_phone": "家长电话",
    "mentor_id": "导师编号", "roles": "角色", "teaches": "任教", "capacity": "可带人数", "phone": "电话",
}  # fmt: skip
K2 = {"学生编号": "K2", "姓名": "陈小满"}
FOUND_K2 = ("陈小满", *K1[1:])
BAD_DATES = [{**K2, "出生日期": None}]
FIVE = [{"学生编号": f"K{n}", "姓名": f"陈{n}", "年级": "五年及"} for n in range(2, 43)]

FILES: dict[str, File] = {
    "nothing wrong": File(kids(), people={"K1": K1, "M1": M1}),
    "a title over the headings": File(
        workbook(title_row), (sheets("学生", "导师", row=2),), {"K1": K1, "M1": M1}
    ),
    "sheets as Excel names them": File(
        workbook(both(rename("学生", "Sheet1"), rename("导师", "Sheet2"))),
        (sheets("Sheet1", "Sheet2"),),
        {"K1": K1, "M1": M1},
    ),
    "no mentors in it": File(workbook(without_sheet("导师")), (sheets("学生", None),), {"K1": K1}),
    "only mentors in it": File(workbook(without_sheet("学生")), (sheets(None, "导师"),), {"M1": M1}),
    "CSV from Excel": File(csv_text(CHILD).encode("utf-8-sig"), name="孩子.csv", people={"K1": K1}),
    "CSV of an old Chinese Windows": File(csv_text(CHILD).encode("gb18030"), name="a.csv", people={"K1": K1}),
    "CSV with tabs, called TXT": File(
        csv_text(CHILD).replace('","', '"\t"').encode(), name="a.txt", people={"K1": K1}
    ),
    "CSV of mentors": File(csv_text(MENTOR).encode(), name="m.csv", people={"M1": M1}),
    "CSV with headings of its own": File(
        csv_text(CHILD).replace("学生编号", "学号").replace("家长电话", "手机").encode(),
        (sheets("", None), headings(K, 学号="child_id", 手机="parent_phone")),
        {"K1": K1},
        name="a.csv",
    ),
    "headings of another school": File(
        workbook(both(headed("学生编号", "学号"), headed("家长电话", "联系电话"), headed("电话", "手机", "导师"))),
        (headings(K, 学号="child_id", 联系电话="parent_phone"), headings(M, 手机="phone")),
        {"K1": K1, "M1": M1},
    ),
    "a heading left out on purpose": File(
        kid(备注="听话"), (headings(K, 备注=""),), {"K1": K1, "M1": M1}
    ),
    "the same slip in 41 rows": File(
        kids(*FIVE),
        (correct("grade", "五年及", "五年级"),),
        {"K1": K1, "M1": M1} | {f"K{n}": (f"陈{n}", *K1[1:]) for n in range(2, 43)},
    ),
    "a slip corrected in one row and set aside in another": File(
        kids({**K2, "区县": "历山区"}, {"学生编号": "K3", "姓名": "陈三", "区县": "历山区"}),
        (correct("district", "历山区", "历城区", rows=[3]), aside(4)),
        {"K1": K1, "M1": M1, "K2": ("陈小满", 5, "370112", *K1[3:])},
        ("陈三",),
    ),
    "无 for no e-mail": File(
        kids({**K2, "家长邮箱": "无"}),
        (correct("parent_email", "无", ""),),
        {"K1": K1, "M1": M1, "K2": FOUND_K2},
    ),
    "letters in a telephone number": File(
        kid(家长电话="138OO138000"), (correct("parent_phone", "138OO138000", "13800138000"),), {"K1": K1, "M1": M1}
    ),
    "a telephone number with spaces": File(kid(家长电话="138 0013 8000"), people={"K1": K1, "M1": M1}),
    "names spread with spaces": File(kid(姓名="陈 雨桐", 家长姓名="陈　敏"), people={"K1": K1, "M1": M1}),
    "the same parent with and without a space": File(
        kids({**K2, "家长姓名": "陈　敏"}), people={"K1": K1, "M1": M1, "K2": FOUND_K2}
    ),
    "full-width digits": File(kid(年级="５年级", 家长电话="１３８００１３８０００"), people={"K1": K1, "M1": M1}),
    "dates and numbers as Excel has them": File(
        kid(出生日期=datetime(2010, 2, 17), 年级=5, 家长电话=13800138000), people={"K1": K1, "M1": M1}
    ),
    "half hours": File(
        kid(可用时间="周一19:30"), (correct("availability", "周一19:30", "周一19点、周二19点"),), {"K1": K1, "M1": M1}
    ),
    "an id twice, the second set aside": File(
        kids({"姓名": "陈小满"}), (aside(3),), {"K1": K1, "M1": M1}, ("陈小满",)
    ),
    "an id twice, the second given its own": File(
        kids({"姓名": "陈小满"}), (row(3, child_id="K2"),), {"K1": K1, "M1": M1, "K2": FOUND_K2}
    ),
    "an id that Excel rounded": File(
        kid(学生编号=3.7010220100217e17), (row(2, child_id="K1"),), {"K1": K1, "M1": M1}
    ),
    "a formula": File(kid(年级="=2+3"), (correct("grade", "=2+3", "5"),), {"K1": K1, "M1": M1}),
    "cells merged over two rows": File(
        workbook(lambda book: book["学生"].merge_cells("F2:F3"), (CHILD, {**CHILD, **K2})),
        (correct("district", "历下区", "历下区", rows=[2]), correct("district", "", "历下区", rows=[3])),
        {"K1": K1, "M1": M1, "K2": FOUND_K2},
    ),
    "a birth date that is missing": File(
        kids(*BAD_DATES), (row(3, birth_date="2011-02-03"),), {"K1": K1, "M1": M1, "K2": FOUND_K2}
    ),
    "a column that is missing": File(
        workbook(children=({key: value for key, value in CHILD.items() if key != "出生日期"},)),
        (row(2, birth_date="2010-02-17"),),
        {"K1": K1, "M1": M1},
    ),
    "another name with the same telephone": File(
        kids({**K2, "家长姓名": "陈米"}), (row(3, parent_name="陈敏"),), {"K1": K1, "M1": M1, "K2": FOUND_K2}
    ),
    "a sibling set aside": File(
        kids({**K2, "年级": "?"}), (ALL_ASIDE,), {"K1": K1, "M1": M1}, ("陈小满",)
    ),
    "an earlier mentor who is set aside": File(
        workbook(
            children=({**CHILD, "原学业导师": "M2"},),
            mentors=(MENTOR, {**MENTOR, "导师编号": "M2", "姓名": "王海", "电话": "1390013900"}),
        ),
        (aside(3, kind=M),),
        {"K1": K1, "M1": M1},
        ("王海",),
    ),
    "a forbidden pair with a child set aside": File(
        workbook(with_locks, (CHILD, {**CHILD, **K2, "年级": "?"})), (aside(3),), {"K1": K1, "M1": M1}, ("陈小满",)
    ),
    "a row of totals at the end": File(
        workbook(children=(CHILD, {"学生编号": "合计", "姓名": "1人"})), (ALL_ASIDE,), {"K1": K1, "M1": M1}, ("1人",)
    ),
    "a row without an id and a name": File(
        workbook(children=(CHILD, {"年级": "五年级"})), (ALL_ASIDE,), {"K1": K1, "M1": M1}, ("",)
    ),
    "all that is wrong set aside, one put back and put right": File(
        kids({**K2, "年级": "?"}, {"学生编号": "K3", "姓名": "陈三", "性别": "?"}),
        (ALL_ASIDE, act(choosing.put_rows_back, rows={(K, 3)}), correct("grade", "?", "5")),
        {"K1": K1, "M1": M1, "K2": FOUND_K2},
        ("陈三",),
    ),
    "a correction taken back": File(
        kid(年级="五年及"), (correct("grade", "五年及", "5"), undo), refused={(S, 2, "grade")}
    ),
    "a correction on a correction taken back": File(
        kid(年级="五年及"), (correct("grade", "五年及", "6"), row(2, grade="5"), undo), refused={(S, 2, "grade")}
    ),
    "two sheets exchanged by mistake": File(
        workbook(), (sheets("导师", "学生"),),
        refused={("r.xlsx[导师]", 1, c) for c in ("child_id", "grade", "subjects")}
        | {(S, 1, c) for c in ("mentor_id", "roles", "capacity")},
    ),
    "a correction that can't be read either": File(
        kid(年级="五年及"), (correct("grade", "五年及", "五年机"),), refused={(S, 2, "grade")}, no=True
    ),
    "one sheet for both": File(
        workbook(rename("导师", "老师")), (sheets("学生", "学生"),), refused={("r.xlsx", 1, "-")}, no=True
    ),
    "two headings for one column": File(
        workbook(both(headed("家长电话", "手机1"), headed("家长姓名", "手机2"))),
        (headings(K, 手机1="parent_phone", 手机2="parent_phone"),),
        refused={(S, 2, "parent_phone")},
        no=True,
    ),
    "the other of two headings after all": File(
        workbook(
            headed("家长电话", "手机1"), children=({**CHILD, "家长电话": "138OO138000", "手机2": "13800138000"},)
        ),
        (
            headings(K, 手机1="parent_phone", 手机2=""),
            correct("parent_phone", "138OO138000", "13900000000"),
            headings(K, 手机1="", 手机2="parent_phone"),
        ),
        {"K1": K1, "M1": M1},
    ),
    "a good row set aside": File(kids(), (aside(2),), people={"K1": K1, "M1": M1}, no=True),
    "nobody but headings": File(workbook(empty_rows), refused={(S, 1, "-")}),
    "an old XLS": File(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, name="a.xls", refused={("a.xls", 1, "-")}),
    "a workbook with a password": File(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, refused={("r.xlsx", 1, "-")}
    ),
    "a web page called XLS": File(
        "<html><table><tr><td>姓名</td></tr></table></html>".encode(), name="a.xls", refused={("a.xls", 1, "-")}
    ),
    "a PDF": File(b"%PDF-1.4 \x00 nothing", name="a.pdf", refused={("a.pdf", 1, "-")}),
    "CSV in UTF-16": File(csv_text(CHILD).encode("utf-16"), name="a.csv", refused={("a.csv", 1, "-")}),
    "CSV with a quotation mark left open": File(
        csv_text(CHILD).encode() + b'\r\n"K2', name="a.csv", refused={("a.csv", 3, "-")}
    ),
    "an empty file": File(b"", refused={("r.xlsx", 1, "-")}),
    "a zip bomb": File(bomb(), refused={("r.xlsx", 1, "-")}),
}  # fmt: skip


def everybody() -> dict[str, Any]:
    """Straight from the tables."""
    found: dict[str, Any] = {}
    for child in Child.objects.all():
        links = Guardianship.objects.filter(child=child).order_by("order")
        found[child.roster_id] = (
            child.name, child.grade, child.district_id,
            list(child.wanted.order_by("rank").values_list("subject_id", flat=True)),
            sorted(child.free_slots.values_list("slot", flat=True)),
            [(link.guardian.name, link.guardian.phone) for link in links],
        )  # fmt: skip
    for mentor in Mentor.objects.all():
        found[mentor.roster_id] = (
            mentor.name, mentor.capacity, mentor.district_id,
            sorted(mentor.teachings.values_list("subject_id", "low", "high")),
            sorted(mentor.free_slots.values_list("slot", flat=True)),
        )  # fmt: skip
    return found


@pytest.mark.parametrize("kind", FILES)
def test_ends_in_the_right_import_or_the_right_refusal(kind: str, coordinator: User) -> None:
    file = FILES[kind]
    upload = imports.check_upload(actor=coordinator, file_name=file.name, content=file.content)
    *steps, last = file.steps or (lambda actor, upload: None,)
    for step in steps:
        step(coordinator, upload)
    if file.no:
        with pytest.raises(Refusal):
            last(coordinator, upload)
    else:
        last(coordinator, upload)
    upload.refresh_from_db()
    assert {(one["file"], one["row"], one["column"]) for one in upload.report["problems"]} == set(
        file.refused
    )
    assert everybody() == {}
    assert bytes(upload.content) == file.content
    if file.refused:
        with pytest.raises(imports.UploadMovedOn):
            imports.take_upload(actor=coordinator, upload_id=upload.pk)
    else:
        imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert everybody() == file.people
    assert tuple(SetAside.objects.values_list("name", flat=True)) == file.waits


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_filled_in_comes_in_without_a_word(language: str, coordinator: User) -> None:
    content = filled(language)(coordinator)
    upload = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=content)
    assert (upload.report["problems"], upload.report["warnings"]) == ([], [])
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert everybody() == {"K1": K1, "M1": M1}
