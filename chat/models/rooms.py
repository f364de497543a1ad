"""A room and its record. Rows are never deleted; a body may be erased."""

import secrets
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chat.protocol import EventKind, Side
from matching.models import Pairing

MSG = "msg"
SIDES = [(side.value, side.value) for side in Side]
KINDS = [MSG, *(kind.value for kind in EventKind)]
# A room's columns that say since when: while one of them is set, nobody may write in it.
STOPS = ("frozen_at", "shut_at", "looked_for_at")


def new_epoch() -> str:
    return secrets.token_urlsafe(6)


class Gate(models.TextChoices):
    """What a live room needs besides its pairing; the first that is missing shuts it."""

    CONSENT = "consent", _("a guardian's consent")
    TAKING_PART = "taking_part", _("child and mentor taking part")
    VETTING = "vetting", _("the mentor's vetting")
    CERTIFICATE = "certificate", _("the wellbeing mentor's certificate")


class Rooms(models.QuerySet["Room"]):
    def with_people(self) -> "Rooms":
        return self.select_related("pairing__child__user", "pairing__mentor__user")

    def to_enter(self) -> "Rooms":
        """Of rooms and people only what the door asks for, for whoever comes."""
        people = ("child", "mentor")
        names = [f"pairing__{one}__{field}" for one in people for field in ("user", "name")]
        return self.select_related("pairing__child", "pairing__mentor").only(
            "ended_at",
            *STOPS,
            "pairing__role",
            "pairing__ended_at",
            "pairing__child__call_name",
            *names,
        )

    def live(self) -> "Rooms":
        return self.filter(pairing__ended_at=None)


