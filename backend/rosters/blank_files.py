"""A roster to fill in, and the rows that could not be taken, to be mended and brought again."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.rosters.access import access_upload
from backend.rosters.aside import waiting
from backend.rosters.export import write_row
from backend.rosters.models import District, Subject
from backend.rosters.reading.chosen import ERROR_COLUMNS, KINDS
from backend.rosters.reading.columns import CHILDREN, COLUMNS, MENTORS, ONE_OF, Column, expected_in, headed
from backend.rosters.rereading import BadRow, bad_rows, reopen

TITLES = {"zh": {"children": "学生", "mentors": "导师"}, "en": {"children": "children", "mentors": "mentors"}}
ROWS_READY = 2000  # as text, and with lists to choose from
EXAMPLES = {
    "child_id": "K0001", "mentor_id": "M0001", "name": "陈雨桐", "grade": "五年级", "school_system": "6-3",
    "subjects": "数学；英语", "availability": "周一至周五 19-21点；周六 9-11点", "district": "历下区", "gender": "女",
    "preferred_mentor_gender": "女", "priority": "0", "call_name": "雨桐", "birth_date": "2010-02-17",
    "parent_name": "陈敏", "parent_phone": "13800138000", "carer_relation": "外婆", "consent_date": "2020-02-17",
    "roles": "学业", "teaches": "数学:七至九年级", "wellbeing_grades": "1-6", "certificate": "国家二级心理咨询师",
    "capacity": "3", "phone": "13900139000", "email": "gaoyuan@example.org", "vetted_until": "2021-08-31",
}  # fmt: skip
CHOICES = {
    "school_system": ["6-3", "5-4"],
    "grade": [f"{n}年级" for n in "一二三四五六七八九"] + ["高一", "高二", "高三"],
    "gender": ["女", "男"],
    "preferred_mentor_gender": ["女", "男"],
    "priority": ["0", "1", "2", "3"],
    "roles": ["学业", "心理", "学业；心理"],
}
NEEDED = {
    "": gettext_noop("may be empty"),
    "always": gettext_noop("needed"),
    "site": gettext_noop("needed"),
}


def template(*, actor: Any, language: str) -> bytes:
    """An empty roster with its headings in Chinese ("zh") or English ("en"), lists to choose from, and a sheet that explains.

    The example stands on that sheet alone, so nobody can bring it in by mistake.
    """
    check_may(actor, "roster", "import")
    workbook = Workbook()
    workbook.remove(workbook.active)
    districts = list(District.objects.values_list("name", flat=True))
    for kind, columns in (("children", CHILDREN), ("mentors", MENTORS)):
        sheet = workbook.create_sheet(TITLES[language][kind])
        write_row(sheet, 1, [_heading(name, column, language) for name, column in columns.items()])
        for at, (name, column) in enumerate(columns.items(), start=1):
            _ready(sheet, at, kind, name, column)
    _explain(workbook, language, districts)
    for kind, columns in (("children", CHILDREN), ("mentors", MENTORS)):
        _lists(workbook[TITLES[language][kind]], columns, len(districts))
    return _saved(workbook)


@transaction.atomic
def bad_rows_of(*, actor: Any, upload_id: int) -> bytes:
    """Rows of an unfinished import that can't be taken, as they read now, each with its errors; recorded."""
    upload = access_upload(actor, upload_id)
    rows = bad_rows(reopen(upload)) if upload.state in upload.OPEN else []
    audit.record(actor, "roster.bad_rows_saved", upload, rows=len(rows))
    return _with_errors((row.kind, row.cells, [_line(each) for each in _plain(row)]) for row in rows)


@transaction.atomic
def rows_waiting(*, actor: Any) -> bytes:
    """All rows that were set aside and wait, as a file that comes in again; recorded."""
    rows = list(waiting(actor))
    audit.record(actor, "roster.bad_rows_saved", rows=len(rows))
    return _with_errors((row.kind, row.cells, [_line(each) for each in row.problems]) for row in rows)


def _plain(row: BadRow) -> list[dict[str, str]]:
    return [{"column": p.column, "wrong": p.wrong, "expected": p.expected} for p in row.problems]


