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
