"""The first and the last frame of a connection."""

import secrets

from django.utils import translation

from chat.access import readers_in_words
from chat.protocol import (
    LIMITS,
    Bye,
    ByeWhy,
    Close,
    Member,
    OpenSession,
    PresenceState,
    ServerFrame,
    Side,
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


def last_words(code: Close, detail: str) -> ServerFrame | None:
    if code in BYES:
        return Bye(BYES[code], SOONEST_MS + secrets.randbelow(SPREAD_MS))
    return farewell(code, detail)
