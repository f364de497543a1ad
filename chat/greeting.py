"""The first and the last frame of a connection, and what it is told in between that has no number."""

import secrets
from collections.abc import Iterator

from django.utils import translation

from chat.access import readers_in_words
from chat.protocol import (
    LIMITS,
    Bye,
    ByeWhy,
    Close,
    Held,
    Member,
    OpenSession,
    Presence,
    PresenceState,
    ReadBy,
    ServerFrame,
    Side,
    Warn,
    Welcome,
    farewell,
)
from chat.reading import Details, Place, RoomNow

BYES = {Close.OVERLOADED: ByeWhy.OVERLOADED, Close.RESTART: ByeWhy.RESTART}
SOONEST_MS, SPREAD_MS = 1000, 2000  # not everybody comes back at once


def welcome(place: Place, now: RoomNow, details: Details, *, reset: bool) -> Welcome:
    names = place.names
    with translation.override(place.language):
        readers = readers_in_words(names[Side.MENTOR], names[Side.CHILD], details.parents)
    return Welcome(
        epoch=now.epoch,
        you=place.side,
        members=tuple(
            Member(side, names[side], PresenceState.HERE if side in details.here else PresenceState.AWAY)
            for side in Side
        ),
        last=now.last,
        session=None if details.session is None else OpenSession(*details.session),
        readers=readers,
        limits=LIMITS,
        reset=reset,
    )


def news(side: Side, before: Details, now: Details) -> Iterator[ServerFrame]:
    """What this side is told of the change from one to the other."""
    other = side.other
    if (other in before.here) != (other in now.here):
        yield Presence(other, PresenceState.HERE if other in now.here else PresenceState.AWAY)
    for cid, state in now.held.get(side, {}).items():
        if before.held.get(side, {}).get(cid) != state:
            yield Held(cid, state)
    if side is Side.CHILD and now.mentor_read > before.mentor_read:
        yield ReadBy(Side.MENTOR, now.mentor_read)
    if now.warned_end is not None and now.warned_end != before.warned_end:
        yield Warn(now.warned_end)


def last_words(code: Close, detail: str) -> ServerFrame | None:
    if code in BYES:
        return Bye(BYES[code], SOONEST_MS + secrets.randbelow(SPREAD_MS))
    return farewell(code, detail)
