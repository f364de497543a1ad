"""What every answer must say to the browser, and what no page may hold."""

import re
from typing import Any

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "connect-src": "'self'",
}
# Data in a script element is not run; everything else that is would be stopped by the policy.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style\b|\sstyle=|\son\w+=|\shx-on|javascript:",
    re.I,
)
ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""", re.I)


def check_hardened(answer: Any) -> None:
    headers, at = answer.headers, answer.request["PATH_INFO"]
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in headers["Content-Security-Policy"].split(";")
        if part.strip()
    )
    assert "unsafe" not in headers["Content-Security-Policy"], at
    for directive, value in DIRECTIVES.items():
        assert policy[directive].split()[0] == value, (at, directive, policy.get(directive))
    assert "*" not in headers["Content-Security-Policy"], at
    assert headers["X-Content-Type-Options"] == "nosniff", at
    assert headers["X-Frame-Options"] == "DENY", at
    assert headers["Referrer-Policy"] == "same-origin", at
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", at
    assert headers["Cache-Control"] == "no-store", at
    assert (
        "camera=()" in headers["Permissions-Policy"] and "microphone=()" in headers["Permissions-Policy"]
    ), at
    if headers.get("Content-Type", "").startswith("text/html"):
        page = answer.content.decode()
        assert not INLINE.search(page), (at, INLINE.search(page))
        assert not ELSEWHERE.search(page), (at, ELSEWHERE.search(page))
