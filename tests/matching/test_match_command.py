"""`manage.py match`: the options about time and earlier plans, from the outside."""

import csv
import json
import random
import tracemalloc
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


LOCKS = "kind,child_id,mentor_id,role,slot\n"
TWO = "K1,陈雨桐,5,math,mon-19;tue-19,历下区\nK2,王子涵,5,math,mon-19,历下区\n"
COUNSELLOR = "W1,周宁,wellbeing,,1-6,counsellor-2,mon-19;tue-19;wed-19,5,历下区\n"


def refused(capsys, tmp_path: Path, children: str, mentors: str, *more: str) -> list[str]:
    """What `match` says when it ends with 2, and that it wrote nothing."""
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / "assignments.csv").write_text("of yesterday")
    with pytest.raises(SystemExit) as ended:
        match(tmp_path, children, mentors, *more)
    assert ended.value.code == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["assignments.csv"]
    assert (tmp_path / "out" / "assignments.csv").read_text() == "of yesterday"
    return capsys.readouterr().err.splitlines()


def locks(tmp_path: Path, rows: str) -> tuple[str, str]:
    path = tmp_path / "locks.csv"
    path.write_text(LOCKS + rows)
    return "--locks", str(path)


def shuffled(text: str, draw: random.Random) -> str:
    rows = text.splitlines(keepends=True)
    draw.shuffle(rows)
    return "".join(rows)


def test_the_order_of_rows_changes_no_byte_of_the_plan(tmp_path: Path) -> None:
    draw = random.Random(3)
    days = ("mon", "tue", "wed", "thu", "fri")

    def hours(most: int) -> str:
        return ";".join(sorted({f"{draw.choice(days)}-{draw.choice((18, 19))}" for _ in range(most)}))

    # Alike in everything but their hours, so that many plans are equally good.
    of_child, of_teacher = [hours(4) for _ in range(24)], [hours(5) for _ in range(9)]
    children = "".join(f"K{n:02},陈雨桐,5,math,{of_child[n]},历下区\n" for n in range(24))
    teachers = "".join(f"T{n},高远,academic,math:4-6,,,{of_teacher[n]},2,历下区\n" for n in range(9))
    counsellors = "".join(f"W{n},周宁,wellbeing,,4-6,counsellor-2,{hours(6)},4,历下区\n" for n in range(5))
    forbids = "".join(f"forbid,K{n:02},T{n % 9},,\n" for n in range(0, 24, 3))
    together = [n for n in (1, 2, 4, 5) if set(of_child[n].split(";")) & set(of_teacher[n].split(";"))]
    pins = "".join(f"pin,K{n:02},T{n},academic,\n" for n in together)
    assert together
    mentors = teachers + counsellors
    written = set()
    for turn in range(4):
        folder = tmp_path / str(turn)
        folder.mkdir()
        order = (lambda text, turn=turn: shuffled(text, random.Random(turn))) if turn else str
        plan = match(folder, order(children), order(mentors), *locks(folder, order(pins + forbids)))
        written.add((plan / "assignments.csv").read_bytes() + (plan / "unmatched.csv").read_bytes())
    assert len(written) == 1 and summary(plan)["roles_filled"] > 30


