"""Files as people send them: the unreadable refused with exact places, the merely human taken."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from backend.accounts.models import User
from backend.rosters import imports
from backend.rosters.as_cells import cells_of
from backend.rosters.lists import DISTRICTS
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.rows import read_roster

CHILD = {
    "学生编号": "K1", "姓名": "陈雨桐", "年级": "五年级", "需要学科": "数学", "可用时间": "mon-19;tue-19",
    "区县": "历下区", "出生日期": f"{date.today().year - 11}-02-17", "家长姓名": "陈敏", "家长电话": "13800138000",
}  # fmt: skip
MENTOR = {
    "导师编号": "M1", "姓名": "高远", "角色": "学业", "任教": "数学:4-6", "可用时间": "mon-19",
    "可带人数": 2, "区县": "历下区", "电话": "13900139000",
}  # fmt: skip
Rows = list[list[Any]]
Edit = Callable[[Workbook], Any]


def workbook(edit: Edit = lambda book: None, children: Any = (CHILD,), mentors: Any = (MENTOR,)) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, people in (("学生", children), ("导师", mentors)):
        sheet = book.create_sheet(title)
        headings = list(dict.fromkeys(heading for person in people for heading in person))
        sheet.append(headings)
        for person in people:
            sheet.append([person.get(heading) for heading in headings])
    edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def child(**cells: Any) -> bytes:
    return workbook(children=({**CHILD, **cells},))


def two(**cells: Any) -> bytes:
    return workbook(children=(CHILD, {**CHILD, "学生编号": "K2", "姓名": "陈小满", **cells}))


def mentor(**cells: Any) -> bytes:
    return workbook(mentors=({**MENTOR, **cells},))


def two_mentors(**cells: Any) -> bytes:
    other = {**MENTOR, "导师编号": "M2", "姓名": "别人", "电话": "13900139001", **cells}
    return workbook(mentors=(MENTOR, other))


def without(heading: str) -> bytes:
    return workbook(children=({key: value for key, value in CHILD.items() if key != heading},))


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file, file.open("sheet1.xml", "w") as sheet:
        for _ in range(130):
            sheet.write(b" " * 1024 * 1024)
    return buffer.getvalue()


def rename(title: str, new: str) -> Edit:
    return lambda book: setattr(book[title], "title", new)


def title_row(book: Workbook) -> None:
    book["学生"].insert_rows(1)
    book["学生"]["A1"] = "济南市学生名单"
    book["学生"].merge_cells("A1:I1")


def empty_rows(book: Workbook) -> None:
    book["学生"].delete_rows(2)


S, M = "r.xlsx[学生]", "r.xlsx[导师]"
REFUSED = {
    "a wrong grade": (child(年级="五年及"), {(S, 2, "grade")}),
    "a grade that the school system has not": (child(年级="初四"), {(S, 2, "grade")}),
    "an id twice": (workbook(children=(CHILD, CHILD)), {(S, 3, "child_id")}),
    "an unknown subject": (child(需要学科="数学、珠算"), {(S, 2, "subjects")}),
    "an 18-digit id as a float": (child(学生编号=3.7010220100217e17), {(S, 2, "child_id")}),
    "an 18-digit id as a number": (child(学生编号=370102201002170011), {(S, 2, "child_id")}),
    "a title merged over the heading": (workbook(title_row), {("r.xlsx", 1, "-")}),
    "cells merged over two rows": (
        workbook(lambda book: book["学生"].merge_cells("F2:F3"), (CHILD, {**CHILD, "学生编号": "K2"})),
        {(S, 2, "district"), (S, 3, "district")},
    ),
    "a formula": (child(年级="=2+3"), {(S, 2, "grade")}),
    "an error of the spreadsheet": (child(姓名="#N/A"), {(S, 2, "name")}),
    "an empty file": (b"", {("r.xlsx", 1, "-")}),
    "no rows": (workbook(empty_rows), {(S, 1, "-")}),
    "a zip bomb": (bomb(), {("r.xlsx", 1, "-")}),
    "no workbook at all": (b"%PDF-1.4 nothing", {("r.xlsx", 1, "-")}),
    "an old XLS": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, {("r.xlsx", 1, "-")}),
    "a zip of something else": (workbook()[:-400], {("r.xlsx", 1, "-")}),
    "a sheet missing": (workbook(rename("导师", "老师们")), {("r.xlsx", 1, "-")}),
    "a column missing": (without("需要学科"), {(S, 1, "subjects")}),
    "a column twice": (child(child_id="K9"), {(S, 1, "child_id")}),
    "a cell that must be filled": (child(姓名=""), {(S, 2, "name")}),
    "a phone with another name": (two(家长姓名="王勇"), {(S, 3, "parent_phone")}),
    "a phone without a name": (child(家长姓名=""), {(S, 2, "parent_name")}),
    "no parent's phone": (child(家长电话=None), {(S, 2, "parent_phone")}),
    "both parents on one phone": (
        child(家长2姓名="陈敏", 家长2电话="13800138000"), {(S, 2, "parent2_phone")},
    ),
    "a phone too short": (child(家长电话="1380013800"), {(S, 2, "parent_phone")}),
    "hours nobody understands": (child(可用时间="有空就行"), {(S, 2, "availability")}),
    "half hours": (child(可用时间="周一19:30"), {(S, 2, "availability")}),
    "hours backwards": (child(可用时间="周一21-19点"), {(S, 2, "availability")}),
    "a day that no month has": (child(出生日期="2010年2月30日"), {(S, 2, "birth_date")}),
    "a year taken for a date": (child(出生日期=datetime(1905, 7, 2)), {(S, 2, "birth_date")}),
    "an unknown district": (child(区县="历山区"), {(S, 2, "district")}),
    "a priority out of range": (child(优先级=4), {(S, 2, "priority")}),
    "a mentor who teaches nothing": (mentor(任教=None), {(M, 2, "teaches")}),
    "a band the wrong way round": (mentor(任教="数学:9-7"), {(M, 2, "teaches")}),
    "half a seat": (mentor(可带人数=2.5), {(M, 2, "capacity")}),
    "a counsellor without grades": (mentor(角色="学业、心理"), {(M, 2, "wellbeing_grades")}),
    "two mentors on one phone": (
        two_mentors(姓名="高远", 电话="13900139000"), {(M, 3, "phone")},
    ),
    "a mentor nobody can reach": (mentor(电话=None), {(M, 2, "phone")}),
    "two faults in two rows": (
        workbook(children=({**CHILD, "年级": "0"}, {**CHILD, "学生编号": "K2", "性别": "?"})),
        {(S, 2, "grade"), (S, 3, "gender")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_with_its_places_and_nothing_written(kind: str, imported: User, everything: Any) -> None:
    content, places = REFUSED[kind]
    before = everything()
    upload = imports.check_upload(actor=imported, file_name="r.xlsx", content=content)
    found = [(problem["file"], problem["row"], problem["column"]) for problem in upload.report["problems"]]
    assert set(found) == places and len(found) == len(places)
    assert all(problem["wrong"] and problem["expected"] for problem in upload.report["problems"])
    with pytest.raises(imports.UploadMovedOn):
        imports.take_upload(actor=imported, upload_id=upload.pk)
    assert everything() == before


def _headings(book: Workbook, old: str, new: str) -> None:
    for cell in book["学生"][1]:
        cell.value = new if cell.value == old else cell.value


def reversed_columns(book: Workbook) -> None:
    for sheet in book.worksheets:
        rows = [[cell.value for cell in reversed(row)] for row in sheet.iter_rows()]
        for number, row in enumerate(rows, start=1):
            for at, value in enumerate(row, start=1):
                sheet.cell(number, at).value = value


def blank_lines(book: Workbook) -> None:
    book["学生"].insert_rows(2, 3)
    book["学生"].cell(9, 1).value = "  "


TAKEN = {
    "a class for a grade": (child(年级="五（3）班"), {"grade": "5"}),
    "a grade as Excel's number": (child(年级=5.0), {"grade": "5"}),
    "初一 in a 5-4 school": (child(年级="初一", 学制="五四制"), {"grade": "6", "school_system": "5-4"}),
    "days and hours in words": (
        child(可用时间="周一至周二 19-21点"), {"availability": "mon-19;mon-20;tue-19;tue-20"},
    ),
    "several days at once": (child(可用时间="周一、周三 晚上7点"), {"availability": "mon-19;wed-19"}),
    "full-width digits and separators": (
        child(可用时间="周一１９：００－２１：００；周二１９点", 年级="５年级"),
        {"availability": "mon-19;mon-20;tue-19", "grade": "5"},
    ),
    "line breaks in a cell": (
        child(需要学科="数学\n英语", 可用时间="周一19点\n周二19点"),
        {"subjects": "math;english", "availability": "mon-19;tue-19"},
    ),
    "the sheets the other way round": (workbook(lambda book: book.move_sheet("导师", -1)), {}),
    "English sheets in capitals": (workbook(rename("学生", "Children ")), {}),
    "columns in another order": (workbook(reversed_columns), {}),
    "canonical headings": (workbook(lambda book: _headings(book, "学生编号", " Child_ID ")), {}),
    "a mark before the heading": (workbook(lambda book: _headings(book, "学生编号", "\ufeff学生编号")), {}),
    "zero-width marks and spaces": (child(姓名=" 陈雨桐\u200b "), {"name": "陈雨桐"}),
    "an Excel date": (child(出生日期=datetime(2010, 2, 17)), {"birth_date": "2010-02-17"}),
    "an Excel day": (child(出生日期=date(2010, 2, 17)), {"birth_date": "2010-02-17"}),
    "a Chinese date": (child(出生日期="2010年2月17日"), {"birth_date": "2010-02-17"}),
    "a date with slashes": (child(出生日期="2010/2/17"), {"birth_date": "2010-02-17"}),
    "a phone as a number": (child(家长电话=13800138000), {"parent_phone": "13800138000"}),
    "a phone with its country": (child(家长电话="+86 138-0013-8000"), {"parent_phone": "13800138000"}),
    "an id as a number": (child(学生编号=20200217.0), {"child_id": "20200217"}),
    "an id of 18 digits as text": (child(学生编号="000102201002170011"), {"child_id": "000102201002170011"}),
    "a column that nobody knows": (child(备注="听话"), {}),
    "a sheet that nobody knows": (workbook(lambda book: book.create_sheet("说明")), {}),
    "empty lines between": (workbook(blank_lines), {}),
    "the district by its code": (child(区县="370102"), {"district": "370102"}),
    "boys and girls in words": (child(性别="女", 希望导师性别="男"), {"gender": "f"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAKEN)
def test_taken_as_it_was_meant(kind: str, coordinator: User) -> None:
    content, expected = TAKEN[kind]
    upload = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=content)
    assert upload.report["problems"] == []
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    usual = {"child_id": "K1", "name": "陈雨桐", "grade": "5", "availability": "mon-19;tue-19"}
    cells = cells_of(Child.objects.get())
    assert cells["parent_name"] == "陈敏"
    assert {**usual, **expected}.items() <= cells.items()
    assert Mentor.objects.get().roster_id == "M1"


MENTORS_TAKEN = {
    "bands in words": ({"任教": "数学：七至九年级；物理：8—12"}, {"teaches": "math:7-9;physics:8-12"}),
    "both roles": (
        {"角色": "学业/心理", "辅导年级": "1-6；九", "资格证": "国家二级心理咨询师"},
        {"roles": "academic;wellbeing", "wellbeing_grades": "1-6;9-9", "certificate": "counsellor-2"},
    ),
    "a capacity as Excel's number": ({"可带人数": 3.0}, {"capacity": "3"}),
}


@pytest.mark.parametrize("kind", MENTORS_TAKEN)
def test_a_mentor_taken_as_meant(kind: str, coordinator: User) -> None:
    given, expected = MENTORS_TAKEN[kind]
    content = mentor(**given)
    upload = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=content)
    assert upload.report["problems"] == []
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert expected.items() <= cells_of(Mentor.objects.get()).items()


def csv_text(people: dict[str, Any]) -> str:
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in (people, people.values()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_in_the_encodings_that_excel_writes(encoding: str, delimiter: str) -> None:
    content = [csv_text(row).replace('","', f'"{delimiter}"').encode(encoding) for row in (CHILD, MENTOR)]
    files = [("children", "c.csv", content[0]), ("mentors", "m.csv", content[1])]
    read = read_roster(files, districts=DISTRICTS, for_site=True)
    assert read.problems == [] and read.children[0].get("name") == "陈雨桐"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (csv_text(CHILD).encode("gb18030")[:-2] + b"\xff\xff", (1, "-")),
        (csv_text(CHILD).encode("utf-16"), (1, "-")),
        (csv_text(CHILD).encode() + b'\r\n"K2', (3, "-")),
        (b"\r\n", (1, "-")),
        ("姓名,年级".encode(), None),
    ],
)
def test_csv_that_nobody_can_read(content: bytes, place: tuple[int, str] | None) -> None:
    files = [("children", "c.csv", content), ("mentors", "m.csv", csv_text(MENTOR).encode())]
    read = read_roster(files, districts=DISTRICTS, for_site=True)
    places = {(problem.row, problem.column) for problem in read.problems if problem.file == "c.csv"}
    missing = {(1, name) for name in ("child_id", "subjects", "availability", "district")}
    assert places == ({place} if place else missing)
    assert read.children == []


def test_csv_rows_are_counted_as_the_file_has_them() -> None:
    broken = {**CHILD, "学生编号": "K2", "年级": "零"}
    body = f"{csv_text({**CHILD, '需要关注': '想' + chr(10) + '家'})}\r\n"
    body += ",".join(f'"{cell}"' for cell in broken.values())
    read = read_roster(
        [("children", "c.csv", body.encode()), ("mentors", "m.csv", csv_text(MENTOR).encode())],
        districts=DISTRICTS,
        for_site=True,
    )
    assert [str(problem).split(": ")[:2] for problem in read.problems] == [["c.csv:4", "grade"]]
