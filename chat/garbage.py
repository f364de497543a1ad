"""When a serving process looks for garbage: a full look stops everybody, for 0.2 s with 1,400 connections.

Python looks through everything again and again while connections come, though nothing has gone. What goes in
circles is connections, so they are counted.
"""

import gc
import time

YOUNG = 10_000  # objects between two looks at the newest
NEVER = 1_000_000_000
FEWEST = 500  # connections
HOUR = 3600.0


def spare_what_stays() -> None:
    """What the process has loaded is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, NEVER)


class Sweeper:
    """Looks when as many connections have gone as are here, and once an hour for all else."""

    def __init__(self) -> None:
        self._gone, self._at = 0, time.monotonic()

    def sweep(self, *, here: int, gone: int) -> bool:
        """here: connections.  gone: since the process began.  Whether it looked."""
        now = time.monotonic()
        if gone - self._gone < max(FEWEST, here) and now - self._at < HOUR:
            return False
        gc.collect()
        self._gone, self._at = gone, now
        return True
