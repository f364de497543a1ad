"""A file of the site as people chose to read it: which sheets, which headings, what is corrected, what is set aside.

The bytes stay as they came; choices are applied each time they are read. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_noop
from openpyxl.worksheet.worksheet import Worksheet

from backend.rosters.reading import cells
from backend.rosters.reading.columns import COLUMNS, names_of
from backend.rosters.reading.tables import (
    MOST_COLUMNS,
    SHEET_MISSING,
    BadFile,
    Table,
    cell_text,
    csv_rows,
    is_workbook,
    kind_of,
    open_workbook,
    sheet_table,
    to_table,
)

KINDS = ("children", "mentors")  # that people choose sheets for
ROWS_SHOWN = 10
TEXT = ""  # the title of a text file's only sheet
ERROR_COLUMNS = ("错误", "errors")  # of a file with the bad rows alone, as the site writes it


@dataclass(frozen=True, slots=True)
class Place:
    """title: None where the file has no such people."""

    title: str | None
    heading_row: int = 1


@dataclass(frozen=True, slots=True)
class Correction:
    """In these rows of the file, cells of this column that read ``was`` read ``becomes``."""

    id: int
    kind: str
    column: str
    was: str
    becomes: str
    rows: tuple[int, ...]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """places: by kind; without any, sheets go by their names.  headings: by kind, heading -> canonical column,
    or "" for one that is left out.  aside: (kind, row).  apart: (row of a child, id of the child it looks like) of
    those who are two children all the same.  same: rows set aside because their child stands in another row.
    themselves: (kind, row, whom it turns into whom) of those who are the person here that their id says.
    asks: whether that has to be said."""

    places: Mapping[str, Place] = field(default_factory=dict)
    headings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    aside: frozenset[tuple[str, int]] = frozenset()
    apart: frozenset[tuple[int, str]] = frozenset()
    same: frozenset[int] = frozenset()
    themselves: frozenset[tuple[str, int, str]] = frozenset()
    asks: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "places": {kind: asdict(place) for kind, place in self.places.items()},
            "headings": {kind: dict(chosen) for kind, chosen in self.headings.items()},
            "corrections": [asdict(correction) for correction in self.corrections],
            "aside": sorted(self.aside),
            "apart": sorted(self.apart),
            "same": sorted(self.same),
            "themselves": sorted(self.themselves),
            "asks": self.asks,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Choices":
        return cls(
            places={kind: Place(**place) for kind, place in given.get("places", {}).items()},
            headings=given.get("headings", {}),
            corrections=tuple(
                Correction(**{**one, "rows": tuple(one["rows"])}) for one in given.get("corrections", ())
            ),
            aside=frozenset((kind, row) for kind, row in given.get("aside", ())),
            apart=frozenset((row, other) for row, other in given.get("apart", ())),
            same=frozenset(given.get("same", ())),
            themselves=frozenset((kind, row, unlike) for kind, row, unlike in given.get("themselves", ())),
            asks=given.get("asks", False),
        )

    def corrected(
        self, kind: str, column: str, was: str, becomes: str, rows: Iterable[int], by: str
    ) -> "Choices":
        number = 1 + max((one.id for one in self.corrections), default=0)
        new = Correction(number, kind, column, was, becomes, tuple(sorted(rows)), by)
        return replace(self, corrections=(*self.corrections, new))

    def without(self, correction: int) -> "Choices":
        """Without this correction, and without later ones of the same cells that built on it."""
        kept: list[Correction] = []
        gone: set[tuple[str, str, int]] = set()
        for one in self.corrections:
            touched = {(one.kind, one.column, row) for row in one.rows}
            if one.id == correction:
                gone |= touched
                continue
            rows = tuple(row for row in one.rows if (one.kind, one.column, row) not in gone)
            if rows:
                kept.append(replace(one, rows=rows))
        return replace(self, corrections=tuple(kept))


@dataclass(slots=True)
class Chosen:
    """places: where each kind was found.  tables: corrected, without the rows set aside, headings canonical.
    aside: the rows set aside, by kind and number, as text by canonical column.  partial: only the bad rows of
    another file, so it says nothing about who is gone."""

    places: dict[str, Place]
    tables: dict[str, Table]
    aside: dict[str, dict[int, dict[str, str]]]
    partial: bool


class OpenFile:
    """A file that can be read; raises BadFile when it can't be opened."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self._sheets: dict[str, Worksheet] = {}
        self._rows: list[tuple[int, list[str]]] = []
        if is_workbook(name, content):
            self._sheets = {sheet.title: sheet for sheet in open_workbook(content)}
        else:
            self._rows = csv_rows(content, for_site=True)

    def titles(self) -> list[str]:
        return list(self._sheets) or [TEXT]

    def headings(self, place: Place) -> list[str]:
        """As they are written; none where no such row is among the first."""
        rows = self.top(place.title or TEXT)
        return (
            [cell.strip() for cell in rows[place.heading_row - 1]] if place.heading_row <= len(rows) else []
        )

    def top(self, title: str) -> list[list[str]]:
        """The first rows of a sheet, to recognise it by."""
        if title == TEXT:
            return [row for _number, row in self._rows[:ROWS_SHOWN]]
        sheet = self._sheets[title]
        # Asked for more than there is, a sheet grows.
        rows, columns = min(sheet.max_row, ROWS_SHOWN), min(sheet.max_column, MOST_COLUMNS)
        return [[cell_text(cell) for cell in row] for row in sheet.iter_rows(max_row=rows, max_col=columns)]

    def table(self, place: Place) -> Table:
        if place.title == TEXT:
            rows = [(number, list(row)) for number, row in self._rows]
            return to_table(self.name, rows, {}, place.heading_row)
        if place.title not in self._sheets:
            raise BadFile(*SHEET_MISSING)
        return sheet_table(self.name, self._sheets[place.title], place.heading_row)

    def own_places(self) -> dict[str, Place]:
        """Sheets by their names; of a text file by its headings. Raises BadFile unless all are found."""
        places: dict[str, Place] = {}
        if not self._sheets:
            kind, row, _known = guess(self.top(TEXT))
            if kind is None or row != 1:
                raise BadFile(
                    gettext_noop("it can't be seen whom this file lists"),
                    gettext_noop("a choice: children or mentors"),
                )
            return {kind: Place(TEXT)} | {other: Place(None) for other in KINDS if other != kind}
        partial = False
        for title in self._sheets:
            found = kind_of(title)
            if found is not None and found not in places:
                places[found] = Place(title)
                partial = partial or _has_errors(next(iter(self.top(title)), []))
        if partial:  # bad rows of children alone come back without a mentor
            return {kind: Place(None) for kind in KINDS} | places
        if not set(KINDS) <= set(places):
            raise BadFile(*SHEET_MISSING)
        return places


