"""The docs name only what there is (modules and what is in them, files, commands, addresses) and link to what is there."""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import Resolver404, resolve

from backend.duties import ticker
from matching.states import MOVES
from tests.chat.served import ROOT

PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "bench/README.md"])
HOUSES = {"backend", "matching", "chat", "bench"}
ROOMS = {path.stem for path in (ROOT / "backend").iterdir()}
MARKED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./-]*\w\.(?:py|js|css|html|txt|md|toml|in)")


@cache
def files() -> list[str]:
    tops = [*HOUSES, "tests", "docs"]
    below = [path for top in tops for path in (ROOT / top).rglob("*") if path.is_file()]
    return [f"/{path.relative_to(ROOT).as_posix()}" for path in [*ROOT.iterdir(), *below]]


@cache
def words() -> set[str]:
    """Every word of the code, its pages and tests, and the tables of the database."""
    code = (name for name in files() if FILE.fullmatch(name) and not re.search("^/docs/|/migrations/", name))
    said = {word for name in code for word in re.findall(r"\w+", (ROOT / name[1:]).read_text("utf-8"))}
    return said | {model._meta.db_table for model in apps.get_models()}


def is_there(name: str) -> bool:
    """A module, or something in one, a class's field included. `care.alerts` stands for `backend.care.alerts`."""
    first, *_ = parts = name.split(".")
    if first not in HOUSES:
        parts = ["backend", *parts]
    found = import_module(parts[0])
    for number, part in enumerate(parts[1:], 2):
        if not hasattr(found, part):
            try:
                found = import_module(".".join(parts[:number]))
            except ImportError:
                return part in getattr(found, "__annotations__", {}) and number == len(parts)
        else:
            found = getattr(found, part)
    return True


def names_nothing(said: str) -> bool:
    if said.startswith("/"):
        try:
            resolve(said)
        except Resolver404:
            return said not in ("/help/", "/ready/", "/ws/")
        return False
    if FILE.fullmatch(said):
        return not any(name.endswith(f"/{said.lstrip('./')}") for name in files())
    if command := re.match(r"(?:python3? |\.venv/bin/python )?manage\.py ([a-z_]+)", said):
        commands = {name for name in files() if name.endswith(f"/commands/{command[1]}.py")}
        return not commands and command[1] != "tests"
    if re.fullmatch(r"[a-z]\w*(\.\w+)+", said) and said.split(".")[0] in HOUSES | ROOMS:
        return not is_there(said) and said not in {duty.name for duty in ticker.registered()}
    return bool(re.fullmatch(r"\w+_\w+", said)) and said not in words()


def anchors(page: Path) -> set[str]:
    """As the usual sites make them of headings, and those that are set."""
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return set(re.findall(r'<a id="([^"]+)"', text)) | {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    marked = dict.fromkeys(MARKED.findall(re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)))
    assert [said for said in marked if names_nothing(said)] == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs/screens/README.md"], ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    pictures = [(name, "") for name in re.findall(r'<img src="([^"]+)"', text)]
    for name, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text) + pictures:
        there = page.parent / name if name else page
        assert there.exists() and (not anchor or anchor in anchors(there)), f"{name}#{anchor}"


def test_the_diagram_of_a_round_has_its_moves() -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+)", (ROOT / "docs/rounds.md").read_text("utf-8"), re.M)
    assert sorted(drawn) == sorted((old, new) for old, following in MOVES.items() for new in following)
