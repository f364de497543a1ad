"""Lists as files for Excel: a workbook, or CSV as UTF-8 with its mark; nothing in them is ever a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook

from backend.rosters.export import FORMULA_STARTS, write_row

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}


def sheet(form: str, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """form: xlsx or csv. A cell of a CSV that would be a formula begins with an apostrophe."""
    if form == "csv":
        return _csv(headings, rows)
    workbook = Workbook()
    page = workbook.active
    page.title = title
    for number, row in enumerate([headings, *rows], start=1):
        write_row(page, number, list(row))
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")
