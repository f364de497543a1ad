"""The roster out again, as a workbook that the importer reads back unchanged."""

import io
from typing import Any

from django.db import transaction
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet.worksheet import Worksheet

from backend.accounts.access import check_may
from backend.audit import log as audit
from backend.rosters.as_cells import cells_of, children_with_rows, mentors_with_rows
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.columns import CHILDREN, MENTORS

# A cell that starts so is a formula to Excel, or becomes one when somebody edits it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@transaction.atomic
def export_roster(*, actor: Any) -> bytes:
    """XLSX of everybody who takes part, under Chinese headings; the export is recorded."""
    check_may(actor, "roster", "export")
    children = children_with_rows(Child.objects.filter(active=True))
    mentors = mentors_with_rows(Mentor.objects.filter(active=True))
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, columns, people in (("学生", CHILDREN, children), ("导师", MENTORS, mentors)):
        sheet = workbook.create_sheet(title)
        write_row(sheet, 1, [column.aliases[0] for column in columns.values()])
        for number, person in enumerate(people, start=2):
            write_row(sheet, number, list(cells_of(person).values()))
    audit.record(actor, "roster.exported", children=len(children), mentors=len(mentors))
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def write_row(sheet: Worksheet, number: int, texts: list[str]) -> None:
    """Everything is text: ids keep their zeros, and nothing is ever a formula. What no workbook can hold is left out."""
    for at, given in enumerate(texts, start=1):
        if text := ILLEGAL_CHARACTERS_RE.sub("", given):
            cell: Any = sheet.cell(number, at, text)
            cell.data_type = "s"
            cell.quotePrefix = text.startswith(FORMULA_STARTS)