class Room(models.Model):
    """Where the two of a pairing talk.

    epoch:     changes only when a backup is restored.
    last_s:    the number of the newest event; whoever writes locks this row, so numbers have no gaps.
    stamp:     counts changes that have no number (presence, reading, holds, warnings, freezing).
    frozen_at: by a safeguarding lead.  shut_by, shut_at: the gate that is missing, and since when.
    looked_for_at: since when it waits for a person to look at its holds (`chat.holds`).
    understood_at: when the child said that it has read who can read here (`chat.explaining`).
    closed_at: when the end of the last session was decided.
    ended_at:  the pairing's end, here too: a writer that waited for the lock rereads only this row.
    """

    pairing = models.OneToOneField(Pairing, on_delete=models.PROTECT, related_name="room")
    epoch = models.CharField(max_length=64, default=new_epoch)
    last_s = models.BigIntegerField(default=0)
    stamp = models.BigIntegerField(default=0)
    frozen_at = models.DateTimeField(null=True)
    shut_by = models.CharField(max_length=11, choices=Gate, blank=True)
    shut_at = models.DateTimeField(null=True)
    looked_for_at = models.DateTimeField(null=True)
    understood_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = Rooms.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_s__gte=0), name="a_room_counts_from_nothing"),
            models.CheckConstraint(condition=~Q(epoch=""), name="a_room_has_an_epoch"),
            models.CheckConstraint(
                condition=Q(shut_by="", shut_at=None) | (~Q(shut_by="") & Q(shut_at__isnull=False)),
                name="a_shut_room_says_by_what_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"room {self.pk}"

    @property
    def ended(self) -> bool:
        return self.ended_at is not None or self.pairing.ended_at is not None

    @property
    def frozen(self) -> bool:
        """Nobody may write in it now, though its pairing lives."""
        return self.frozen_since is not None

    @property
    def frozen_since(self) -> datetime | None:
        """While it is frozen."""
        return min(filter(None, (getattr(self, stop) for stop in STOPS)), default=None)

    def seems_frozen_to(self, user: models.Model) -> bool:
        """Needs with_people(). A missing gate everybody may know; a lead's freezing, or that
        its holds are to be looked at, only the two.
        """
        return self.frozen if self.side_of(user) is not None else self.shut_by != ""

    def side_of(self, user: models.Model) -> Side | None:
        """Needs with_people()."""
        if self.pairing.mentor.user_id == user.pk:
            return Side.MENTOR
        if self.pairing.child.user_id == user.pk:
            return Side.CHILD
        return None


# Where a constraint or an index begins with the room, one for the room alone is only paid for.
def _of_a_room(related_name: str) -> models.ForeignKey[Room, Room]:
    return models.ForeignKey(Room, on_delete=models.PROTECT, related_name=related_name, db_index=False)


class Event(models.Model):
    """One number of a room: a message, or something that happened to it.

    body:  None once redacted or past its time.  facts: what an event says besides s, kind and at.
    said_at: when it was said, if it was held first; ``at`` is then its release.
    """

    room = _of_a_room("events")
    s = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    sender = models.CharField(max_length=6, choices=SIDES, blank=True)
    cid = models.UUIDField(null=True)
    body = models.TextField(null=True)
    masked = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    said_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["room", "s"]
        constraints = [
            models.UniqueConstraint(fields=["room", "s"], name="a_number_stands_once_in_a_room"),
            models.UniqueConstraint(
                fields=["room", "sender", "cid"],
                condition=Q(cid__isnull=False),
                name="a_cid_is_used_once_for_ever",
            ),
            models.CheckConstraint(condition=Q(s__gte=1), name="numbers_begin_with_one"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="an_event_is_of_a_known_kind"),
            models.CheckConstraint(
                condition=Q(kind=MSG, cid__isnull=False, sender__in=[side.value for side in Side])
                | (~Q(kind=MSG) & Q(cid=None, sender="", body=None)),
                name="a_message_has_a_sender_and_a_cid",
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.s} of room {self.room_id}"


class Original(models.Model):
    """The words of a masked or redacted message, kept apart for a case. Shown in no room and on no page."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="original")
    body = models.TextField()

    def __str__(self) -> str:
        return f"original {self.pk}"


class Held(models.Model):
    """A message that waits for a person to look at it. Released, it is an Event with the same cid."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        REFUSED = "refused", _("refused")
        RELEASED = "released", _("released")

    room = _of_a_room("held")
    sender = models.CharField(max_length=6, choices=SIDES)
    cid = models.UUIDField()
    body = models.TextField()
    reason = models.CharField(max_length=40, blank=True)
    said_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    decided_at = models.DateTimeField(null=True)
    event = models.OneToOneField(Event, null=True, on_delete=models.PROTECT, related_name="held")

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "held"
        constraints = [
            models.UniqueConstraint(fields=["room", "sender", "cid"], name="a_held_cid_stands_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="a_decided_hold_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state="released") ^ Q(event=None), name="a_released_hold_has_its_event"
            ),
        ]

    def __str__(self) -> str:
        return f"held {self.pk}"


class Attendance(models.Model):
    """One connection: from, last seen, until, why. token: its name in the process that holds it."""

    class Why(models.TextChoices):
        LEFT = "left", _("left")
        LOST = "lost", _("lost")
        REPLACED = "replaced", _("replaced")
        REVOKED = "revoked", _("revoked")

    room = _of_a_room("attendance")
    side = models.CharField(max_length=6, choices=SIDES)
    token = models.UUIDField(unique=True)
    since = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    why = models.CharField(max_length=8, choices=Why, blank=True)

    class Meta:
        ordering = ["since", "pk"]
        verbose_name_plural = "attendance"
        indexes = [
            models.Index(fields=["room", "until"], name="attendance_of_a_room"),
            models.Index(fields=["last_seen_at"], condition=Q(until=None), name="attendance_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None, why="") | (Q(until__isnull=False) & ~Q(why="")),
                name="a_closed_connection_says_why",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("since")) & (Q(until=None) | Q(until__gte=F("since"))),
                name="a_connection_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"attendance {self.pk}"


class ReadMark(models.Model):
    """How far somebody has read. Only the mentor's is ever shown."""

    room = _of_a_room("read_marks")
    side = models.CharField(max_length=6, choices=SIDES)
    s = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "side"], name="one_read_mark_a_person"),
        ]

    def __str__(self) -> str:
        return f"read mark {self.pk}"
