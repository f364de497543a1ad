"""A room read in an emergency by somebody who does not belong to it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from backend.care import rules
from backend.care.models.cases import Case
from chat.models import Room

USER = settings.AUTH_USER_MODEL


class Readings(models.QuerySet["Reading"]):
    def waiting(self, now: datetime) -> "Readings":
        return self.filter(state=Reading.State.WAITING, asked_at__gt=now - rules.WAITS_FOR)

    def open(self, now: datetime) -> "Readings":
        """Not what another lead found wrong meanwhile."""
        opened = self.filter(state=Reading.State.OPENED).exclude(review=Reading.Review.WRONG)
        return opened.filter(opened_at__lte=now, opened_at__gt=now - rules.OPEN_FOR)

    def refused(self, now: datetime) -> "Readings":
        """Lately, by the second person, or by the review of what was done alone."""
        since = now - rules.REFUSED_FOR
        return self.filter(
            Q(state=Reading.State.REFUSED, decided_at__gt=since)
            | Q(review=Reading.Review.WRONG, reviewed_at__gt=since)
        )

    def to_review(self) -> "Readings":
        return self.filter(alone=True, reviewed_at=None)


class Reading(models.Model):
    """One room, the days from ``first_day`` to ``last_day``, open for an hour from ``opened_at`` on.

    alone: a lead went ahead in immediate danger; another one looks at that afterwards.
    case:  whose it is; while that is sealed the family is not told of the reading.
    """

    class Code(models.TextChoices):
        DANGER = "danger", _("a child may be in danger")
        REPORT = "report", _("somebody reported what was said")
        LAW = "law", _("asked for by law")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a second person")
        OPENED = "opened", _("opened")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("nobody decided in time")

    class Review(models.TextChoices):
        RIGHT = "right", _("it was right to go ahead")
        WRONG = "wrong", _("a second person should have been asked")

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="readings")
    first_day = models.DateField()
    last_day = models.DateField()
    code = models.CharField(max_length=6, choices=Code)
    reason = models.TextField()
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    alone = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review = models.CharField(max_length=5, choices=Review, blank=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="readings")

    objects = Readings.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["asked_by", "opened_at"], name="readings_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="a_reading_is_of_a_range_of_days"
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length(Trim("reason")), rules.LEAST_REASON),
                name="a_reading_has_a_reason_of_20_characters",
            ),
            models.CheckConstraint(
                condition=Q(code__in=["danger", "report", "law"]), name="a_reading_has_a_known_code"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="nobody_approves_their_own_reading",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("asked_by")),
                name="nobody_reviews_their_own_reading",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["waiting", "lapsed"],
                    alone=False,
                    decided_by=None,
                    decided_at=None,
                    opened_at=None,
                )
                | Q(
                    state="refused",
                    alone=False,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    opened_at=None,
                )
                | Q(
                    state="opened",
                    alone=False,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    opened_at__isnull=False,
                    opened_at=F("decided_at"),
                )
                | Q(
                    state="opened",
                    alone=True,
                    decided_by=None,
                    decided_at=None,
                    opened_at__isnull=False,
                    opened_at=F("asked_at"),
                ),
                name="a_reading_opens_once_by_two_or_by_a_lead_alone",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None, review="")
                | Q(
                    alone=True,
                    reviewed_by__isnull=False,
                    reviewed_at__isnull=False,
                    review__in=["right", "wrong"],
                ),
                name="what_was_done_alone_is_reviewed_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["room", "asked_by"],
                condition=Q(state="waiting"),
                name="a_person_asks_once_for_a_room",
            ),
        ]

    def __str__(self) -> str:
        return f"reading {self.pk}"

    @property
    def closes_at(self) -> datetime | None:
        return None if self.opened_at is None else self.opened_at + rules.OPEN_FOR
