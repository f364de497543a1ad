"""Bytes to tables of text, with the file's own row numbers. Looks at a workbook before it is parsed."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_noop
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

MOST_BYTES = 8 * 1024 * 1024
MOST_BYTES_OF_CSV = 48 * 1024 * 1024  # on one's own machine: text of 100,000 children and more
MOST_UNPACKED = 120 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200
MOST_CELLS = 2_000_000
MOST_MERGED = 100_000
MERGE = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})["']"""
)
SHEETS = {
    "children": "children", "学生": "children",
    "mentors": "mentors", "导师": "mentors",
    "locks": "locks", "锁定": "locks",
}  # fmt: skip

UNUSABLE = {
    "f": gettext_noop("this cell is a formula"),
    "e": gettext_noop("this cell holds an error of the spreadsheet"),
}


SHEET_MISSING = (
    gettext_noop("the workbook lacks a sheet"),
    gettext_noop("sheets named children and mentors, or 学生 and 导师"),
)


class BadFile(ValueError):
    """A file of which no cell can be read. wrong, expected: gettext msgids."""

    def __init__(self, wrong: str, expected: str, row: int = 1) -> None:
        super().__init__(wrong)
        self.wrong, self.expected, self.row = wrong, expected, row


@dataclass(slots=True)
class Table:
    """source: file name, with the sheet for a workbook.  rows: (row number in the file, cells as text).

    unusable: (row number, column number from 0) -> why the cell has no value of its own (a msgid).
    Formulas are never computed.  heading_row: the number of the heading's row in the file.
    """

    source: str
    heading: list[str]
    rows: list[tuple[int, list[str]]]
    unusable: dict[tuple[int, int], str] = field(default_factory=dict)
    heading_row: int = 1


def read_csv(name: str, content: bytes, *, for_site: bool = False) -> Table:
    """UTF-8 with or without BOM, else GB18030. Commas, or semicolons or tabs when the heading has those."""
    return to_table(name, csv_rows(content, for_site=for_site), {})


