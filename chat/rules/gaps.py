"""Numbers with some left out, closed up again: who may not see them can't see that they are missing. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]  # first and last number, both included


@dataclass(frozen=True, slots=True)
class Gaps:
    """spans: in order, none touching the next. Empty: every number is its own."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[Span], but: Iterable[int] = ()) -> "Gaps":
        """All numbers of the spans except those in ``but``."""
        joined: list[Span] = []
        for first, last in sorted(spans):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        for s in but:
            joined = [part for span in joined for part in _split(span, s)]
        return cls(tuple(joined))

    def from_on(self, lowest: int) -> "Gaps":
        """Only those from a number on: what lies below it keeps its numbers."""
        return Gaps(tuple((max(first, lowest), last) for first, last in self.spans if last >= lowest))

    def hides(self, s: int) -> bool:
        return any(first <= s <= last for first, last in self.spans)

    def shown(self, s: int) -> int:
        """How many numbers up to ``s`` are left: the number under which ``s`` is shown."""
        return s - sum(min(s, last) - first + 1 for first, last in self.spans if first <= s)

    def real(self, number: int) -> int:
        """The number that is shown as ``number``."""
        for first, last in self.spans:
            if number >= first:
                number += last - first + 1
        return number


def _split(span: Span, s: int) -> list[Span]:
    first, last = span
    if not first <= s <= last:
        return [span]
    return [part for part in ((first, s - 1), (s + 1, last)) if part[0] <= part[1]]
