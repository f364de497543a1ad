"""Who of a child's family reads along in a room."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.models.rooms import Room


class Reader(models.Model):
    """A guardian of the child who reads along in an academic room, or asks to.

    why:    the child's age, or its agreement.  from_s: the room has shown it from this number on, and nothing
    before is read.  It is a right only together with the rules of today: `chat.reading_along`.
    """

    class Why(models.TextChoices):
        AGE = "age", _("the child is under eight")
        AGREED = "agreed", _("the child agreed")

    class State(models.TextChoices):
        ASKED = "asked", _("the child is asked")
        READING = "reading", _("reads along")
        OVER = "over", _("over")

    class End(models.TextChoices):
        REFUSED = "refused", _("the child said no")
        TAKEN_BACK = "taken_back", _("the child took it back")
        GIVEN_UP = "given_up", _("the guardian gave it up")
        LOST = "lost", _("not allowed any more")

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="readers")
    guardian = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=6, choices=Why)
    state = models.CharField(max_length=7, choices=State)
    end = models.CharField(max_length=10, choices=End, blank=True)
    from_s = models.BigIntegerField(null=True)
    began_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["room", "guardian"], condition=~Q(state="over"), name="a_guardian_reads_or_asks_once"
            ),
            models.CheckConstraint(condition=Q(state="over") ^ Q(end=""), name="what_is_over_says_how"),
            models.CheckConstraint(
                condition=Q(state="over") ^ Q(over_at=None), name="what_is_over_says_when"
            ),
            models.CheckConstraint(
                condition=~Q(state="reading") | Q(from_s__isnull=False, from_s__gte=1),
                name="a_reader_reads_from_a_number_on",
            ),
            models.CheckConstraint(
                condition=~Q(state="asked") | Q(why="agreed", from_s=None), name="who_asks_reads_nothing_yet"
            ),
        ]

    def __str__(self) -> str:
        return f"reader {self.pk}"
