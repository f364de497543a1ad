"""Tables to typed people, and what is wrong with each row that can't be taken."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from backend.rosters.reading import cells, guessing
from backend.rosters.reading.columns import COLUMNS, Column, headed, names_of
from backend.rosters.reading.tables import BadFile, Table, is_workbook, read_csv, read_workbook

Seen = dict[str, list[tuple[int, dict[str, Any]]]]  # by id, the rows that have it and what was read in them
WHO = ("name", "birth_date", "phone", "email")  # that two rows of one person have in common
DOUBLES_NAMED = 3  # of the other rows with an id


@dataclass(frozen=True, slots=True)
class Problem:
    """wrong, expected: sentences' parts in the reader's language, already with the value in question.

    looks_like: the id of the child who may be this one; empty when that is not what is asked.
    unlike: whom the row would turn into whom, when it has the id of somebody here who seems to be another."""

    file: str
    row: int
    column: str
    wrong: str
    expected: str
    looks_like: str = ""
    unlike: str = ""

    def __str__(self) -> str:
        expected = _("expected")
        return f"{self.file}:{self.row}: {self.column}: {self.wrong}, {expected} {self.expected}"


@dataclass(frozen=True, slots=True)
class Row:
    """One person or lock: where it stands, and its columns by canonical name; an empty cell is absent.

    columns: the known columns that the file has at all, in the order of the format.
    """

    file: str
    number: int
    values: Mapping[str, Any]
    columns: tuple[str, ...] = ()

    def get(self, column: str, default: Any = None) -> Any:
        return self.values.get(column, default)


@dataclass(slots=True)
class RosterFile:
    """ids: of every child and mentor row that has one, bad or not; a kind whose table can't be read is absent."""

    children: list[Row] = field(default_factory=list)
    mentors: list[Row] = field(default_factory=list)
    locks: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    ids: dict[str, set[str]] = field(default_factory=dict)


def read_roster(
    files: list[tuple[str, str, bytes]], *, districts: Mapping[str, str], for_site: bool = False
) -> RosterFile:
    """Reads everything that there is. files: (kind, name, content), kind children, mentors, locks or workbook.

    districts: code by code and by name. All problems are collected; none is raised.
    """
    found = RosterFile()
    for kind, name, content in files:
        try:
            if kind == "workbook" or is_workbook(name, content):
                sheets = read_workbook(name, content)
                tables = sheets if kind == "workbook" else {kind: sheets[kind]} if kind in sheets else {}
            else:
                tables = {kind: read_csv(name, content, for_site=for_site)}
        except BadFile as bad:
            found.problems.append(Problem(name, bad.row, "-", _(bad.wrong), _(bad.expected)))
            continue
        _add_tables(found, tables, for_site)
    _check_people(found, districts, for_site)
    return found


def read_tables(
    tables: Mapping[str, Table], *, districts: Mapping[str, str], beside: Mapping[str, set[str]]
) -> RosterFile:
    """Tables by kind, for the site. beside: ids that are known though no row here has them."""
    found = RosterFile()
    _add_tables(found, tables, True)
    for kind, ids in beside.items():
        if kind in found.ids:
            found.ids[kind] |= ids
    _check_people(found, districts, True)
    return found


def _add_tables(found: RosterFile, tables: Mapping[str, Table], for_site: bool) -> None:
    for kind, table in tables.items():
        getattr(found, kind).extend(_read_table(table, kind, found, for_site))


def read_cells(kind: str, given: Mapping[str, str], *, districts: Mapping[str, str]) -> RosterFile:
    """One person typed in by hand, under the rules of the import."""
    table = Table("-", list(given), [(1, list(given.values()))])
    found = RosterFile()
    getattr(found, kind).extend(_read_table(table, kind, found, True))
    _check_people(found, districts, True)
    return found


def _read_table(table: Table, kind: str, found: RosterFile, for_site: bool) -> list[Row]:
    columns = COLUMNS[kind]
    places = _heading(table, kind, found)
    if places is None:
        return []
    if not table.rows and kind != "locks":
        found.problems.append(
            Problem(
                table.source, table.heading_row, "-", _("there are no rows"), _("people below the heading")
            )
        )
    _warn_of_loose_cells(table, found)
    seen: Seen = {}
    present = tuple(name for name in columns if name in places)
    rows = []
    for number, texts in table.rows:
        before = len(found.problems)
        values = _read_row(table, number, texts, columns, places, found, for_site)
        key = values.get(next(iter(columns))) if kind != "locks" else None
        is_first = key is None or key not in seen
        if key is not None:
            seen.setdefault(key, []).append((number, values))
        if is_first and len(found.problems) == before:
            rows.append(Row(table.source, number, values, present))
    found.problems.extend(_doubles(table.source, next(iter(columns)), seen, for_site))
    found.ids[kind] = set(seen)
    return rows


