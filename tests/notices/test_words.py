"""Every notice has its words, in both languages, and none names anybody in a letter."""

import gettext
import re
from pathlib import Path

import pytest
from django.utils import translation

from backend import notices
from backend.notices import wording
from backend.notices.kinds import RULES, Audience, Kind
from backend.notices.models import Notice

FACTS = {
    "start": "2020-02-19T11:00:00+00:00",
    "old_start": "2020-02-19T10:00:00+00:00",
    "slot": 67,
    "old_slot": 66,
    "role": "wellbeing",
    "count": 3,
    "mentor": {"zh": "欧阳老师", "en": "欧阳文"},
    "child": "沐阳",
    "asker": "周敏",
}
EVERY = [(audience, kind) for audience, table in wording.TABLES.items() for kind in table]


def test_the_chinese_catalogue_is_complete_and_compiled() -> None:
    home = Path(notices.__file__).parent
    folder = home / "locale/zh_Hans/LC_MESSAGES"
    assert "fuzzy" not in (folder / "django.po").read_text()
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    sentences = {
        text for table in wording.TABLES.values() for words in table.values() for text in words_in(words)
    }
    plain = set(re.findall(r'\b_\("((?:[^"\\]|\\.)*)"\)', (home / "wording.py").read_text()))
    assert len(plain) >= 6
    missing = [text for text in sentences | plain if compiled.gettext(text) == text]
    assert missing == []


def words_in(words: wording.Words) -> list[str]:
    return [text for text in (words.subject, words.mail, words.page, words.child) if text]


def test_every_kind_has_words_for_somebody() -> None:
    assert {kind for _audience, kind in EVERY} == set(Kind) == set(RULES)
    assert all(words.child for words in wording.FAMILY.values())


@pytest.mark.parametrize(("audience", "kind"), EVERY)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_notice_is_a_sentence_and_its_letter_names_nobody(
    audience: Audience, kind: Kind, language: str
) -> None:
    notice = Notice(audience=audience, kind=kind, about="meeting:1", facts=FACTS)
    with translation.override(language):
        page = wording.on_page(notice)
    subject, body = wording.letter([notice], language, "https://pairs.example")
    for text in (page, subject, body):
        assert text and "%(" not in text
    for name in ("沐阳", "欧阳", "周敏"):
        assert name not in subject + body
    if audience is Audience.CHILD:
        assert "沐阳" not in page, "a child is addressed"
    if language == "zh-hans":
        assert not re.search(r"[A-Za-z]{2,}", page), page
