"""`manage.py bench matching`: every solver answers, and none beats the one that is proved best."""

import json
from pathlib import Path

from django.core.management import call_command


def test_all_solvers_answer_and_none_is_better_than_the_best(tmp_path: Path, capsys) -> None:
    found = tmp_path / "bench.json"
    call_command("bench", "matching", "--sizes", "30", "--repeat", "1", "--json", str(found))
    rows = json.loads(found.read_text())
    assert {row["solver"] for row in rows if "failed" in row and "skipped" not in row["failed"]} == set()
    rows = [row for row in rows if "failed" not in row]
    assert {row["solver"] for row in rows} >= {"ours", "ours-0.1%", "milp", "columns", "hungarian", "greedy"}
    for kind in ("tight", "shortage", "loose"):
        reached = {r["solver"]: (r["complete"], r["value"]) for r in rows if r["kind"] == kind}
        assert reached["ours"] == reached["milp"]
        assert max(complete for complete, _ in reached.values()) == reached["ours"][0]
    assert "x ours" in capsys.readouterr().out


def test_rematching_is_measured_against_what_need_not_move(tmp_path: Path, capsys) -> None:
    found = tmp_path / "bench.json"
    sizes = ["--sizes", "60", "--draws", "2"]
    call_command("bench", "matching", "--kinds", "rematch", *sizes, "--json", str(found))
    (row,) = json.loads(found.read_text())
    assert len(row["draws"]) == 2
    for run in row["draws"]:
        assert run["complete"] == run["complete_bound"] and run["gap"] <= 0.001
        assert 0 <= run["needless"] <= run["moved"] < 20 and 0 <= run["lost"] < 2
    assert "needless" in capsys.readouterr().out