def csv_rows(content: bytes, *, for_site: bool = False) -> list[tuple[int, list[str]]]:
    """All rows of a text file, each with the number of its first line."""
    if for_site:
        _check_size(content)
    else:
        _check_size(content, MOST_BYTES_OF_CSV, gettext_noop("at most 48 MB"))
    _check_old(content)
    if b"\0" in content:
        raise BadFile(
            gettext_noop("this is not a CSV file"), gettext_noop("text with commas, or an XLSX workbook")
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise BadFile(
                gettext_noop("the encoding can't be read"), gettext_noop("UTF-8 or GB18030")
            ) from None
    first = text.partition("\n")[0]
    delimiter = max(",\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            rows.append((start, cells))
            start = reader.line_num + 1
            if len(rows) > MOST_ROWS + 1:  # with the heading
                raise BadFile(
                    gettext_noop("the file is too long"), gettext_noop("at most 200,000 rows"), start
                )
    except csv.Error as error:
        if "field larger" in str(error):
            raise BadFile(
                gettext_noop("a cell is too long"), gettext_noop("at most 131,072 characters"), start
            ) from None
        raise BadFile(
            gettext_noop("the row can't be read"), gettext_noop("a closed quotation mark"), start
        ) from None
    return rows


def read_workbook(name: str, content: bytes) -> dict[str, Table]:
    """The sheets that have a known name, in any order."""
    tables: dict[str, Table] = {}
    for sheet in open_workbook(content):
        kind = kind_of(sheet.title)
        if kind is not None and kind not in tables:
            tables[kind] = sheet_table(name, sheet)
    if "children" not in tables or "mentors" not in tables:
        raise BadFile(*SHEET_MISSING)
    return tables


def kind_of(title: str) -> str | None:
    return SHEETS.get(title.strip().lower())


def open_workbook(content: bytes) -> list[Worksheet]:
    """The sheets of a workbook that is no bomb."""
    _check_size(content)
    _check_old(content)
    _check_zip(content)
    try:
        _check_merges(content)
        return load_workbook(io.BytesIO(content), read_only=False, data_only=False).worksheets
    except BadFile:
        raise
    except Exception as error:  # openpyxl raises whatever its parser met: the file is bad, not the program
        raise BadFile(
            gettext_noop("the workbook can't be read"), gettext_noop("an XLSX file as Excel saves it")
        ) from error


def sheet_table(name: str, sheet: Worksheet, heading_row: int = 1) -> Table:
    area = sheet.max_row * sheet.max_column
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS or area > MOST_CELLS:
        raise BadFile(
            gettext_noop("the sheet is too large"),
            gettext_noop("at most 200,000 rows, 200 columns and 2 million cells"),
        )
    unusable = _merged(sheet, heading_row)
    rows = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        for at, cell in enumerate(cells):
            if cell.data_type in UNUSABLE:
                unusable[number, at] = UNUSABLE[cell.data_type]
        rows.append((number, [cell_text(cell) for cell in cells]))
    return to_table(f"{name}[{sheet.title}]", rows, unusable, heading_row)


def _check_merges(content: bytes) -> None:
    """openpyxl makes a cell object for each cell of a merge: a line of XML can ask for 17 thousand million."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            area = 0
            for first, top, last, bottom in MERGE.findall(archive.read(name)):
                wide = column_index_from_string(last.decode()) - column_index_from_string(first.decode()) + 1
                area += abs(wide) * (abs(int(bottom) - int(top)) + 1)
            if area > MOST_MERGED:
                raise BadFile(
                    gettext_noop("too many cells are merged"), gettext_noop("one cell for each value")
                )


def _merged(sheet: Worksheet, heading_row: int) -> dict[tuple[int, int], str]:
    """Cells that hide behind another. In the heading no column can be told from its neighbour."""
    hidden = {}
    for span in sheet.merged_cells.ranges:
        if span.min_row <= heading_row <= span.max_row:
            raise BadFile(
                gettext_noop("cells of the heading are merged"),
                gettext_noop("row 1 with one heading a column"),
                heading_row,
            )
        for number in range(span.min_row, span.max_row + 1):
            for at in range(span.min_col, span.max_col + 1):
                hidden[number, at - 1] = gettext_noop("this cell is merged with others")
    return hidden


def is_workbook(name: str, content: bytes) -> bool:
    return name.lower().endswith((".xlsx", ".xlsm")) or content[:4] == b"PK\x03\x04"


def _check_size(content: bytes, most: int = MOST_BYTES, expected: str = gettext_noop("at most 8 MB")) -> None:
    if len(content) > most:
        raise BadFile(gettext_noop("the file is too large"), expected)
    if not content.strip():
        raise BadFile(
            gettext_noop("the file is empty"), gettext_noop("a heading in row 1 and people below it")
        )


def _check_old(content: bytes) -> None:
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise BadFile(
            gettext_noop("this is an old XLS workbook, or one with a password"),
            gettext_noop("the same file saved as XLSX, without a password"),
        )


def _check_zip(content: bytes) -> None:
    """Unpacking a small bomb costs hundreds of megabytes, so the directory is read first."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise BadFile(
            gettext_noop("this is not an XLSX workbook"), gettext_noop("an XLSX file as Excel saves it")
        ) from None
    if len(entries) > 2000 or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise BadFile(
            gettext_noop("the workbook unpacks to too much"), gettext_noop("at most 120 MB unpacked")
        )


def cell_text(cell: Cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        # Above 15 digits a spreadsheet has rounded, and what stood there is lost.
        return str(int(value)) if abs(value) < 1e15 else f"{value:e}"
    if isinstance(value, int) and abs(value) >= 10**15:
        return f"{float(value):e}"
    return str(value)


def to_table(
    source: str,
    rows: list[tuple[int, list[str]]],
    unusable: dict[tuple[int, int], str],
    heading_row: int = 1,
) -> Table:
    """heading_row: its number in the file; what stands above it is no part of the table."""
    heading = next((cells for number, cells in rows if number == heading_row), [])
    if not any(cell.strip() for cell in heading):
        if heading_row == 1:
            raise BadFile(gettext_noop("row 1 is empty"), gettext_noop("a heading in row 1"))
        raise BadFile(
            gettext_noop("this row is empty"), gettext_noop("the row with the headings"), heading_row
        )
    filled = [(n, cells) for n, cells in rows if n > heading_row and any(cell.strip() for cell in cells)]
    return Table(source, [cell.strip() for cell in heading], filled, unusable, heading_row)
