"""Transactional tests empty the database after them: a file has only such, or none, so that those of others come first."""

from collections import defaultdict
from typing import Any

import pytest


def test_no_file_mixes_tests_that_empty_the_database_with_others(request: pytest.FixtureRequest) -> None:
    kinds: dict[str, set[bool]] = defaultdict(set)
    for item in request.session.items:
        mark: Any = item.get_closest_marker("django_db")
        if mark is not None:
            kinds[item.location[0]].add(bool(mark.kwargs.get("transaction")))
    assert sorted(path for path, both in kinds.items() if len(both) > 1) == []