def _doubles(source: str, column: str, seen: Seen, for_site: bool) -> Iterator[Problem]:
    """Rows with an id that an earlier one has. On the site also the first, unless they are plainly one person:
    which of them has the id rightly, only people know."""
    for key, ((first, who), *later) in seen.items():
        one = all(values.get(name) == who.get(name) for _number, values in later for name in WHO)
        if one or not for_site:
            for number, _values in later:
                wrong = _("%(value)s stands in row %(row)d already") % {"value": key, "row": first}
                yield Problem(source, number, column, wrong, _("every id once"))
            continue
        named = [
            (number, _("row %(row)d (%(name)s)") % {"row": number, "name": values.get("name", "–")})
            for number, values in seen[key]
        ]
        for number, _told in named:
            others = [told for other, told in named[: DOUBLES_NAMED + 1] if other != number][:DOUBLES_NAMED]
            wrong = _("%(value)s is also the id in %(rows)s") % {"value": key, "rows": _(", ").join(others)}
            yield Problem(source, number, column, wrong, _("every id once"))


def _warn_of_loose_cells(table: Table, found: RosterFile) -> None:
    """Values in columns without a heading: nothing can be done with them, but nothing is dropped silently."""
    loose: dict[int, list[int]] = {}
    for number, texts in table.rows:
        for at, text in enumerate(texts):
            if text.strip() and (at >= len(table.heading) or not table.heading[at]):
                loose.setdefault(at, []).append(number)
    for at, rows in sorted(loose.items()):
        wrong = _("a value without a heading (such rows: %(count)d)") % {"count": len(rows)}
        column = _("column %(number)d") % {"number": at + 1}
        found.warnings.append(Problem(table.source, rows[0], column, wrong, _("a heading above every value")))


def _heading(table: Table, kind: str, found: RosterFile) -> dict[str, int] | None:
    """Where each canonical column stands; None when a needed one is missing or stands twice."""
    columns, names, row = COLUMNS[kind], names_of(kind), table.heading_row
    places: dict[str, int] = {}
    before = len(found.problems)
    for at, heading in enumerate(table.heading):
        name = names.get(cells.plain(heading).lower())
        if name in places:
            found.problems.append(
                Problem(table.source, row, name, _("this column stands twice"), _("every column once"))
            )
        elif name:
            places[name] = at
        elif heading:
            near = difflib.get_close_matches(heading.lower(), names, 1, 0.7)
            hint = _("did you mean %(name)s?") % {"name": near[0]} if near else _("a known column")
            wrong = _("unknown column %(name)s") % {"name": heading}
            found.warnings.append(Problem(table.source, row, heading, wrong, hint))
    for name, column in columns.items():
        if column.need == "always" and name not in places:
            wrong = _("this column is missing")
            found.problems.append(Problem(table.source, row, name, wrong, headed(kind, name)))
    return places if len(found.problems) == before else None


def _read_row(
    table: Table,
    number: int,
    texts: list[str],
    columns: Mapping[str, Column],
    places: Mapping[str, int],
    found: RosterFile,
    for_site: bool,
) -> dict[str, Any]:
    values: dict[str, Any] = {}

    def bad(column: str, wrong: str, expected: str) -> None:
        found.problems.append(Problem(table.source, number, column, wrong, expected))

    for name, column in columns.items():
        at = places.get(name, -1)
        text = texts[at] if 0 <= at < len(texts) else ""
        if (number, at) in table.unusable:
            bad(name, _(table.unusable[number, at]), _("the value itself"))
        elif not cells.plain(text):
            if column.need == "always" or (column.need == "site" and for_site):
                bad(name, _("this is empty"), _("a value"))
        else:
            try:
                system = values.get("school_system", "6-3")
                values[name] = cells.grade(text, system) if name == "grade" else column.parse(text)
                if values[name] in (frozenset(), ()):
                    bad(name, _("this is empty"), _("a value"))
            except cells.Unreadable as error:
                bad(name, _("%(part)s was not understood") % {"part": error.part}, _(error.expected))
    return values


