"""When the rooms were served."""

from django.db import models
from django.db.models import F, Q


class Serving(models.Model):
    """A time in which one process served the rooms; its end moves on with every heartbeat."""

    process = models.UUIDField()
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["since", "pk"]
        verbose_name_plural = "serving"
        indexes = [models.Index(fields=["seen_at"], name="serving_by_end")]
        constraints = [
            models.UniqueConstraint(fields=["process", "since"], name="a_serving_begins_once"),
            models.CheckConstraint(condition=Q(seen_at__gte=F("since")), name="serving_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"serving {self.pk}"
