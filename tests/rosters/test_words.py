"""What the roster and the accounts say, in Chinese."""

import gettext
import re
from pathlib import Path

import pytest
from django.utils import translation

from backend import accounts, care, rosters
from backend.rosters.lists import DISTRICTS
from backend.rosters.reading.rows import read_roster


@pytest.mark.parametrize("app", [rosters, accounts, care])
def test_the_chinese_catalogue_is_complete_and_compiled(app) -> None:
    folder = Path(app.__file__).parent / "locale/zh_Hans/LC_MESSAGES"
    source = (folder / "django.po").read_text()
    assert "fuzzy" not in source
    entries = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', source, re.M)
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert [msgid for msgid, text in entries if not text or compiled.gettext(msgid) != text] == []
    found = set()
    for path in Path(app.__file__).parent.rglob("*.py"):
        found |= set(re.findall(r'\b(?:_|gettext_noop)\(\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)', path.read_text()))
    assert found - {msgid for msgid, _text in entries} == set()


def test_a_bad_row_is_named_in_chinese() -> None:
    with translation.override("zh-hans"):
        read = read_roster([("workbook", "r.xlsx", b"")], districts=DISTRICTS)
        assert str(read.problems[0]) == "r.xlsx:1: -: 文件是空的, 应为 第 1 行为标题，下面是人员"
