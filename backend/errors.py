"""Every refusal: one table from the kind of refusal to its HTTP status and its socket close code.

Pure. Each door (pages, REST, sockets) turns a Refusal into its own words; none makes up a status.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Kind:
    """http: status of pages and REST.  close: WebSocket close code (daphne sends 1000 and 3000-4999)."""

    http: int
    close: int


NOT_SIGNED_IN = Kind(http=401, close=4401)
NOT_YOURS = Kind(http=404, close=4404)
NOT_NOW = Kind(http=403, close=4403)
CONFLICT = Kind(http=409, close=4409)
INVALID = Kind(http=400, close=4400)
TOO_BIG = Kind(http=413, close=4413)
TOO_FAST = Kind(http=429, close=4429)
ENDED = Kind(http=410, close=4410)
OVERLOADED = Kind(http=503, close=4013)


class Refusal(Exception):
    """A rule said no. ``message`` is for the person who asked, in their language.

    code:   stable, machine-readable, dotted.
    facts:  plain values a page may list (rows, fields), never shown to others than the asker.
    """

    kind: ClassVar[Kind] = INVALID
    code: ClassVar[str] = "refused"

    def __init__(self, message: Any, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return str(self.message)


class NotYours(Refusal):
    """Missing and forbidden look alike, so the message never says which it was."""

    kind, code = NOT_YOURS, "not_found"

    def __init__(self, message: Any = "Not found.") -> None:
        super().__init__(message)


class NotNow(Refusal):
    kind, code = NOT_NOW, "not_now"


class Conflict(Refusal):
    kind, code = CONFLICT, "conflict"


class Invalid(Refusal):
    kind, code = INVALID, "invalid"


class TooBig(Refusal):
    kind, code = TOO_BIG, "too_big"