def guess(rows: list[list[str]]) -> tuple[str | None, int, int]:
    """Whom a sheet with these first rows most likely lists, in which row its headings stand, and how many of
    them are known."""
    best: tuple[str | None, int, int] = (None, 1, 0)
    for kind in KINDS:
        names = names_of(kind)
        needed = next(iter(COLUMNS[kind]))
        for number, row in enumerate(rows, start=1):
            known = {names.get(cells.plain(text).lower()) for text in row} - {None}
            score = len(known) + 2 * (needed in known)
            if len(known) >= 2 and score > best[2]:
                best = (kind, number, score)
    return best


def choose(file: OpenFile, choices: Choices) -> Chosen:
    """Raises BadFile where a sheet can't be read at all."""
    places = dict(choices.places) or file.own_places()
    tables, aside, partial = {}, {}, False
    for kind, place in places.items():
        if place.title is None:
            continue
        table = file.table(place)
        partial = partial or _has_errors(table.heading)
        _name_headings(table, kind, choices.headings.get(kind, {}))
        _correct(table, kind, choices.corrections)
        gone = {row for of, row in choices.aside if of == kind}
        known = places_of(table.heading, kind)
        aside[kind] = {number: texts_of(known, row) for number, row in table.rows if number in gone}
        table.rows = [(number, row) for number, row in table.rows if number not in gone]
        tables[kind] = table
    return Chosen(places, tables, aside, partial)


def _has_errors(headings: Iterable[str]) -> bool:
    return any(heading.strip().lower() in ERROR_COLUMNS for heading in headings)


def _name_headings(table: Table, kind: str, chosen: Mapping[str, str]) -> None:
    known = names_of(kind)
    for at, heading in enumerate(table.heading):
        if heading.lower() in ERROR_COLUMNS:
            _empty(table, at)
        elif cells.plain(heading).lower() not in known:
            table.heading[at] = chosen.get(heading) or heading


def _empty(table: Table, at: int) -> None:
    """The site's own column of errors comes back with the file, and is nobody's."""
    table.heading[at] = ""
    for _number, row in table.rows:
        if at < len(row):
            row[at] = ""


def _correct(table: Table, kind: str, corrections: Iterable[Correction]) -> None:
    columns = places_of(table.heading, kind)
    rows = dict(table.rows)
    for one in corrections:
        if one.kind != kind:
            continue
        if one.column not in columns:  # a column that the file has not at all
            columns[one.column] = len(table.heading)
            table.heading.append(one.column)
        at = columns[one.column]
        for number in one.rows:
            row = rows.get(number)
            if row is None:
                continue
            row.extend([""] * (at + 1 - len(row)))
            if row[at].strip() == one.was:
                row[at] = one.becomes
                table.unusable.pop((number, at), None)


def places_of(headings: Iterable[str], kind: str) -> dict[str, int]:
    """The first place of each known column."""
    names, found = names_of(kind), dict[str, int]()
    for at, heading in enumerate(headings):
        name = names.get(cells.plain(heading).lower())
        if name:
            found.setdefault(name, at)
    return found


def texts_of(places: Mapping[str, int], row: list[str]) -> dict[str, str]:
    """A row's cells as they are written, by canonical column; empty ones are absent. places: of its table."""
    return {name: row[at].strip() for name, at in places.items() if at < len(row) and row[at].strip()}


def unknown_headings(headings: Iterable[str], kind: str) -> list[str]:
    known = names_of(kind)
    return [heading for heading in headings if heading and cells.plain(heading).lower() not in known]
