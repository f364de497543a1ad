"""Cases: what somebody has to look after for a child until it is settled."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.rosters.models import Child
from chat.models import Room, Session

USER = settings.AUTH_USER_MODEL


class Cases(models.QuerySet["Case"]):
    def standing(self) -> "Cases":
        return self.filter(closed_at=None)

    def sealed(self) -> "Cases":
        """Of which the family sees no trace. Closing a case does not release it."""
        return self.filter(sealed_at__isnull=False, released_at=None)

    def alive(self) -> "Cases":
        """That stand, or are sealed still."""
        return self.filter(Q(closed_at=None) | Q(sealed_at__isnull=False, released_at=None))


class Case(models.Model):
    """opened_by: empty for the system.  owner: who looks after it.  due_at: by when.

    named: the adult whom it names, who learns nothing of it.

    sealed_at, released_at: between them nothing of it shows to a parent. Abuse is sealed from the first moment.
    """

    class Kind(models.TextChoices):
        ABUSE = "abuse", _("abuse")
        GUARDIANS_DISAGREE = "guardians_disagree", _("guardians disagree")
        CONSENT_WITHDRAWN = "consent_withdrawn", _("consent withdrawn")
        STOP_ASKED = "stop_asked", _("a child asks to stop")
        HELP = "help", _("a child asks for a person")
        DANGER = "danger", _("words that may mean danger")
        CONCERN = "concern", _("somebody is worried")
        OTHER = "other", _("something else")

    class Outcome(models.TextChoices):
        SETTLED = "settled", _("settled")
        PASSED_ON = "passed_on", _("passed on to the authorities")
        UNFOUNDED = "unfounded", _("nothing was found")

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    opened_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    owner = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="cases")
    named = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)

    objects = Cases.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "abuse",
                        "guardians_disagree",
                        "consent_withdrawn",
                        "stop_asked",
                        "help",
                        "danger",
                        "concern",
                        "other",
                    ]
                ),
                name="a_case_is_of_a_known_kind",
            ),
            models.CheckConstraint(
                condition=~Q(kind="abuse") | Q(sealed_at__isnull=False), name="a_case_of_abuse_is_sealed"
            ),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(sealed_at__isnull=False, released_at__gte=F("sealed_at")),
                name="only_a_sealed_case_is_released",
            ),
            models.CheckConstraint(
                condition=Q(named=None) | Q(owner=None) | ~Q(owner=F("named")),
                name="nobody_looks_after_a_case_that_names_them",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(due_at__gt=F("opened_at")), name="a_case_is_due_after_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="")
                | Q(
                    closed_at__isnull=False,
                    closed_at__gte=F("opened_at"),
                    outcome__in=["settled", "passed_on", "unfounded"],
                ),
                name="a_closed_case_says_with_what_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"

    @property
    def is_sealed(self) -> bool:
        return self.sealed_at is not None and self.released_at is None


class Talk(models.Model):
    """What was said in a room from number ``first`` to ``last`` belongs to the case.

    sessions: in which some of it was said. Those with nothing else are talk too, see chat.sealing.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="talks")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    sessions = models.ManyToManyField(Session, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "room", "first", "last"], name="talk_belongs_to_a_case_once"
            ),
            models.CheckConstraint(
                condition=Q(first__gte=1) & Q(last__gte=F("first")), name="talk_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"talk {self.pk}"