def _line(problem: Mapping[str, str]) -> str:
    column = next(
        (each[problem["column"]] for each in (CHILDREN, MENTORS) if problem["column"] in each), None
    )
    said = column.aliases[0] if column else problem["column"]
    return _("%(column)s: %(wrong)s, expected %(expected)s") % {**problem, "column": said}


def _with_errors(rows: Iterable[tuple[str, Mapping[str, str], list[str]]]) -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.active)
    by_kind: dict[str, list[tuple[Mapping[str, str], list[str]]]] = {}
    for kind, cells, errors in rows:
        by_kind.setdefault(kind, []).append((cells, errors))
    for kind in KINDS:
        if kind not in by_kind and by_kind:
            continue
        columns = COLUMNS[kind]
        sheet = workbook.create_sheet(TITLES["zh"][kind])
        write_row(sheet, 1, [ERROR_COLUMNS[0], *(column.aliases[0] for column in columns.values())])
        for number, (cells, errors) in enumerate(by_kind.get(kind, []), start=2):
            write_row(sheet, number, ["\n".join(errors), *(cells.get(name, "") for name in columns)])
        sheet.column_dimensions["A"].width = 50
        sheet.freeze_panes = "B2"
    return _saved(workbook)


def _heading(name: str, column: Column, language: str) -> str:
    return column.aliases[0] if language == "zh" else name


def _needed(kind: str, name: str, column: Column) -> str:
    others = [
        headed(kind, other) for group in ONE_OF[kind] if name in group for other in group if other != name
    ]
    return _("needed, or else %(other)s") % {"other": others[0]} if others else _(NEEDED[column.need])


def _values(name: str, column: Column) -> str:
    """What may stand there, in the words in which the import says what it expected."""
    return _("one of the districts to the right") if name == "district" else _(expected_in(column))


def _ready(sheet: Worksheet, at: int, kind: str, name: str, column: Column) -> None:
    """The heading's look and its note; the cells below as text, so that a spreadsheet turns no id into a number."""
    cell = sheet.cell(1, at)
    cell.font = Font(bold=True)
    if column.need:
        cell.fill = PatternFill("solid", fgColor="FFF2CC")
    lines = [f"{column.aliases[0]} / {name}", _needed(kind, name, column), _values(name, column)]
    cell.comment = Comment("\n".join([*lines, EXAMPLES.get(name, "")]).strip(), "")
    letter = get_column_letter(at)
    sheet.column_dimensions[letter].width = 14 if name != "availability" else 36
    sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "B2"


def _explain(workbook: Workbook, language: str, districts: list[str]) -> None:
    sheet = workbook.create_sheet("说明" if language == "zh" else "notes")
    write_row(
        sheet,
        1,
        [
            _("Sheet"),
            "中文",
            "English",
            _("Needed"),
            _("What may stand there"),
            _("Example"),
            "",
            _("Districts"),
            _("Subjects"),
        ],
    )
    number = 2
    for kind, columns in (("children", CHILDREN), ("mentors", MENTORS)):
        for name, column in columns.items():
            title, needed, may = TITLES[language][kind], _needed(kind, name, column), _values(name, column)
            write_row(sheet, number, [title, column.aliases[0], name, needed, may, EXAMPLES.get(name, "")])
            number += 1
    for at, texts in ((8, districts), (9, list(Subject.objects.values_list("name", flat=True)))):
        for row, text in enumerate(texts, start=2):
            sheet.cell(row, at, text)
    for letter, width in zip("ABCDEFGHI", (10, 16, 24, 18, 44, 36, 4, 14, 14), strict=True):
        sheet.column_dimensions[letter].width = width


def _lists(sheet: Worksheet, columns: Mapping[str, Column], districts: int) -> None:
    explaining = sheet.parent.worksheets[-1].title
    for at, name in enumerate(columns, start=1):
        if name == "district":
            formula = f"'{explaining}'!$H$2:$H${districts + 1}"
        elif name in CHOICES:
            formula = '"' + ",".join(CHOICES[name]) + '"'
        else:
            continue
        # A hint, not a bar: 五（3）班 is read as well.
        chosen = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=False)
        letter = get_column_letter(at)
        chosen.add(f"{letter}2:{letter}{ROWS_READY}")
        sheet.add_data_validation(chosen)


def _saved(workbook: Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
