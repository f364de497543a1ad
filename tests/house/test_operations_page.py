"""docs/operations.md names every setting, every command and every duty, and none that is not there."""

import re

from backend.duties import ticker
from backend.duties.models import Duty
from backend.env import KNOWN
from tests.chat.served import ROOT

PAGE = (ROOT / "docs/operations.md").read_text()
DUTY = r"^\| `([a-z]+\.[a-z_]+)` \| (\d+) (s|min|h|day) \|"
SECONDS = {"s": 1, "min": 60, "h": 3600, "day": 86400}


def first_cells(begins: str) -> set[str]:
    return set(re.findall(rf"^\| `((?:{begins})[^`]*)`", PAGE, re.M))


def test_every_setting_stands_there() -> None:
    assert first_cells("SHUANGDAO_|DATABASE_|REDIS_") == KNOWN | {"DATABASE_URL", "REDIS_URL"}


def test_every_command_stands_there() -> None:
    files = [path for top in ("backend", "matching", "chat") for path in (ROOT / top).rglob("commands/*.py")]
    names = {path.stem for path in files} - {"__init__"} | {"tests"}  # `tests` is the launcher's own
    assert first_cells("manage.py ") == {f"manage.py {name}" for name in names}


def test_every_duty_stands_there_with_its_pause() -> None:
    said = {name: int(number) * SECONDS[unit] for name, number, unit in re.findall(DUTY, PAGE, re.M)}
    duties = [duty for duty in ticker.registered() if not duty.name.startswith("demonstration.")]
    assert said == {duty.name: duty.every.total_seconds() for duty in duties}
    assert f"`{Duty._meta.db_table}`" in PAGE
