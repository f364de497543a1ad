"""How a child of a grade is spoken to, in one place. Pure. What depends on age stands in `backend.ages`."""

from enum import StrEnum

MIDDLE_FROM, GROWN_FROM = 4, 7


class Band(StrEnum):
    """SMALL: pictures with words, simple sentences, a voice that reads.  GROWN: as to any grown person."""

    SMALL = "small"
    MIDDLE = "middle"
    GROWN = "grown"


def band_of(grade: int) -> Band:
    if grade < MIDDLE_FROM:
        return Band.SMALL
    return Band.MIDDLE if grade < GROWN_FROM else Band.GROWN
