"""A bucket that fills by the clock."""


class Bucket:
    """rate: tokens a second.  burst: most of them.  The time is given, in seconds of any clock."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._level, self._at = burst, now

    def take(self, now: float) -> bool:
        self._fill(now)
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def wait(self, now: float) -> float:
        """Seconds until the next one can be taken."""
        self._fill(now)
        return max(0.0, (1 - self._level) / self.rate)

    def is_full(self, now: float) -> bool:
        self._fill(now)
        return self._level >= self.burst

    def _fill(self, now: float) -> None:
        self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = max(self._at, now)
