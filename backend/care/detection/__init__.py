"""What stands in a message that a person should look at. Pure: text in, findings out; incomplete, and said to be.

Bounded: at most ``MOST`` characters are read, each look in some 30 ms (`manage.py bench detection` times both).
The patterns take a second to make: they are made at the first look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import ModuleType

COVER = "＊"  # stands for each character that is taken out of a message
MOST = 10_000  # characters, the newest
EARLIER = 10  # messages of the same sender that are read together with the new one


class Kind(StrEnum):
    PHONE = "phone"
    QQ = "qq"
    WECHAT = "wechat"
    MAIL = "mail"
    LINK = "link"
    OFF_PLATFORM = "off_platform"
    MEETING = "meeting"
    SECRECY = "secrecy"
    PHOTOS = "photos"


@dataclass(frozen=True, slots=True)
class Found:
    """[start, end) in the original text."""

    kind: Kind
    start: int
    end: int


# What leads to a person outside the room, and is masked when a child says it.
DETAILS = frozenset({Kind.PHONE, Kind.QQ, Kind.WECHAT, Kind.MAIL, Kind.LINK})


class Sign(StrEnum):
    WISH_TO_DIE = "S1"
    PLAN_OR_MEANS = "S2"
    SELF_HARM = "S3"
    HOPELESS = "H1"
    VIOLENCE_AT_HOME = "A1"
    SEXUAL_HARM = "A2"
    BULLYING = "B1"
    FEAR_FOR_PARENT = "F1"


@cache
def _look() -> ModuleType:
    from backend.care.detection import look

    return look


def contacts(body: str, earlier: Sequence[str] = (), *, phrases: bool = True) -> list[Found]:
    """Ways to meet outside the room, in ``body`` alone or together with what its sender said before it.

    earlier: the sender's last messages, the oldest first.  Places are those in ``body``.
    phrases: also what shows no number, name or link; without them there are DETAILS only.
    """
    found: list[Found] = _look().contacts(body, earlier, phrases=phrases)
    return found


def danger(body: str, earlier: Sequence[str] = ()) -> frozenset[Sign]:
    """Signs of danger in ``body``, alone or as the end of what its sender said before it."""
    signs: frozenset[Sign] = _look().danger(body, earlier)
    return signs


def may_continue(body: str) -> bool:
    """Whether ``body`` begins like the rest of a number or of a name: only then what came before matters."""
    return bool(_look().may_continue(body))


def masked(body: str, found: Sequence[Found]) -> str:
    """``body`` with every way out of the room covered: the same length, nothing else changed."""
    return str(_look().masked(body, found))
