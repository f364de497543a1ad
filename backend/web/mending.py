"""The problems of a file as things to do: the same wrong value is one, however many rows have it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backend.rosters.reading.columns import headed

ROWS_TO_CHOOSE = 25  # more are corrected or set aside together
NAMED = 3  # of those whose cell was corrected
# Of these an empty cell may well be the same for many people.
SHARED = frozenset(
    ["grade", "school_system", "subjects", "availability", "district", "roles", "teaches", "wellbeing_grades"]
    + ["capacity"]
)


def asked_again(groups: Iterable[dict[str, Any]], refused: Mapping[str, Any]) -> None:
    """Marks the group whose correction could not be read either with why, and with what was typed."""
    for group in groups if refused else ():
        here = (group["kind"], group["column"], group["value"])
        rows = {row["row"] for row in group["rows"]}
        if here == (refused["kind"], refused["column"], refused["was"]) and rows & set(
            refused["rows"] or rows
        ):
            group |= {"refused": refused["why"], "near": refused["becomes"], "asked": False}


def grouped(problems: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What concerns the whole file first, then the value with most rows, then in the order of the file."""
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for problem in problems:
        kind, value = problem.get("kind", ""), problem.get("value", "")
        column, wrong = problem["column"], problem["wrong"]
        row = () if problem.get("alike") else (str(problem["row"]),)
        group = groups.setdefault(
            (problem["file"], column, value, wrong, *row),
            {
                **problem,
                "file": sheet_of(problem["file"]),
                "kind": kind,
                "value": value,
                "label": "" if column == "-" else headed(kind, column),
                "may_be_empty": True,
                "rows": [],
            },
        )
        group["may_be_empty"] &= problem.get("may_be_empty", False)
        group["rows"].append({"row": problem["row"], "name": problem.get("name", "")})
    for group in groups.values():
        count = len(group["rows"])
        group["asked"] = (
            bool(group.get("near")) and group["column"] != "district"
        )  # there it is what was expected
        group["last"] = group["rows"][-1]
        group["shown"] = group["rows"][:ROWS_TO_CHOOSE]
        group["more"] = count - len(group["shown"])
        group["some"] = 1 < count <= ROWS_TO_CHOOSE
        group["one_value"] = bool(group["value"]) or count == 1 or group["column"] in SHARED
    return sorted(groups.values(), key=lambda group: (bool(group["kind"]), -len(group["rows"])))


def corrected(
    corrections: Sequence[Mapping[str, Any]], names: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """What was corrected, the last first, with whose it is. names: by kind and row, as the report has them."""
    told = []
    for one in reversed(corrections):
        known = names.get(one["kind"], {})
        told.append(
            {
                **one,
                "label": headed(one["kind"], one["column"]),
                "whose": [{"row": row, "name": known.get(str(row), "")} for row in one["rows"][:NAMED]],
                "more": max(0, len(one["rows"]) - NAMED),
            }
        )
    return told


def warned(warnings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Warnings that say the same of many rows are one, with the first of the rows."""
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in warnings:
        key = (one["file"], one["column"], one["wrong"], one["expected"])
        told = {"file": sheet_of(one["file"]), "column": headed("", one["column"]), "rows": []}
        group = groups.setdefault(key, {**one, **told})
        group["rows"].append({"row": one["row"], "kind": one.get("kind", ""), "name": one.get("name", "")})
    for group in groups.values():
        group["shown"] = group["rows"][:ROWS_TO_CHOOSE]
        group["more"] = len(group["rows"]) - len(group["shown"])
    return list(groups.values())


def sheet_of(place: str) -> str:
    """Of ``roster.xlsx[学生]`` the sheet: the page is headed with the file. A file without sheets is itself."""
    return place.rpartition("[")[2].removesuffix("]")
