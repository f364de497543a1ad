"""A page's forms as a browser without scripts sends them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client


@dataclass
class Form:
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str, str]] = field(default_factory=list)  # words, name, value, formaction


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.open: Form | None = None
        self.button: dict[str, str] | None = None
        self.select = ""
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(given.get("action", ""))
            self.found.append(self.open)
        elif self.open is None:
            return
        elif tag == "input" and "name" in given and given.get("type") not in ("file", "submit"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.open.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self.select = given["name"]
        elif tag == "option" and "selected" in given:
            self.open.fields.append((self.select, given.get("value", "")))
        elif tag == "button":
            self.button, self.words = given, ""

    def handle_data(self, data: str) -> None:
        self.words += data if self.button is not None else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "button" and self.button is not None:
            if self.open is not None:
                names = [self.button.get(each, "") for each in ("name", "value", "formaction")]
                self.open.buttons.append((" ".join(self.words.split()), names[0], names[1], names[2]))
            self.button = None


def press(client: Client, path: str, words: str, nth: int = 0, **typed: str) -> Any:
    """Presses the nth button with these words on the page at path, after typing. Gives the answer, not followed."""
    parser = _Forms()
    parser.feed(client.get(path).content.decode())
    pressed = [(form, button) for form in parser.found for button in form.buttons if button[0] == words]
    assert len(pressed) > nth, [button[0] for form in parser.found for button in form.buttons]
    form, (_words, name, value, elsewhere) = pressed[nth]
    sent: dict[str, list[str]] = {}
    for each, text in form.fields:
        sent.setdefault(each, []).append(text)
    assert set(typed) <= set(sent), (set(typed) - set(sent), set(sent))
    sent |= {each: [text] for each, text in typed.items()}
    if name:
        sent[name] = [value]
    return client.post(elsewhere or form.action or path, sent)
