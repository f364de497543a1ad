"""Tries at something secret, slowed down: after some free ones each must wait longer than the one before.

Nobody is shut out: a wait ends by itself and has a ceiling, low where a stranger can bring it about for
somebody else. A try is counted before it is judged and given back when it was right, so that many at once
gain nothing. What was typed is counted as it is, known or not: an unknown name waits as long as a known one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from math import ceil
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from backend.accounts.models import Tries
from backend.audit import log as audit
from backend.errors import TOO_FAST, Refusal

FORGOTTEN_AFTER = timedelta(hours=1)  # without a try


@dataclass(frozen=True, slots=True)
class Pace:
    """The first wait is a second, each further one twice as long, up to ``most``."""

    free: int
    most: timedelta


# Whom a stranger can make wait: one name, from anywhere. Known devices have a count of their own instead.
NAME = Pace(free=20, most=timedelta(seconds=30))
# Who makes themselves wait.
NAME_HERE = Pace(free=5, most=timedelta(minutes=15))
# A hospital or a school has one address: many may be wrong there on one evening.
ADDRESS = Pace(free=60, most=timedelta(minutes=5))
# Only after the right password, or with an invitation in hand.
CODE = Pace(free=5, most=timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Place:
    """Where tries are counted. key: anything, kept only as a keyed hash.

    kept: stays counted when the try was right, but for this one; else it is then forgotten whole.
    """

    kind: str
    key: str
    pace: Pace
    kept: bool = False

    @property
    def hash(self) -> str:
        return salted_hmac(f"shuangdao.tries.{self.kind}", self.key, algorithm="sha256").hexdigest()


class TooManyTries(Refusal):
    """facts["seconds"]: how long to wait."""

    kind, code = TOO_FAST, "too_many_tries"

    def __init__(self, seconds: int) -> None:
        words = ngettext(
            "That was tried too often. Wait %(seconds)d second and try again.",
            "That was tried too often. Wait %(seconds)d seconds and try again.",
            seconds,
        )
        super().__init__(words % {"seconds": seconds}, seconds=seconds)


def sign_in_places(name: str, request: HttpRequest | None, *, device: str = "") -> list[Place]:
    """device: what tells this browser from others, where this person signed in with it before."""
    name, address = name.strip().lower(), address_of(request)
    if device:
        return [Place("device", f"{name} {device}", NAME_HERE)]
    return [
        Place("address", address, ADDRESS, kept=True),
        Place("name", name, NAME),
        Place("name here", f"{name} {address}", NAME_HERE),
    ]


def address_of(request: HttpRequest | None) -> str:
    """Of IPv6 the network: a household has 2^64 addresses."""
    text = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    try:
        found = ip_address(text)
    except ValueError:
        return ""
    return text if found.version == 4 else found.exploded[:19]


@transaction.atomic
def count_try(places: Iterable[Place], *, now: datetime | None = None) -> None:
    """Counts a try in every place, or raises TooManyTries and counts none.

    Not inside another transaction that may be rolled back: the count would go with it.
    """
    now = now or timezone.now()
    rows = [(place, _locked(place, now)) for place in sorted(places, key=lambda place: place.hash)]
    wait = max(row.wait_until - now for _place, row in rows)
    if wait > timedelta(0):
        raise TooManyTries(ceil(wait.total_seconds()))
    for place, row in rows:
        if now - row.tried_at > FORGOTTEN_AFTER:
            row.tries = 0
        row.tries += 1
        row.tried_at, row.wait_until = now, now + _pause(place.pace, row.tries)
        row.save()
        if row.tries == place.pace.free + 1:
            audit.record(None, "tries.slowed", at=place.kind)


def was_right(places: Iterable[Place]) -> None:
    """Gives the try back."""
    for place in places:
        with transaction.atomic():
            row = Tries.objects.select_for_update().filter(place=place.hash).first()
            if row is None:
                continue
            if place.kept and row.tries > 1:
                row.tries -= 1
                row.wait_until = row.tried_at
                row.save()
            else:
                row.delete()


def forget_old(now: datetime) -> int:
    gone, _rows = Tries.objects.filter(tried_at__lt=now - FORGOTTEN_AFTER, wait_until__lt=now).delete()
    return gone


def _locked(place: Place, now: datetime) -> Tries:
    rows = Tries.objects.select_for_update()
    row, _made = rows.get_or_create(place=place.hash, defaults={"tried_at": now, "wait_until": now})
    return row


def _pause(pace: Pace, tries: int) -> timedelta:
    over = tries - pace.free
    return min(timedelta(seconds=2 ** min(over - 1, 20)), pace.most) if over > 0 else timedelta(0)


def tried(kind: str, key: Any) -> Place:
    """A place for a code or a password asked again: whoever comes this far is past the sign-in."""
    return Place(kind, str(key), CODE)
