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
