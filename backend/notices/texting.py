"""SMS: one address to which each is posted, or in the demonstration a folder that a page shows.

Never the log: a number and a sentence are about somebody.
"""

import json
import urllib.request
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

TIMEOUT = 5  # seconds
SHOWN = 50


def available() -> bool:
    return bool(settings.SMS_URL or settings.SMS_FOLDER)


def send(*, token: str, phone: str, text: str) -> None:
    """Raises OSError unless it was taken. The same token is the same SMS, however often it is sent."""
    said = {"token": token, "phone": phone, "text": text}
    if settings.SMS_URL:
        post_json(settings.SMS_URL, said, timeout=TIMEOUT)
        return
    settings.SMS_FOLDER.mkdir(parents=True, exist_ok=True)
    draft = settings.SMS_FOLDER / f"{token}.draft"
    draft.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    draft.replace(draft.with_suffix(".json"))


class _StaysHere(urllib.request.HTTPRedirectHandler):
    """Who is sent elsewhere would go there with a GET, without what was said, and take its answer for a yes."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_opener = urllib.request.build_opener(_StaysHere)


def post_json(url: str, said: dict[str, Any], *, timeout: float) -> None:
    """To an address of the programme's own. Raises OSError unless it answers 2xx itself."""
    request = urllib.request.Request(  # noqa: S310  http(s) only, see backend.env
        url, json.dumps(said).encode(), {"Content-Type": "application/json"}
    )
    with _opener.open(request, timeout=timeout) as answer:
        answer.read()


def kept() -> list[dict[str, Any]]:
    """The newest of the demonstration, with ``at``."""
    if settings.SMS_FOLDER is None or not settings.SMS_FOLDER.exists():
        return []
    files = sorted(settings.SMS_FOLDER.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [
        {**json.loads(file.read_text("utf-8")), "at": datetime.fromtimestamp(file.stat().st_mtime, UTC)}
        for file in files[:SHOWN]
    ]
