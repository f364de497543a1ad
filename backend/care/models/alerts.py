"""Alerts, whom each of them called, and what was done in a case."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.care.detection import Sign
from backend.care.ladder import ROUTES, Route
from backend.care.models.cases import Case
from chat.models import Room, Session

USER = settings.AUTH_USER_MODEL


class Alerts(models.QuerySet["Alert"]):
    def standing(self) -> "Alerts":
        """That nobody has answered, in a case that is not closed."""
        return self.filter(answered_at=None, case__closed_at=None)


class Alert(models.Model):
    """Somebody has to look after a child now. Its case says who does.

    kind: help, concern, report, or a sign of danger in the child's words (S1 …).
    room, s: the message behind it.  raised_by: empty where words were recognised.
    rung, climbs_at: how far up its ladder it is, and when it goes on; see backend.care.ladder.
    exhausted_at: the ladder's end was reached and nobody has answered.
    verdict: what a reviewer says of it afterwards.
    """

    class Kind(models.TextChoices):
        HELP = "help", _("a child asks for a person")
        CONCERN = "concern", _("somebody is worried")
        REPORT = "report", _("somebody was reported")
        S1 = "S1", _("words about wishing to die")
        S2 = "S2", _("words about a plan or a means")
        S3 = "S3", _("words about hurting oneself")
        H1 = "H1", _("words without hope")
        A1 = "A1", _("words about violence at home")
        A2 = "A2", _("words about sexual harm")
        B1 = "B1", _("words about bullying")
        F1 = "F1", _("fear for a parent")

    class Verdict(models.TextChoices):
        TRUE = "true", _("it was right")
        UNSURE = "unsure", _("not sure")
        FALSE = "false", _("it was nothing")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    raised_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    words = models.TextField(blank=True)
    room = models.ForeignKey(Room, null=True, on_delete=models.PROTECT, related_name="+")
    s = models.BigIntegerField(null=True)
    rung = models.SmallIntegerField(default=-1)
    climbs_at = models.DateTimeField(null=True)
    exhausted_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=6, choices=Verdict, blank=True)
    judged_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")

    objects = Alerts.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["climbs_at"], condition=Q(climbs_at__isnull=False), name="alerts_to_climb")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in ROUTES]), name="an_alert_is_of_a_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(room=None, s=None) | Q(room__isnull=False, s__gte=1),
                name="an_alert_names_a_message_or_none",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__gte=F("raised_at"), answered_by__isnull=False, climbs_at=None),
                name="an_answered_alert_says_by_whom_and_climbs_no_more",
            ),
            models.CheckConstraint(
                condition=Q(exhausted_at=None) | Q(climbs_at=None), name="at_its_end_a_ladder_climbs_no_more"
            ),
            models.CheckConstraint(
                condition=Q(verdict="", judged_by=None)
                | Q(verdict__in=["true", "unsure", "false"], judged_by__isnull=False),
                name="a_verdict_is_somebody_s",
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"

    def said_a_slip(self) -> bool:
        """Whether the child has said since that it touched Help by mistake."""
        return any(
            note.kind == Note.Kind.SLIP and note.at >= self.raised_at for note in self.case.notes.all()
        )

    @property
    def in_vain(self) -> bool:
        """Said where nobody could write: there are no words to read, see backend.care.routing."""
        return self.kind in set(Sign) and self.room_id is None

    @property
    def route(self) -> Route:
        return ROUTES[self.kind]


class Wake(models.Model):
    """One person called for one alert: in the site at once, and by the pager where one is set.

    Whoever moves ``next_try_at`` forward calls; should that worker die, the next may from then on.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="wakes")
    person = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    token = models.UUIDField(default=uuid.uuid4, unique=True)
    made_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "person"], name="a_person_is_called_once_for_an_alert")
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(sent_at=None), name="wakes_to_send"),
        ]

    def __str__(self) -> str:
        return f"wake {self.pk}"


class Note(models.Model):
    """One line of what was done in a case, in order. Never changed."""

    class Kind(models.TextChoices):
        TAKEN = "taken", _("took it over")
        CALL = "call", _("telephoned")
        NOTE = "note", _("noted")
        PASSED_ON = "passed_on", _("passed it on")
        SLIP = "slip", _("says: all is well, it was a slip")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=9, choices=Kind)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    body = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["taken", "slip"])
                | (Q(kind__in=["call", "note", "passed_on"]) & ~Q(body="")),
                name="a_note_says_something",
            )
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"


class HelpCard(models.Model):
    """Help offered by itself in a room, of a session the newest offer.

    session: empty where the child was alone.  shown_at: empty until the page has shown it.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    session = models.OneToOneField(Session, null=True, on_delete=models.CASCADE, related_name="+")
    offered_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"help card {self.pk}"
