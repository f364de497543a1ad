"""How far a reader may lag behind what it was sent."""

from collections import deque

from chat.protocol import LIMITS, Limits


class Credit:
    """Numbered frames sent and not yet `seen`, in count and bytes."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._sent: deque[tuple[int, int]] = deque()
        self._bytes = 0

    def has_room(self) -> bool:
        return len(self._sent) < self._limits.window_messages and self._bytes < self._limits.window_bytes

    def sent(self, s: int, size: int) -> None:
        self._sent.append((s, size))
        self._bytes += size

    def seen(self, s: int) -> bool:
        """Whether that was news."""
        before = len(self._sent)
        while self._sent and self._sent[0][0] <= s:
            self._bytes -= self._sent.popleft()[1]
        return len(self._sent) < before

    def restart(self) -> None:
        self._sent.clear()
        self._bytes = 0
