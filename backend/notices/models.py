"""The outbox: what people are to know, and the letters in which it reaches them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.notices.kinds import Audience, Kind

USER = settings.AUTH_USER_MODEL


class Letter(models.Model):
    """One e-mail to one person, with what was gathered for them.

    day: of Asia/Shanghai, the one on which it goes.  rationed: a family's ordinary one, once a day.
    next_try_at: whoever moves it forward sends; should that worker die, the next may from then on.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        GIVEN_UP = "given_up"

    person = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="letters")
    token = models.UUIDField(default=uuid.uuid4, unique=True)
    day = models.DateField()
    rationed = models.BooleanField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    made_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="letters_to_post"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "day"],
                condition=Q(rationed=True),
                name="a_family_gets_one_letter_a_day",
            ),
            models.CheckConstraint(
                condition=Q(state="sent") ^ Q(sent_at=None), name="a_sent_letter_says_when"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sent", "given_up"]), name="a_letter_is_in_a_known_state"
            ),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"


class Notices(models.QuerySet["Notice"]):
    def unread(self) -> "Notices":
        return self.filter(read_at=None)


class Notice(models.Model):
    """One thing that one person is to know.

    about:     what it is about ("meeting:12"); in a letter only the newest about the same thing is said.
    child:     id of the child whom it concerns; this layer does not know children.
    facts:     what the sentence needs, see backend.notices.wording.
    once:      names something told only once to a person; empty for what may happen again.
    shown_from: nobody sees it earlier.  mail_at, mail_until: between them it goes by letter.
    needed_by: a letter of the evening would be too late when it comes after this.
    """

    person = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Kind])
    audience = models.CharField(max_length=11, choices=[(a.value, a.value) for a in Audience])
    rationed = models.BooleanField()
    about = models.CharField(max_length=40)
    child = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    once = models.CharField(max_length=60, null=True)
    made_at = models.DateTimeField()
    shown_from = models.DateTimeField()
    needed_by = models.DateTimeField(null=True)
    mail_at = models.DateTimeField()
    mail_until = models.DateTimeField()
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="notices")
    read_at = models.DateTimeField(null=True)

    objects = Notices.as_manager()

    class Meta:
        ordering = ["-shown_from", "-pk"]
        indexes = [
            models.Index(fields=["person", "-shown_from"], name="notices_of_a_person"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notices_unread"),
            models.Index(
                fields=["mail_until"], condition=Q(letter=None, read_at=None), name="notices_to_gather"
            ),
            models.Index(fields=["about"], name="notices_about"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "once"], name="what_is_told_once_is_told_once"),
            models.CheckConstraint(condition=~Q(once="") & ~Q(about=""), name="a_notice_is_about_something"),
            models.CheckConstraint(
                condition=Q(rationed=False) | Q(audience__in=["family", "child"]),
                name="only_a_family_is_rationed",
            ),
            models.CheckConstraint(
                condition=Q(audience__in=["coordinator", "duty", "self"]) | Q(child__isnull=False),
                name="a_notice_concerns_a_child",
            ),
            models.CheckConstraint(
                condition=Q(mail_at__gte=models.F("shown_from")), name="a_notice_is_shown_before_it_is_mailed"
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
