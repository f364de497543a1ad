"""What matching says, in Chinese."""

import gettext
import re
from pathlib import Path

from django.utils import translation

import matching
from matching.wording import detail_of, remedy_in_words


def test_the_chinese_catalogue_is_complete_and_compiled() -> None:
    folder = Path(matching.__file__).parent / "locale/zh_Hans/LC_MESSAGES"
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    found = set()
    for path in Path(matching.__file__).parent.rglob("*.py"):
        found |= set(re.findall(r'\b(?:_|gettext_noop)\(\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)', path.read_text()))
    assert [msgid for msgid in sorted(found) if compiled.gettext(msgid) == msgid] == []


def test_a_remedy_is_a_sentence_in_both_languages() -> None:
    remedy = {"change": "seat", "mentor": "W0001", "seats": 18}
    with translation.override("en"):
        assert "W0001 took one child more (18 in all)" in remedy_in_words(remedy)
    with translation.override("zh-hans"):
        assert remedy_in_words(remedy).startswith("如果 W0001 多带一名学生（共 18 名）")
        assert "44" in detail_of("seats_short", {"sharing": 44, "shared_seats": 11})
    assert remedy_in_words({}) == ""
