"""How far one connection's person has read: on its way to the record one at a time, the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat.acts import Done, MarkRead, Outcome

if TYPE_CHECKING:
    from chat.connection import Socket


class Marks:
    """However often a client says it, the writer's queue holds one."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._read = self._stored = 0
        self._under_way = False

    def read(self, s: int) -> None:
        self._read = max(self._read, min(s, self._socket.sent))
        self.go_on()

    def go_on(self) -> None:
        """Also every second: what the queue had no place for is tried again."""
        if self._read <= self._stored or self._under_way:
            return
        place = self._socket.place
        act = MarkRead(place.room, place.side, self._read)
        self._under_way = self._socket.hub.writer.put(act, lambda outcome: self._on_marked(act.s, outcome))

    def _on_marked(self, s: int, outcome: Outcome) -> None:
        self._under_way = False
        if isinstance(outcome, Done):
            self._stored = s
            self.go_on()
