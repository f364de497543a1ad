"""Workbooks of a few kilobytes that ask for millions of cells."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from backend.rosters.reading.chosen import OpenFile
from backend.rosters.reading.tables import MOST_BYTES, MOST_ROWS, BadFile, read_csv, read_workbook


def book(far: str = "") -> bytes:
    made = Workbook()
    made.active.title = "children"
    made.create_sheet("mentors")["A1"] = "mentor_id"
    made["children"]["A1"] = "child_id"
    if far:
        made["children"][far] = "x"
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def with_merge(span: str) -> bytes:
    """The book with one merge written into its XML."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book())) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                merge = f'</sheetData><mergeCells count="1"><mergeCell ref="{span}"/></mergeCells>'
                assert b"</sheetData>" in content
                content = content.replace(b"</sheetData>", merge.encode())
            target.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (book("GR20000"), "the sheet is too large"),
        (with_merge("A2:XFD1048576"), "too many cells are merged"),
    ],
)
def test_a_small_bomb_is_refused_before_it_unfolds(content: bytes, said: str) -> None:
    assert len(content) < 10_000
    with pytest.raises(BadFile) as refused:
        read_workbook("r.xlsx", content)
    assert refused.value.wrong == said


def test_an_ordinary_merge_is_no_bomb() -> None:
    assert set(read_workbook("r.xlsx", with_merge("A5:B6"))) == {"children", "mentors"}


def test_text_of_more_than_8_mb_is_read_on_ones_own_machine_and_not_on_the_site() -> None:
    row = b"K1," + b"x" * 90_000 + b"\n"
    content = b"child_id,name\n" + row * 100
    assert len(content) > MOST_BYTES and len(read_csv("c.csv", content).rows) == 100
    with pytest.raises(BadFile, match="too large"):
        read_csv("c.csv", content, for_site=True)
    with pytest.raises(BadFile, match="too large"):
        read_csv("c.csv", content * 6)
    lines = b"child_id\n" + b"K\n" * MOST_ROWS
    assert len(read_csv("c.csv", lines).rows) == MOST_ROWS
    with pytest.raises(BadFile, match="too long"):
        read_csv("c.csv", lines + b"K\n")


def test_a_sheet_does_not_grow_by_being_looked_at() -> None:
    """It would cost its width in cells for every row, and be refused as too large."""
    file = OpenFile("r.xlsx", book("C12"))
    place = file.own_places()["children"]
    assert file.top("children") == [["child_id", "", ""], *[["", "", ""]] * 9]
    table = file.table(place)
    assert (table.heading, table.rows) == (["child_id", "", ""], [(12, ["", "", "x"])])
    assert file.top("mentors") == [["mentor_id"]]
