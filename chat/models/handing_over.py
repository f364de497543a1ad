"""What one mentor of a child leaves for the next."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from matching.models import Pairing


class HandOver(models.Model):
    """Written by the mentor of a pairing that has ended: what the two did, what helps the child."""

    pairing = models.OneToOneField(Pairing, on_delete=models.PROTECT, related_name="hand_over")
    body = models.TextField(_("what you did, and what helps"))
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["-written_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(body=""), name="a_hand_over_says_something")]

    def __str__(self) -> str:
        return f"hand-over {self.pk}"
