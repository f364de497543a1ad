"""The seam for looking at words before they are committed: hold them for a person, or mask a part."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError

from chat.protocol import Side

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """s: its number, once it has one."""

    room: int
    side: Side
    cid: str
    body: str
    s: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    reason: str


@dataclass(frozen=True, slots=True)
class Mask:
    body: str


Verdict = Hold | Mask | None
Check = Callable[[Words], Verdict]
Memory = dict[str, Any]
Heard = Callable[[list[Words], Memory], None]
Unheard = Callable[[list[Words]], None]
Details = Callable[[str], list[str]]
GoesOn = Callable[[int, datetime, "Words | None"], bool]
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

_checks: list[Check] = []
_heard: list[Heard] = []
_unheard: list[Unheard] = []
_details: list[Details] = []
_goes_on: list[GoesOn] = []


def register(check: Check) -> None:
    """Called from an app's ready(). Runs before the transaction, in the writer's thread: it must be quick.

    A check that fails lets the words pass: a fault in a filter must not silence a child. But one that can't read
    the database is asked again, as nothing can be written then either.
    """
    _checks.append(check)


def register_heard(heard: Heard) -> None:
    """Called inside the transaction with every message that is committed or held in it, as it was said.

    Besides with what the thread that commits keeps from one batch to the next for those who listen, by their names.
    """
    _heard.append(heard)


def register_unheard(unheard: Unheard) -> None:
    """Called inside the transaction with what a child said where nobody may write: it is kept nowhere."""
    _unheard.append(unheard)


def register_details(details: Details) -> None:
    """Asked what an adult may not write where a child reads it, as the kinds in words for people."""
    _details.append(details)


def register_goes_on(goes_on: GoesOn) -> None:
    """Asked only where a conversation would be cut, or told to rest: must it go on, with these words or without?"""
    _goes_on.append(goes_on)


def goes_on(room: int, now: datetime, words: Words | None = None) -> bool:
    """A child in danger is talking: neither hours nor minutes nor holds end that."""
    return any(_safely(lambda ask: ask(room, now, words), must) for must in _goes_on)


def details_in(body: str) -> list[str]:
    """The kinds of what would be held in ``body`` for leading to a person outside the room. Holds nothing."""
    return [kind for details in _details for kind in _safely(details, body) or []]


def look_at(words: Words) -> Verdict:
    """The first hold wins; masks add up."""
    body = words.body
    for check in _checks:
        verdict = _safely(check, Words(words.room, words.side, words.cid, body))
        if isinstance(verdict, Hold):
            return verdict
        if isinstance(verdict, Mask):
            body = verdict.body
    return None if body == words.body else Mask(body)


def _safely(check: Callable[[Asked], Answer], words: Asked) -> Answer | None:
    try:
        return check(words)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        log.error("a check of words failed: %s", type(error).__name__)
        return None


def tell_heard(words: list[Words], memory: Memory) -> None:
    for heard in _heard:
        heard(words, memory)


def tell_unheard(words: list[Words]) -> None:
    for unheard in _unheard:
        unheard(words)
