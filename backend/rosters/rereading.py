"""One reading of an upload by its choices: who is in it, what is wrong, and the report that people are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.rosters.claims import claim_problems
from backend.rosters.models import District, KnownHeading, RosterUpload
from backend.rosters.reading import guessing, open_hours
from backend.rosters.reading.chosen import (
    KINDS,
    Choices,
    Chosen,
    OpenFile,
    Place,
    choose,
    guess,
    places_of,
    texts_of,
    unknown_headings,
)
from backend.rosters.reading.columns import COLUMNS, may_be_empty
from backend.rosters.reading.rows import Problem, RosterFile, read_tables
from backend.rosters.reading.tables import BadFile, Table
from backend.rosters.remarks import look_alikes, not_themselves, remarks

KEYS = {kind: next(iter(columns)) for kind, columns in COLUMNS.items()}


@dataclass(slots=True)
class Reading:
    """sheets: [{"title", "kind", "heading_row"}], the last two guessed by what stands there.
    chosen: None when not even a table could be read; bad says why."""

    file_name: str
    choices: Choices
    sheets: list[dict[str, Any]]
    file: OpenFile | None = None
    chosen: Chosen | None = None
    bad: Problem | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """cells: canonical column -> text."""

    kind: str
    number: int
    cells: dict[str, str]
    problems: list[Problem]


def open_upload(file_name: str, content: bytes, choices: Choices, *, recall: bool = False) -> Reading:
    """The slow part, which asks the database for nothing but known headings: do it before the transaction.

    recall: headings mean what people said before. Only when a sheet is first looked at: what was reviewed stays.
    """
    sheets: list[dict[str, Any]] = []
    try:
        file = OpenFile(file_name, content)
        for title in file.titles():
            kind, row, _score = guess(file.top(title))
            sheets.append({"title": title, "kind": kind, "heading_row": row})
        choices = replace(choices, places=dict(choices.places) or file.own_places())
        choices = _remembered(file, choices) if recall else choices
        return Reading(file_name, choices, sheets, file, choose(file, choices))
    except BadFile as bad:
        problem = Problem(file_name, bad.row, "-", _(bad.wrong), _(bad.expected))
        return Reading(file_name, choices, sheets, bad=problem)


def reopen(upload: RosterUpload, choices: Choices | None = None, *, recall: bool = False) -> Reading:
    """An upload with the choices that are stored, or with others."""
    stored = choices or Choices.from_json(upload.choices)
    return open_upload(upload.file_name, bytes(upload.content), stored, recall=recall)


def _remembered(file: OpenFile, choices: Choices) -> Choices:
    """What people said before about headings that nobody has decided about in this file."""
    known: dict[str, dict[str, str]] = {}
    for one in KnownHeading.objects.all():
        known.setdefault(one.kind, {})[one.heading] = one.column
    headings = {}
    for kind, place in choices.places.items():
        if place.title is None or kind not in COLUMNS:
            continue
        written = file.headings(place)
        taken = set(places_of(written, kind))
        unknown = set(unknown_headings(written, kind))
        remembered = {
            heading: column
            for heading, column in known.get(kind, {}).items()
            if heading in unknown and column not in taken
        }
        headings[kind] = remembered | dict(choices.headings.get(kind, {}))
    return replace(choices, headings=headings)


def districts() -> dict[str, str]:
    return {key: d.code for d in District.objects.all() for key in (d.code, d.name)}


def people_of(reading: Reading) -> RosterFile:
    """Everybody in the file under today's lists and people, and all that is wrong with it."""
    if reading.chosen is None:
        assert reading.bad is not None
        return RosterFile(problems=[reading.bad])
    beside = {
        kind: {cells[KEYS[kind]] for cells in rows.values() if KEYS[kind] in cells}
        for kind, rows in reading.chosen.aside.items()
    }
    # Nothing is wrong with a table of which all rows were set aside.
    tables = {kind: each for kind, each in reading.chosen.tables.items() if each.rows or not beside[kind]}
    found = read_tables(tables, districts=districts(), beside=beside)
    open_hours.keep_to(found, settings.ROOM_HOURS, timezone.localdate())
    found.problems.extend(claim_problems(found))
    asked = [
        *not_themselves(found, reading.choices.themselves),
        *look_alikes(found, reading.choices.apart),
    ]
    if reading.choices.asks:
        found.problems.extend(asked)
    else:
        found.warnings[:0] = asked  # before all others
    found.warnings.extend(remarks(found, reading.file_name, beside, timezone.localdate()))
    return found


def report_of(reading: Reading, found: RosterFile) -> dict[str, Any]:
    """What is shown of a reading, as JSON; the difference is added by whoever knows who is here."""
    tables = reading.chosen.tables if reading.chosen else dict[str, Table]()
    places = reading.chosen.places if reading.chosen else dict[str, Place]()
    known = districts()
    bad = {(problem.file, problem.row) for problem in (*found.problems, *found.warnings)}
    texts = {}
    for kind, table in tables.items():
        known_places = places_of(table.heading, kind)
        for number, row in table.rows:
            if (table.source, number) in bad:
                texts[table.source, number] = (kind, texts_of(known_places, row))
    return {
        "problems": [
            _problem(problem, texts, known) | {"in_file": problem.looks_like in found.ids.get("children", ())}
            for problem in found.problems
        ],
        "warnings": [_warning(warning, texts) for warning in found.warnings],
        "difference": {},
        "sheets": reading.sheets,
        "places": {kind: {"title": at.title, "heading_row": at.heading_row} for kind, at in places.items()},
        "headings": {kind: _headings(reading, kind) for kind in KINDS if kind in tables},
        "counts": {kind: len(getattr(found, kind)) for kind in KINDS},
        "aside": _aside(reading),
        "corrected": _corrected(reading),
        "partial": bool(reading.chosen and reading.chosen.partial),
    }


