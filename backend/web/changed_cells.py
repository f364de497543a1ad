"""What a file changes in somebody, cell by cell, in the words of the pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from backend.rosters.models import District, Gender, Subject
from backend.rosters.reading.cells import availability
from backend.rosters.reading.columns import headed
from backend.web.templatetags.shuangdao import grade, local_name, role, slot

GENDERS = frozenset(["gender", "preferred_mentor_gender"])
NAMED = frozenset(["district", "subjects", "teaches"])


def told(kind: str, people: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """people: of the report's ``changing``. cells: [(heading, [what was, what is instead] or None)]."""
    rows = list(people)
    columns = {column for person in rows for column, _old, _new in person["cells"]}
    names: dict[str, str] = {}
    if columns & NAMED:
        names = {each.code: local_name(each) for model in (District, Subject) for each in model.objects.all()}
    return [
        {
            "id": person["id"],
            "name": person["name"],
            "cells": [
                (
                    _("takes part again") if column == "active" else headed(kind, column),
                    None if old is None else _both(column, old, new, names),
                )
                for column, old, new in person["cells"]
            ],
        }
        for person in rows
    ]


def _both(column: str, old: str, new: str, names: Mapping[str, str]) -> list[str]:
    """Of hours only those that differ: a week of them is too much to compare by eye."""
    if column == "availability":
        before, after = (availability(text) if text else frozenset[int]() for text in (old, new))
        return [_hours(before - after), _hours(after - before)]
    return [_words(column, text, names) for text in (old, new)]


def _hours(slots: Iterable[int]) -> str:
    return _(", ").join(slot(each) for each in sorted(slots))


def _words(column: str, text: str, names: Mapping[str, str]) -> str:
    if not text:
        return ""
    if column == "grade":
        return grade(int(text))
    if column in GENDERS:
        return str(Gender(text).label)
    if column == "roles":
        return _(", ").join(role(each) for each in text.split(";"))
    if column in NAMED:
        parts = (part.partition(":") for part in text.split(";"))
        return _(", ").join(f"{names.get(code, code)}{colon}{rest}" for code, colon, rest in parts)
    return text
