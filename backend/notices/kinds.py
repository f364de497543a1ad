"""What people are told, as one table: how much it weighs, and the right that a family member needs. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    PAIRING_STARTED = "pairing_started"
    PAIRING_MOVED = "pairing_moved"
    PAIRING_ENDED = "pairing_ended"
    MEETING_MOVED = "meeting_moved"
    MEETING_CANCELLED = "meeting_cancelled"
    MEETING_ON_AGAIN = "meeting_on_again"
    MEETING_MISSED = "meeting_missed"
    SUMMARY_WRITTEN = "summary_written"
    SUMMARY_DUE = "summary_due"
    SUMMARIES_MISSING = "summaries_missing"
    HAND_OVER = "hand_over"
    READING_ASKED = "reading_asked"
    READING_ALONE = "reading_alone"
    READING_OPENED = "reading_opened"
    READING_REFUSED = "reading_refused"
    ALERT = "alert"
    CASE_WITHOUT_ANYBODY = "case_without_anybody"
    PASSWORD_RESET = "password_reset"  # noqa: S105  the name of a notice
    PASSWORD_CHANGED = "password_changed"  # noqa: S105


class Audience(StrEnum):
    """As what a person is told; the words and the right to know follow from it."""

    FAMILY = "family"  # a guardian or a carer
    CHILD = "child"
    MENTOR = "mentor"
    COORDINATOR = "coordinator"
    DUTY = "duty"  # called for an alert, whatever else they are
    SELF = "self"  # about the person's own account


class Weight(StrEnum):
    ORDINARY = "ordinary"
    REPLY = "reply"  # answers something that the person did
    SAFETY = "safety"


@dataclass(frozen=True, slots=True)
class Rule:
    """right: the policy's resource and action that a member of the family needs to be told at all."""

    weight: Weight
    right: tuple[str, str] | None = None


RULES: dict[Kind, Rule] = {
    Kind.PAIRING_STARTED: Rule(Weight.ORDINARY, ("pairing", "read")),
    Kind.PAIRING_MOVED: Rule(Weight.ORDINARY, ("pairing", "read")),
    Kind.PAIRING_ENDED: Rule(Weight.ORDINARY, ("pairing", "read")),
    Kind.MEETING_MOVED: Rule(Weight.ORDINARY, ("meeting", "read")),
    Kind.MEETING_CANCELLED: Rule(Weight.ORDINARY, ("meeting", "read")),
    Kind.MEETING_ON_AGAIN: Rule(Weight.ORDINARY, ("meeting", "read")),
    # History, not schedule: who sees the schedule only is not told that nobody met.
    Kind.MEETING_MISSED: Rule(Weight.ORDINARY, ("session", "read")),
    Kind.SUMMARY_WRITTEN: Rule(Weight.ORDINARY, ("summary", "read")),
    Kind.SUMMARY_DUE: Rule(Weight.ORDINARY),
    Kind.SUMMARIES_MISSING: Rule(Weight.ORDINARY),
    Kind.HAND_OVER: Rule(Weight.ORDINARY),
    Kind.READING_ASKED: Rule(Weight.SAFETY),
    Kind.READING_ALONE: Rule(Weight.SAFETY),
    Kind.READING_OPENED: Rule(Weight.REPLY),
    Kind.READING_REFUSED: Rule(Weight.REPLY),
    Kind.ALERT: Rule(Weight.SAFETY),
    Kind.CASE_WITHOUT_ANYBODY: Rule(Weight.SAFETY),
    Kind.PASSWORD_RESET: Rule(Weight.SAFETY, ("child", "read")),  # to a child's guardians; else one's own
    Kind.PASSWORD_CHANGED: Rule(Weight.SAFETY),
}

RATIONED_AUDIENCES = frozenset({Audience.FAMILY, Audience.CHILD})


def is_rationed(audience: Audience, weight: Weight) -> bool:
    """It counts towards the one notice a day of a family."""
    return audience in RATIONED_AUDIENCES and weight is Weight.ORDINARY
