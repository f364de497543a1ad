"""The launcher installs once, and again when the lock has changed."""

import pytest

from backend import launch


def test_the_tests_lock_counts_for_the_demonstration_too(tmp_path, monkeypatch) -> None:
    calls: list[list[str]] = []

    class Done:
        returncode = 0

    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(launch, "PYTHON", python)
    monkeypatch.setattr(launch, "STAMP", tmp_path / "installed")
    monkeypatch.setattr(launch.subprocess, "run", lambda command, check: calls.append(command) or Done())
    assert launch.install("requirements-dev.txt") == ""
    assert launch.install("requirements-dev.txt") == ""
    assert launch.install("requirements.txt") == ""
    assert len(calls) == 1


def test_a_failed_install_does_not_count_as_done(tmp_path, monkeypatch) -> None:
    class Failed:
        returncode = 1

    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(launch, "PYTHON", python)
    monkeypatch.setattr(launch, "STAMP", tmp_path / "installed")
    monkeypatch.setattr(launch.subprocess, "run", lambda command, check: Failed())
    assert "failed" in launch.install("requirements.txt")
    assert not (tmp_path / "installed").exists()


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_the_locks_are_hashed_and_name_no_index(lock: str) -> None:
    text = (launch.ROOT / lock).read_text()
    assert "--hash=sha256:" in text
    assert "index-url" not in text and "://" not in text
