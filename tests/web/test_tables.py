"""The one frame of all tables."""

import re
from pathlib import Path

from django.template import Context, Template

from backend import web

TEMPLATES = Path(web.__file__).parent / "templates"


def test_no_page_builds_a_table_of_its_own():
    own = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if "<table" in path.read_text()
    }
    assert own == {"components/table.html"}


def test_headings_say_what_they_head_and_one_without_words_is_left_out():
    page = Template(
        '{% load shuangdao %}{% table name "Grade" nobody more=days act="Change" %}<tr><td>5</td></tr>{% endtable %}'
    ).render(Context({"name": "<who>", "days": ["Mon", "Tue"]}))
    assert re.findall(r'<th scope="col">(.*?)</th>', page) == [
        "Grade",
        "Mon",
        "Tue",
        '<span class="visually-hidden">Change</span>',
    ]
    assert "<caption" in page
    assert "&lt;who&gt;</caption>" in page
    assert "<td>5</td>" in page


def test_every_cell_of_a_table_that_becomes_cards_says_what_it_is():
    """Below 40rem the headings are gone; a cell without words of its own, or what can be done, needs none."""
    for path in TEMPLATES.rglob("*.html"):
        for head, body in re.findall(r"({% table [^\n]*%})(.*?){% endtable %}", path.read_text(), re.S):
            if "kind=" in head:
                continue
            silent = re.findall(r"<td>\s*(.*?)\s*</td>", body, re.S)
            for cell in silent:
                assert re.match(r'<(a|form|input|div class="row")|{% if [^%]*(state|may)', cell), (path, cell)


def test_a_card_names_its_cells_as_the_table_heads_them() -> None:
    """At either width a column has one name."""
    wrong = []
    for path in TEMPLATES.rglob("*.html"):
        for head, body in re.findall(r"({% table [^\n]*%})(.*?){% endtable %}", path.read_text(), re.S):
            heads = set(re.findall(r'_\("([^"]+)"\)', head))
            given = set(re.findall(r"data-label=\"{% translate '([^']+)' %}\"", body))
            # a heading that depends on who looks stands before the table
            given -= set(re.findall(r'{% translate "([^"]+)" as \w+ %}', path.read_text()))
            wrong += [(path.name, label) for label in given - heads]
    assert wrong == []
