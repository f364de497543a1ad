"""The duty rota, who sits at the duty screen, and the numbers to ring."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL


class Shifts(models.QuerySet["Shift"]):
    def at(self, moment: datetime) -> "Shifts":
        return self.filter(begins_at__lte=moment, ends_at__gt=moment)

    def within(self, since: datetime, until: datetime) -> "Shifts":
        """Of which any part lies between."""
        return self.filter(begins_at__lt=until, ends_at__gt=since)


class Shift(models.Model):
    """Somebody's time on duty. A person's shifts never lie over each other, nor over a meeting of their own."""

    class Post(models.TextChoices):
        COUNSELLOR = "counsellor", _("duty counsellor")
        LEAD = "lead", _("lead on call")

    person = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="shifts")
    post = models.CharField(_("duty"), max_length=10, choices=Post)
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    objects = Shifts.as_manager()

    class Meta:
        ordering = ["begins_at", "pk"]
        indexes = [models.Index(fields=["ends_at"], name="shifts_by_end")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="a_shift_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(post__in=["counsellor", "lead"]), name="a_shift_is_of_a_duty"),
            models.UniqueConstraint(
                fields=["person", "begins_at"], name="a_person_begins_one_shift_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"shift {self.pk}"


class Watch(models.Model):
    """When somebody's duty screen last asked: whether anybody is there is not told by the rota alone."""

    person = models.OneToOneField(USER, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"watch {self.pk}"


class Hotline(models.Model):
    """A number that somebody answers. What the Help page reads is written to a file, see backend.care.hotlines."""

    number = models.CharField(_("number"), max_length=20)
    name = models.CharField(_("who answers"), max_length=60)
    name_en = models.CharField(_("who answers, in English"), max_length=60)
    confirmed_on = models.DateField(_("confirmed on"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(unique=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__regex=r"^[0-9][0-9 -]{2,19}$"), name="a_hotline_is_a_number"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="a_hotline_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"hotline {self.pk}"
