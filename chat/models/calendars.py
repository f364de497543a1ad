"""The address under which somebody's calendar application finds their meetings."""

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """One a person; making a new one ends the old. Only a hash of the secret in the address is kept."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"