def _plain(problem: Problem) -> dict[str, Any]:
    names = ("file", "row", "column", "wrong", "expected", "looks_like", "unlike")
    return {name: getattr(problem, name) for name in names}


def _warning(warning: Problem, texts: Mapping[tuple[str, int], tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """kind and name: whose row it is; "" when it is the file's."""
    kind, cells = texts.get((warning.file, warning.row), ("", {}))
    return _plain(warning) | {"kind": kind, "name": cells.get("name", "")}


def _problem(
    problem: Problem, texts: Mapping[tuple[str, int], tuple[str, dict[str, str]]], known: Mapping[str, str]
) -> dict[str, Any]:
    """A problem with what people need to mend it.

    kind: "" when it is the file's and not a row's.  value: what stands in the cell.  near: what may be meant.
    alike: the value can't be read wherever it stands, so it may be corrected in all rows at once.
    may_be_empty: the row could be taken without it.  in_file: the child that this one looks like has a row here too.
    """
    kind, cells = texts.get((problem.file, problem.row), ("", {}))
    if not kind or problem.column not in COLUMNS[kind]:
        none = {"kind": "", "value": "", "name": "", "near": "", "alike": False, "may_be_empty": False}
        return _plain(problem) | none
    value = cells.get(problem.column, "")
    alike = not value or not guessing.readable(kind, problem.column, value, known)
    near = guessing.near(kind, problem.column, value, known) if value and alike else ""
    more = {"kind": kind, "value": value, "name": cells.get("name", ""), "near": near, "alike": alike}
    empty = bool(value) and may_be_empty(kind, problem.column, cells)
    return _plain(problem) | more | {"may_be_empty": empty}


def _headings(reading: Reading, kind: str) -> list[dict[str, Any]]:
    """Headings that are not known by themselves, with what was chosen or is likely, the unanswered ones first."""
    assert reading.chosen is not None
    chosen = reading.choices.headings.get(kind, {})
    headings = reading.chosen.tables[kind].heading
    taken = set(places_of(headings, kind))
    rows = []
    for heading in unknown_headings(headings, kind):
        if heading not in chosen:
            near = guessing.likely_column(kind, heading, taken)
            taken |= {near} - {""}
            rows.append({"heading": heading, "column": "", "near": near, "answered": False})
    answered = [
        {"heading": heading, "column": column, "near": "", "answered": True}
        for heading, column in chosen.items()
    ]
    return rows + answered


def _corrected(reading: Reading) -> dict[str, dict[str, str]]:
    """By kind and row, the names of those of whom somebody corrected a cell, as they read now."""
    rows: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for one in reading.choices.corrections:
        rows[one.kind].update(one.rows)
    names = {}
    for kind, table in (reading.chosen.tables if reading.chosen else {}).items():
        places = places_of(table.heading, kind)
        names[kind] = {
            str(number): texts_of(places, row).get("name", "")
            for number, row in table.rows
            if number in rows.get(kind, ())
        }
    for one in _aside(reading):
        if one["row"] in rows[one["kind"]]:
            names[one["kind"]][str(one["row"])] = one["name"]
    return names


def _aside(reading: Reading) -> list[dict[str, Any]]:
    if reading.chosen is None:
        return []
    return [
        {"kind": kind, "row": number, "name": cells.get("name", ""), "id": cells.get(KEYS[kind], "")}
        for kind, rows in reading.chosen.aside.items()
        for number, cells in sorted(rows.items())
    ]


def bad_rows(reading: Reading) -> list[BadRow]:
    """Every row that can't be taken, those set aside among them, in the order of the file."""
    if reading.file is None or reading.chosen is None:
        return []
    aside = {(kind, number) for kind, rows in reading.chosen.aside.items() for number in rows}
    whole = replace(reading, chosen=choose(reading.file, replace(reading.choices, aside=frozenset())))
    assert whole.chosen is not None
    problems: dict[tuple[str, int], list[Problem]] = {}
    kinds = {table.source: kind for kind, table in whole.chosen.tables.items()}
    read = people_of(whole)
    wrong = {(problem.file, problem.row) for problem in read.problems}
    # Of a row in which nothing is wrong what was remarked is why somebody set it aside.
    remarks = [one for one in read.warnings if (one.file, one.row) not in wrong]
    remarked = [one for one in remarks if (kinds.get(one.file, ""), one.row) in aside]
    for problem in (*read.problems, *remarked):
        problems.setdefault((kinds.get(problem.file, ""), problem.row), []).append(problem)
    found = []
    for kind, table in whole.chosen.tables.items():
        places = places_of(table.heading, kind)
        for number, row in table.rows:
            if (kind, number) in problems or (kind, number) in aside:
                texts = texts_of(places, row)
                found.append(BadRow(kind, number, texts, problems.get((kind, number), [])))
    return found
