"""The living page of components shows them all, whoever looks and in both languages."""

from pathlib import Path

from django.test import Client

from backend import web

TEMPLATES = Path(web.__file__).parent / "templates"


def test_every_component_stands_on_the_page_of_components(desk: Client) -> None:
    all_there_are = {f"components/{file.name}" for file in (TEMPLATES / "components").glob("*.html")}
    assert len(all_there_are) > 12
    shown = {template.name for template in desk.get("/components/").templates}
    assert all_there_are - shown == set()


def test_a_field_is_shown_empty_and_with_each_mistake(client: Client, db: None) -> None:
    page = client.get("/components/").content.decode()
    assert page.count('aria-invalid="true"') == 2, "a number out of bounds, and words that are missing"
