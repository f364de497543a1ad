"""What each person finds in each answer, as text that is kept: tests/api/fields.txt.

The walks hand over what they were answered. A field is a path in the JSON; a *secret* is a word of the world
that stands in the answer, on a page too. The file is changed on purpose only: WRITE_FIELDS=1, and read the
difference before it is committed.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

from backend.accounts.models import User
from backend.rosters.models import Certificate, Child
from tests.api.cast import PEOPLE, SIGNED_IN
from tests.api.conftest import World

FILE = Path(__file__).with_name("fields.txt")
UNBROKEN: Any = {"break_long_words": False, "break_on_hyphens": False}
SECRETS = {
    "needs": "夜里会醒",
    "address": "泉城路七号院",
    "birth date": "2012-03-09",
    "guardian's phone": "13700001111",
    "guardian's e-mail": "guardian.of@example.org",
    "child's sign-in name": "childs-own-login",
    "mentor's phone": "13700002222",
    "mentor's e-mail": "mentor.of@example.org",
    "certificate's number": "ZS-20081",
    "mentor's vetting": "2031-07-08",
    "what was said": "老师好！",
    "summary": "分数的加减法。",
    "held message": "加我微信",
    "foreign child": "欧阳远在天边",
    "foreign mentor": "司马近在眼前",
}
BIRTH = re.compile(r"2012年3月9日|March 9, 2012|9 March 2012")
VETTED = re.compile(r"2031年7月8日|July 8, 2031|8 July 2031")


def hide(world: World) -> None:
    """Puts the secrets where they belong. Not at an age at which anybody reads along."""
    child = Child.objects.filter(pk=world.child.pk)
    child.update(
        needs=SECRETS["needs"], address=SECRETS["address"], birth_date=SECRETS["birth date"], priority=2
    )
    User.objects.filter(pk=world.child.user_id).update(login=SECRETS["child's sign-in name"])
    for who, of in (("guardian", world.people["guardian"]), ("mentor", world.mentor.user)):
        assert of is not None
        User.objects.filter(pk=of.pk).update(
            phone=SECRETS[f"{who}'s phone"], email=SECRETS[f"{who}'s e-mail"]
        )
    world.mentor.vetted_until = SECRETS["mentor's vetting"]  # type: ignore[assignment]
    world.mentor.save()
    Certificate.objects.update_or_create(
        mentor=world.mentor, kind="level 2", defaults={"number": SECRETS["certificate's number"]}
    )
    Child.objects.filter(pk=world.foreign_child.pk).update(
        name=SECRETS["foreign child"], call_name=SECRETS["foreign child"]
    )
    world.foreign_mentor.name = SECRETS["foreign mentor"]
    world.foreign_mentor.save()


def compare(answers: dict[str, dict[str, Any]]) -> None:
    """answers: by door and person. Fails with every line that the file does not say."""
    kept = read()
    now = {door: described(by_person) for door, by_person in answers.items()}
    if os.environ.get("WRITE_FIELDS"):
        text = "\n\n".join(f"{door}\n{lines}" for door, lines in sorted((kept | now).items()) if lines)
        FILE.write_text(text + "\n")
        return
    wrong = [
        f"{door}\n  is\n{lines}\n  was\n{kept.get(door)}"
        for door, lines in now.items()
        if lines != kept.get(door, "")
    ]
    assert not wrong, "\n".join([*wrong, "WRITE_FIELDS=1 writes down what is; read what changed."])


def read() -> dict[str, str]:
    if not FILE.exists():
        return {}
    sections = FILE.read_text().strip().split("\n\n")
    return {head: lines for head, _break, lines in (section.partition("\n") for section in sections)}


def described(by_person: dict[str, Any]) -> str:
    answered = {who: answer for who, answer in by_person.items() if answer.status_code < 300}
    values = {
        who: dict(paths(answer.json()))
        for who, answer in answered.items()
        if answer.headers.get("Content-Type") == "application/json"
    }
    filled = {path for of_person in values.values() for path, value in of_person.items() if value is not None}
    found = {who: findings(answer, values.get(who, {}), filled) for who, answer in answered.items()}
    groups: dict[tuple[str, ...], list[str]] = {}
    for who in PEOPLE:
        if found.get(who):
            groups.setdefault(found[who], []).append(who)
    lines = []
    for what, whos in groups.items():
        everybody = tuple(whos) == PEOPLE
        signed_in = tuple(whos) == SIGNED_IN
        lines.append(f"  {'everybody' if everybody else 'signed in' if signed_in else ', '.join(whos)}")
        for line in what:
            lines += wrap(line, 108, initial_indent="    ", subsequent_indent="      ", **UNBROKEN)
    return "\n".join(lines)


def findings(answer: Any, values: dict[str, Any], filled: set[str]) -> tuple[str, ...]:
    """A field that is null for this person and not for others is written `field=null`."""
    lines = []
    kind = answer.headers.get("Content-Type", "")
    text = answer.content.decode("utf-8", "ignore") if kind.startswith(("text/", "application/json")) else ""
    if kind == "application/json":
        hidden = {path for path, value in values.items() if value is None and path in filled}
        lines.append(" ".join(f"{path}=null" if path in hidden else path for path in sorted(values)))
        text = json.dumps(answer.json(), ensure_ascii=False)
    text = VETTED.sub("2031-07-08", BIRTH.sub("2012-03-09", text))
    digits = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
    secrets = [
        name
        for name, word in SECRETS.items()
        if any(form in text + digits for form in (word, json.dumps(word)[1:-1]))
    ]
    if secrets:
        lines.append(f"! {', '.join(secrets)}")
    return tuple(line for line in lines if line)


def paths(value: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every field with its value; of many rows those that are null come first, so that a filled one wins."""
    if isinstance(value, dict) and value and not _is_a_map(value):
        for key, part in value.items():
            yield from paths(part, f"{before}.{key}".strip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        rows = [pair for part in value for pair in paths(part, f"{before}[]")]
        yield from sorted(rows, key=lambda pair: pair[1] is not None)
    elif before:
        yield before, value


def _is_a_map(value: dict[str, Any]) -> bool:
    """Its keys are data, not fields."""
    return any(not re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in value)
