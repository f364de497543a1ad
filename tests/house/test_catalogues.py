"""A sentence that no page says any more is translated nowhere: else a change of the English loses its Chinese unseen."""

import re
from functools import cache
from pathlib import Path

import polib
import pytest

HOME = Path(__file__).parents[2]
CATALOGUES = sorted(HOME.glob("backend/*/locale/zh_Hans/LC_MESSAGES/django.po"))


def plain(text: str) -> str:
    """As a sentence reads in code, template and catalogue alike."""
    text = re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", text)
    text = text.replace('\\"', '"').replace("\\n", " ").replace("%%", "%")
    return re.sub(r"\s+", " ", text).strip()


@cache
def said() -> str:
    folders = ("backend", "chat", "matching")
    files = [
        each
        for folder in folders
        for end in ("py", "html", "txt", "js")
        for each in (HOME / folder).rglob(f"*.{end}")
    ]
    texts = (each.read_text("utf-8") for each in sorted(files) if "migrations" not in each.parts)
    # Python joins what stands in quotes one after another.
    return plain(re.sub(r'"\s*\n\s*"', "", "\n".join(texts)))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_everything_that_is_translated_is_said_somewhere(path: Path) -> None:
    catalogue = polib.pofile(str(path))
    assert len(catalogue) > 5 and not catalogue.obsolete_entries()
    assert [entry.msgid for entry in catalogue if plain(entry.msgid) not in said()] == []
