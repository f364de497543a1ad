"""Who asks to be rung by a coordinator, about something that is no danger."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL


class CallRequests(models.QuerySet["CallRequest"]):
    def waiting(self) -> "CallRequests":
        return self.filter(answered_at=None)


class CallRequest(models.Model):
    """A mentor, parent or carer asks to be rung. It holds no words: what it is about is said on the telephone.

    answer_by: the moment that they were told.
    """

    class Topic(models.TextChoices):
        HOUR = "hour", _("the weekly hour")
        MENTOR = "mentor", _("the mentor, or the child")
        WAY_IN = "way_in", _("I can't get in, or something does not work")
        OTHER = "other", _("something else")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("spoken with")
        NOT_REACHED = "not_reached", _("not reached, tried more than once")
        TAKEN_BACK = "taken_back", _("no call needed any more")  # by whoever asked

    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="call_requests")
    topic = models.CharField(_("about"), max_length=6, choices=Topic)
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=11, choices=Outcome, blank=True)

    objects = CallRequests.as_manager()

    class Meta:
        ordering = ["answer_by", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by"], condition=Q(answered_at=None), name="a_person_waits_for_one_call"
            ),
            models.CheckConstraint(
                condition=Q(answer_by__gt=F("asked_at")), name="a_call_is_promised_for_later"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, outcome="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(outcome="")),
                name="an_answered_call_says_by_whom_and_how",
            ),
        ]

    def __str__(self) -> str:
        return f"call request {self.pk}"
