"""`manage.py match`: the options about time and earlier plans, from the outside."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command

from backend.rosters.city import write_xlsx


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("city") / "city.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, today=date(2026, 3, 2), size=60, seed=7)
    return path


def summary(folder: Path) -> dict:
    return json.loads((folder / "summary.json").read_text())


def test_a_plan_without_time_is_written_with_its_honest_gap(city: Path, tmp_path: Path) -> None:
    call_command("match", str(city), "--time-limit", "0", "--out", str(tmp_path))
    found = summary(tmp_path)
    assert found["value"] <= found["value_bound"]
    assert found["gap"] == (found["value_bound"] - found["value"]) / found["value_bound"]
    assert len((tmp_path / "assignments.csv").read_text().splitlines()) == found["roles_filled"] + 1


def test_an_earlier_plan_is_kept_where_nothing_changed(city: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    call_command("match", str(city), "--out", str(first))
    assert "pairs_kept" not in summary(first)
    plan = first / "assignments.csv"
    call_command("match", str(city), "--previous", str(plan), "--stickiness", "4", "--out", str(again))
    assert (again / "assignments.csv").read_bytes() == plan.read_bytes()
    found, roles = summary(again), summary(first)["roles_filled"]
    assert found["pairs_kept"] == found["slots_kept"] == roles
    assert found["objective"] == found["objective_bound"] == found["value"] + 8 * roles


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--gap", "1.5"], "--gap"),
        (["--gap", "nan"], "--gap"),
        (["--time-limit", "-1"], "--time-limit"),
        (["--stickiness", "3"], "--previous"),
    ],
)
def test_an_option_out_of_range_is_bad_input(
    city: Path, tmp_path: Path, capsys, options: list[str], named: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("match", str(city), *options, "--out", str(tmp_path / "out"))
    assert ended.value.code == 2 and named in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_every_bad_row_of_an_earlier_plan_is_named(city: Path, tmp_path: Path, capsys) -> None:
    plan = tmp_path / "plan.csv"
    with plan.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ["child_id", "role", "mentor_id", "slot"],
                ["K1", "friend", "T1", "mon-19"],
                ["K1", "academic", "T1", "mon-99"],
                ["", "academic", "T1", "mon-19"],
            ]
        )
    with pytest.raises(SystemExit) as ended:
        call_command("match", str(city), "--previous", str(plan), "--out", str(tmp_path / "out"))
    lines = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and [line.split(": ")[0] for line in lines] == [
        "plan.csv:2",
        "plan.csv:3",
        "plan.csv:4",
    ]


CHILDREN = "child_id,name,grade,subjects,availability,district\n"
MENTORS = "mentor_id,name,roles,teaches,wellbeing_grades,certificate,availability,capacity,district\n"
TEACHER = 'T1,高远,academic,math:4-6,,,"mon-19,tue-19",2,历下区\n'


def match(tmp_path: Path, children: str, mentors: str, *more: str) -> Path:
    """Writes both files and runs `match` on them; the folder of the plan."""
    (tmp_path / "children.csv").write_text(CHILDREN + children)
    (tmp_path / "mentors.csv").write_text(MENTORS + mentors)
    out = tmp_path / "out"
    call_command(
        "match", str(tmp_path / "children.csv"), str(tmp_path / "mentors.csv"), *more, "--out", str(out)
    )
    return out


def test_an_id_that_a_spreadsheet_would_compute_goes_out_escaped_and_comes_back(tmp_path: Path) -> None:
    rows = "=1+1,陈雨桐,5,math,mon-19,历下区\n'=2,王子涵,5,math,tue-19,历下区\n"
    plan = match(tmp_path, rows, TEACHER) / "assignments.csv"
    ids = [row["child_id"] for row in csv.DictReader(plan.read_text().splitlines())]
    assert sorted(ids) == ["''=2", "'=1+1"]
    again = match(tmp_path, rows, TEACHER, "--previous", str(plan), "--stickiness", "5")
    assert summary(again)["pairs_kept"] == summary(again)["slots_kept"] == 2


def test_a_value_without_a_heading_is_a_warning(tmp_path: Path, capsys) -> None:
    match(tmp_path, "K1,陈雨桐,5,math,mon-19,历下区,,3\n", TEACHER)
    assert "children.csv:2: column 8: a value without a heading" in capsys.readouterr().err


def test_a_mentor_may_take_as_many_as_the_file_says(tmp_path: Path) -> None:
    match(tmp_path, "K1,陈雨桐,5,math,mon-19,历下区\n", TEACHER.replace('",2,', '",300,'))


@pytest.mark.parametrize(
    ("children", "named"),
    [
        ("K1," + "雨" * 200_000 + ",5,math,mon-19,历下区\n", "children.csv:2: -: a cell is too long"),
        ('K1,"陈雨桐,5,math,mon-19,历下区\n', "expected a closed quotation mark"),
    ],
)
def test_a_file_that_cannot_be_read_says_the_right_reason(
    tmp_path: Path, capsys, children: str, named: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        match(tmp_path, children, TEACHER)
    assert ended.value.code == 2 and named in capsys.readouterr().err


def test_a_plan_cannot_go_where_a_file_is(city: Path, tmp_path: Path, capsys) -> None:
    taken = tmp_path / "plan"
    taken.write_text("mine")
    for out in (taken, taken / "inside"):
        with pytest.raises(SystemExit) as ended:
            call_command("match", str(city), "--out", str(out))
        assert ended.value.code == 2 and "is not a folder" in capsys.readouterr().err
    assert taken.read_text() == "mine"