def _check_people(found: RosterFile, districts: Mapping[str, str], for_site: bool) -> None:
    _check_districts(found, districts, for_site)
    for row in found.mentors:
        roles = row.get("roles")
        needs = {"academic": "teaches", "wellbeing": "wellbeing_grades"}
        for role, column in needs.items():
            if role in roles and not row.get(column):
                found.problems.append(_problem(row, column, _("this is empty"), _("a value for this role")))
        if "wellbeing" in roles and not row.get("certificate"):
            wrong = _("this is empty: never eligible for wellbeing")
            found.warnings.append(_problem(row, "certificate", wrong, _("the kind of certificate")))
        if for_site and not (row.get("phone") or row.get("email")):
            found.problems.append(_problem(row, "phone", _("neither phone nor e-mail"), _("one of the two")))
    if for_site:
        for row in found.children:
            if not (row.get("parent_phone") or row.get("parent2_phone")):
                found.problems.append(
                    _problem(row, "parent_phone", _("this is empty"), _("one parent's phone"))
                )
            for who in ("parent", "parent2", "carer"):
                if row.get(f"{who}_phone") and not row.get(f"{who}_name"):
                    found.problems.append(
                        _problem(row, f"{who}_name", _("this is empty"), _("the name to this phone"))
                    )
    _check_phones(found)
    _check_one_each(found)
    _check_locks(found)


def _check_districts(found: RosterFile, districts: Mapping[str, str], for_site: bool) -> None:
    for row in [*found.children, *found.mentors]:
        if row.get("district") in districts:
            continue
        near = guessing.nearest(str(row.get("district")), districts, 0.5)
        hint = _("did you mean %(name)s?") % {"name": near} if near else _("a district of the programme")
        wrong = _("unknown district %(name)s") % {"name": row.get("district")}
        (found.problems if for_site else found.warnings).append(_problem(row, "district", wrong, hint))


def _check_phones(found: RosterFile) -> None:
    """The same phone is the same person, so it has one name."""
    first: dict[str, tuple[str, int]] = {}
    for row in [*found.children, *found.mentors]:
        for column, name in (
            ("parent_phone", "parent_name"),
            ("parent2_phone", "parent2_name"),
            ("carer_phone", "carer_name"),
            ("phone", "name"),
        ):
            phone = row.get(column)
            if phone is None:
                continue
            known, number = first.setdefault(phone, (row.get(name, ""), row.number))
            if known != row.get(name, ""):
                wrong = _("this phone stands with the name %(name)s in row %(row)d")
                wrong %= {"name": known or "–", "row": number}
                found.problems.append(_problem(row, column, wrong, _("one name for one phone")))


def _check_one_each(found: RosterFile) -> None:
    """A mentor's phone and address are theirs alone; two parents are two people; an address is one's."""
    for column in ("phone", "email"):
        mentors: dict[str, Row] = {}
        for row in found.mentors:
            if row.get(column) and mentors.setdefault(row.get(column), row) is not row:
                wrong = _("another mentor has this in row %(row)d") % {"row": mentors[row.get(column)].number}
                found.problems.append(_problem(row, column, wrong, _("this person's own")))
    phones: dict[str, str] = {row.get("email"): row.get("phone", "") for row in found.mentors}
    for row in found.children:
        if row.get("parent2_phone") and row.get("parent2_phone") == row.get("parent_phone"):
            wrong = _("both parents have the same phone")
            found.problems.append(_problem(row, "parent2_phone", wrong, _("the second parent's own")))
        for who in ("parent", "parent2"):
            email, phone = row.get(f"{who}_email"), row.get(f"{who}_phone", "")
            if email and phones.setdefault(email, phone) != phone:
                wrong = _("this address stands with another phone elsewhere")
                found.problems.append(_problem(row, f"{who}_email", wrong, _("this person's own")))


def _check_locks(found: RosterFile) -> None:
    # Somebody whose own row is bad is named there, and is not unknown.
    children, mentors = found.ids.get("children"), found.ids.get("mentors")
    for row in found.locks:
        if children is not None and row.get("child_id") not in children:
            found.problems.append(_problem(row, "child_id", _("unknown child"), _("an id from the children")))
        if mentors is not None and row.get("mentor_id") not in mentors:
            found.problems.append(
                _problem(row, "mentor_id", _("unknown mentor"), _("an id from the mentors"))
            )
        if row.get("kind") == "pin" and not row.get("role"):
            found.problems.append(_problem(row, "role", _("this is empty"), _("the role of the pin")))
        if row.get("kind") == "forbid" and row.get("slot") is not None:
            found.problems.append(_problem(row, "slot", _("a forbid has no hour"), _("an empty cell")))


def _problem(row: Row, column: str, wrong: str, expected: str) -> Problem:
    return Problem(row.file, row.number, column, wrong, expected)