def test_every_bad_row_of_every_file_is_named(tmp_path: Path, capsys) -> None:
    children = (
        "K1,陈雨桐,十四年级,math,mon-19,历下区\n"
        "K2,王子涵,5,alchemy,mon-19,历下区\n"
        "K3,李梓萱,5,math,mon-25,历下区\n"
        "K4,赵宇轩,5,math,,历下区\n"
        ",刘思远,5,math,mon-19,历下区\n"
        "K6,周思远,5,math,mon-19,历下区\n"
        "K6,周思远,5,math,mon-19,历下区\n"
    )
    mentors = (
        TEACHER.replace('",2,', '",-1,')
        + 'T2,高远,friend,math:4-6,,,"mon-19",2,历下区\n'
        + 'T3,高远,academic,,,,"mon-19",2,历下区\n'
        + 'T4,高远,academic,math:9-4,,,"mon-19",2,历下区\n'
        + "W5,周宁,wellbeing,,,counsellor-2,mon-19,2,历下区\n"
    )
    rows = "pin,K6,T1,,\nhold,K6,T1,academic,\nforbid,K6,T1,,mon-19\npin,K6,T1,academic,noon\n"
    said = refused(capsys, tmp_path, children, mentors, *locks(tmp_path, rows))
    named = [":".join(line.split(": ")[:2]) for line in said if not line.startswith("warning")]
    assert all(", expected " in line for line in said if not line.startswith("warning")), said
    assert set(named) == {
        "children.csv:2:grade",
        "children.csv:3:subjects",
        "children.csv:4:availability",
        "children.csv:5:availability",
        "children.csv:6:child_id",
        "children.csv:8:child_id",
        "mentors.csv:2:capacity",
        "mentors.csv:3:roles",
        "mentors.csv:4:teaches",
        "mentors.csv:5:teaches",
        "mentors.csv:6:wellbeing_grades",
        # T1 is in the file, though its row is bad: only what is wrong with the lock itself is said.
        "locks.csv:2:role",
        "locks.csv:3:kind",
        "locks.csv:4:slot",
        "locks.csv:5:slot",
    }
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("rows", "named", "wrong"),
    [
        ("pin,K1,W1,academic,\n", [2], "not eligible"),
        ("forbid,K2,T1,,\npin,K1,T1,academic,wed-19\n", [3], "hour not free"),
        ("pin,K9,T1,academic,\n", [2], "unknown child"),
        ("forbid,K1,T9,,\n", [2], "unknown mentor"),
        ("pin,K1,T1,academic,\nforbid,K1,T1,academic,\n", [2, 3], "pinned and forbidden (rows 2, 3)"),
        # Both can only be taught on Monday; the two others have nothing to do with it.
        (
            "pin,K1,W1,wellbeing,tue-19\npin,K1,T1,academic,mon-19\nforbid,K1,W9,,\npin,K2,T1,academic,\n",
            [3, 5],
            "contradiction (rows 3, 5)",
        ),
    ],
)
def test_locks_that_cannot_hold_are_named_and_only_they(
    tmp_path: Path, capsys, rows: str, named: list[int], wrong: str
) -> None:
    more = COUNSELLOR + COUNSELLOR.replace("W1", "W9")
    said = refused(capsys, tmp_path, TWO, TEACHER + more, *locks(tmp_path, rows))
    assert [line.split(": ")[0] for line in said] == [f"locks.csv:{row}" for row in named]
    assert all(wrong in line and ", expected " in line for line in said)


@pytest.mark.parametrize("empty", ["", "\ufeff", "\n\n"])
def test_an_empty_file_is_row_one(tmp_path: Path, capsys, empty: str) -> None:
    (tmp_path / "empty.csv").write_text(empty)
    (tmp_path / "children.csv").write_text(CHILDREN + TWO)
    for files in (("empty.csv", "children.csv"), ("children.csv", "empty.csv")):
        with pytest.raises(SystemExit) as ended:
            call_command("match", *(str(tmp_path / name) for name in files), "--out", str(tmp_path / "out"))
        assert ended.value.code == 2 and "empty.csv:1: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_of_ten_million_rows_is_refused_without_being_read(tmp_path: Path, capsys) -> None:
    path = tmp_path / "huge.csv"
    with path.open("w") as file:
        file.write(CHILDREN)
        for _ in range(1000):
            file.write("K1,,,,\n" * 10_000)
    (tmp_path / "mentors.csv").write_text(MENTORS + TEACHER)
    tracemalloc.start()
    try:
        with pytest.raises(SystemExit) as ended:
            call_command("match", str(path), str(tmp_path / "mentors.csv"), "--out", str(tmp_path / "out"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ended.value.code == 2 and not (tmp_path / "out").exists()
    assert "huge.csv:1: -: the file is too large, expected at most 48 MB" in capsys.readouterr().err
    assert path.stat().st_size > 60e6 and peak < 30e6


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ('{"academic_charm": 3}', "academic_charm"),
        ('{"academic_grade": -1}', "academic_grade"),
        ('{"academic_grade": 1.5}', "academic_grade"),
        ('{"academic_grade": true}', "academic_grade"),
        ("[1]", "not a JSON object"),
        ("{", "weights.json:1: weights"),
    ],
)
def test_weights_that_are_none_are_bad_input(tmp_path: Path, capsys, given: str, named: str) -> None:
    path = tmp_path / "weights.json"
    path.write_text(given)
    (said,) = refused(capsys, tmp_path, TWO, TEACHER, "--weights", str(path))
    assert said.startswith("weights.json:1: weights: ") and named in said and ", expected " in said


def test_weights_change_the_plan_s_fit_and_stand_in_the_summary(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text('{"academic_district": 30}')
    usual = summary(match(tmp_path, TWO, TEACHER))
    found = summary(match(tmp_path, TWO, TEACHER, "--weights", str(path)))
    assert found["weights"]["academic_district"] == 30
    assert found["fit"] == usual["fit"] + 18 * found["roles_filled"] > usual["fit"]


def test_a_gap_that_is_allowed_is_kept_and_all_is_written(city: Path, tmp_path: Path) -> None:
    call_command("match", str(city), "--gap", "0.2", "--out", str(tmp_path))
    found = summary(tmp_path)
    assert 0 <= found["gap"] <= 0.2 and found["value"] <= found["value_bound"]
    assert found["complete"] >= 0.8 * found["complete_bound"]
