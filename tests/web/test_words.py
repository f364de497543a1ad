"""Hours, grades, roles and dates as Chinese schools write them."""

import gettext
import re
from datetime import date
from pathlib import Path

import pytest
from django.utils import translation

from backend import web
from backend.web.templatetags.shuangdao import day, grade, role, slot


@pytest.mark.parametrize(
    ("number", "system", "words"),
    [
        (1, "6-3", "一年级"),
        (6, "6-3", "六年级"),
        (7, "6-3", "初一"),
        (9, "6-3", "初三"),
        (5, "5-4", "五年级"),
        (6, "5-4", "初一"),
        (9, "5-4", "初四"),
        (10, "5-4", "高一"),
        (12, "6-3", "高三"),
    ],
)
def test_grades_follow_the_school_system(number, system, words):
    with translation.override("zh-hans"):
        assert grade(number, system) == words


def test_hours_roles_and_dates_are_written_in_chinese():
    with translation.override("zh-hans"):
        assert slot(2 * 24 + 19) == "周三 19:00–20:00"
        assert day(date(2020, 2, 17)) == "2020年2月17日 周一"
        assert role("wellbeing") == "心理导师"


def test_and_in_english():
    with translation.override("en"):
        assert slot(6 * 24 + 9) == "Sun 09:00–10:00"
        assert grade(7) == "grade 7"
        assert day(date(2020, 2, 17)) == "Mon 17 February 2020"


def test_the_chinese_catalogue_is_complete_and_compiled():
    folder = Path(web.__file__).parent / "locale/zh_Hans/LC_MESSAGES"
    source = (folder / "django.po").read_text()
    assert "fuzzy" not in source
    blocks = [block for block in source.split("\n\n")[1:] if "msgid" in block]
    assert not [block for block in blocks if re.search(r'msgstr(\[0\])? ""$', block.strip())]
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    singles = [re.search(r'^msgid "(.+)"\nmsgstr "(.+)"$', block, re.M) for block in blocks]
    assert [m[1] for m in singles if m and compiled.gettext(m[1]) != m[2]] == []


def test_every_sentence_of_a_page_has_its_chinese():
    """A percent sign in a template is doubled in the catalogue: written singly there, it is never found."""
    pages = (Path(web.__file__).parent / "templates").rglob("*.html")
    said = {
        m
        for page in pages
        for m in re.findall(r'(?:{% translate |\b_\()"([^"]+)"(?! context)', page.read_text())
    }
    assert len(said) > 500
    with translation.override("zh-hans"):
        missing = [
            words
            for words in said
            if re.search(r"[a-z]{3}", words)
            and translation.gettext(words.replace("%", "%%")) == words.replace("%", "%%")
        ]
    assert missing == []
