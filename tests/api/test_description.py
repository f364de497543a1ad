"""The API's description: valid, without warnings, with a title for everything, and shown offline."""

import gettext
import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from backend import api


@pytest.fixture(scope="module")
def schema() -> dict:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def test_every_operation_has_a_title_and_says_how_it_refuses(schema: dict) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)
            if path.endswith("/session/"):
                continue
            assert "401" in operation["responses"], (method, path)
            if method != "get":
                assert "403" in operation["responses"], (method, path)


def test_names_are_clean(schema: dict) -> None:
    names = set(schema["components"]["schemas"])
    assert {"Role", "RoundState", "UploadState", "LockKind", "EndReason"} <= names
    assert not [
        name for name in names if re.search(r"\d|[a-z]Enum$", name) and name not in ("BlankEnum", "NullEnum")
    ]


def test_every_list_is_paged_and_filtered(schema: dict) -> None:
    lists = {path: got["get"] for path, got in schema["paths"].items() if "get" in got}
    paged = {
        path: {parameter["name"] for parameter in operation.get("parameters", ())}
        for path, operation in lists.items()
        if "count" in json.dumps(schema_of(schema, operation))
    }
    assert len(paged) == 25
    assert all({"page", "page_size"} <= names for names in paged.values())
    unfiltered = [path for path, names in paged.items() if len(names - {"page", "page_size"}) < 1]
    assert unfiltered == []


def schema_of(schema: dict, operation: dict) -> dict:
    content = operation["responses"]["200"].get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return schema["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {}).get("properties", {})


def test_the_docs_page_needs_no_other_site_and_no_inline_script(db: None) -> None:
    page = Client().get("/api/v1/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<style" not in text and not re.search(r"<script>", text)
    assert not re.search(r"""(?:src|href)="(?:https?:)?//""", text)
    script = re.search(r'src="([^"]+script[^"]*)"', text)
    assert script, text
    answer = Client().get(script[1].replace("&amp;", "&"))
    assert answer.status_code == 200 and "SwaggerUIBundle" in answer.content.decode()
    assert "'unsafe" not in page.headers["Content-Security-Policy"]


def test_the_chinese_catalogue_is_complete_and_compiled() -> None:
    home = Path(api.__file__).parent
    folder = home / "locale/zh_Hans/LC_MESSAGES"
    source = (folder / "django.po").read_text()
    assert "fuzzy" not in source
    entries = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', source, re.M)
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert [msgid for msgid, text in entries if not text or compiled.gettext(msgid) != text] == []
    found = set()
    for path in home.rglob("*.py"):
        found |= set(re.findall(r'\b_\(\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)', path.read_text()))
    assert found == {msgid for msgid, _text in entries}


@pytest.mark.parametrize(
    "address", ["nowhere/", "mentors/-1/", "mentors/1%0A/active/", "rooms/%00/redactions/"]
)
def test_an_address_that_nothing_has_is_refused_as_json(address: str) -> None:
    answer = Client().get(f"/api/v1/{address}")
    assert answer.status_code == 401 and set(answer.json()) == {"code", "detail", "facts"}
