"""The pictures of every page: the tour leaves none out, and the index shows what was seen."""

import re

from django.urls import resolve

from backend.web.screens.index import written
from backend.web.screens.tour import PARTS, Stop, pattern, stops
from tests.api.test_page_walk import TABLE

# The steps of a coordinator's evening, which pictures them where they stand.
IN_THE_EVENING = {
    "imports",
    "import",
    "readiness",
    "rounds",
    "round",
    "exceptions",
    "proposals",
    "change",
    "comparison",
    "edits",
    "publish",
}
FILES = {
    "calendar",
    "calendar_feed",
    "export",
    "export_meetings",
    "export_pairs",
    "import_template",
    "invitation_file",
    "manifest",
    "worker",
}
PARTS_OF_PAGES = {"help_offered", "round_progress", "standing"}
# Forms of one step that look like the others, and what this city has nobody for.
OTHERS = {
    "ask_in_emergency",
    "bring_in",
    "changes",
    "end_pairing",
    "family",
    "first_exceptions",
    "import_row",
    "leave_note",
    "second_step",
    "step_into",
    "wanted",
}


def name_of(step: str) -> str:
    return resolve(re.sub(r"\bN\b", "1", step).replace("NAME", "left")).url_name or ""


def test_the_tour_leaves_no_page_out() -> None:
    pages = {name for name, (methods, _who) in TABLE.items() if "get" in methods}
    toured = {name_of(stop.way[-1]) for stop in stops()}
    assert pages - toured == IN_THE_EVENING | FILES | PARTS_OF_PAGES | OTHERS


def test_stops_have_a_name_of_their_own_and_words_in_both_languages() -> None:
    seen = stops()
    assert len({(stop.role, stop.name) for stop in seen}) == len(seen)
    assert {stop.role for stop in seen} | {"evening", "ill"} == set(PARTS)
    assert all(
        re.search(r"[\u4e00-\u9fff]", stop.zh) and not re.search(r"[\u4e00-\u9fff]", stop.en) for stop in seen
    )


def test_a_step_follows_links_of_its_kind_only() -> None:
    assert pattern("/rooms/N/").fullmatch("/rooms/31/")
    assert not pattern("/rooms/N/").fullmatch("/rooms/31/end/")
    assert pattern("/today/NAME/").fullmatch("/today/missed_meetings/")


def test_the_index_shows_each_picture_by_role() -> None:
    seen = [
        Stop("child", "home", ("/",), "首页", "Home", dark=True),
        Stop("lead", "case", ("/",), "个案", "Case"),
    ]
    index = written(seen)
    assert re.findall(r'src="([^"]+)"', index) == [
        *(f"child-home-{rest}.webp" for rest in ("zh-phone", "zh-desk", "en-phone", "en-desk")),
        *(f"child-home-zh-{kind}-dark.webp" for kind in ("phone", "desk")),
        *(f"lead-case-{rest}.webp" for rest in ("zh-phone", "zh-desk", "en-phone", "en-desk")),
    ]
    order = [index.index(words) for words in ("## 孩子 · The child", "**首页**", "## 安全负责人", "**个案**")]
    assert order == sorted(order)
