"""How far a reader may lag behind what it was sent."""

from chat.protocol import LIMITS, Limits


class Credit:
    """Numbered frames sent and not yet `seen`, in count and bytes."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._sent: list[tuple[int, int]] = []
        self._bytes = 0

    def has_room(self) -> bool:
        return len(self._sent) < self._limits.window_messages and self._bytes < self._limits.window_bytes

    def sent(self, s: int, size: int) -> None:
        self._sent.append((s, size))
        self._bytes += size

    def seen(self, s: int) -> bool:
        """Whether that was news."""
        got = 0
        while got < len(self._sent) and self._sent[got][0] <= s:
            self._bytes -= self._sent[got][1]
            got += 1
        del self._sent[:got]
        return got > 0

    def restart(self) -> None:
        self._sent.clear()
        self._bytes = 0
