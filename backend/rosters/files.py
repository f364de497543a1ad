"""Roster files that people brought, what is remembered of their headings, and rows that were set aside."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RosterUpload(models.Model):
    """A roster file that somebody brought: checked first, then taken whole or not at all.

    choices: how it is read (`reading.chosen.Choices`); the bytes stay as they came, until they are forgotten.
    version: raised by every change; whoever looked at another is told what changed.
    changes: [{"version", "by", "by_id", "at", "what", "facts"}], without a word of the file.
    """

    class State(models.TextChoices):
        REFUSED = "refused", _("has errors")
        CHECKED = "checked", _("checked, not taken yet")
        TAKEN = "taken", _("taken")
        DROPPED = "dropped", _("dropped")

    OPEN = (State.REFUSED, State.CHECKED)  # somebody has still to do something

    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State)
    report = models.JSONField(default=dict)
    choices = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    changes = models.JSONField(default=list)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-uploaded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="taken") ^ Q(taken_at=None), name="a_taken_upload_has_its_time"
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at=None) | Q(state__in=("taken", "dropped")),
                name="a_forgotten_upload_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk}"


class KnownHeading(models.Model):
    """What somebody said a heading of their files means; it is known for the next file."""

    kind = models.CharField(max_length=8)
    heading = models.CharField(max_length=100)
    column = models.CharField(max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "heading"], name="a_heading_means_one_column"),
            models.CheckConstraint(condition=~Q(column=""), name="a_known_heading_means_something"),
        ]

    def __str__(self) -> str:
        return f"{self.heading} = {self.column}"


class SetAside(models.Model):
    """A row that was left out when its file was taken. It waits by name until somebody brings it in or dismisses it.

    cells: canonical column -> text, emptied when it is closed.
    problems: [{"column", "wrong", "expected"}], as they were when it was left out.
    """

    class End(models.TextChoices):
        BROUGHT_IN = "brought_in", _("brought in")
        DISMISSED = "dismissed", _("dismissed")

    upload = models.ForeignKey(RosterUpload, on_delete=models.PROTECT, related_name="rows_aside")
    kind = models.CharField(max_length=8)
    row = models.PositiveIntegerField()
    roster_id = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=60, blank=True)
    cells = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    set_aside_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    end = models.CharField(max_length=10, choices=End, blank=True)

    class Meta:
        ordering = ["-set_aside_at", "kind", "row"]
        verbose_name = _("row set aside")
        constraints = [
            models.UniqueConstraint(fields=["upload", "kind", "row"], name="a_row_is_set_aside_once"),
            models.CheckConstraint(
                condition=Q(closed_at=None) ^ ~Q(end=""), name="a_closed_row_says_how_it_ended"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("set_aside_at")),
                name="a_row_is_closed_after_it_was_set_aside",
            ),
        ]

    def __str__(self) -> str:
        return f"row aside {self.pk}"
