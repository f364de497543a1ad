"""The people of the programme as the roster names them, and what must always be true of them."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backend.rosters.files import KnownHeading as KnownHeading
from backend.rosters.files import RosterUpload as RosterUpload
from backend.rosters.files import SetAside as SetAside

SLOT_IN_WEEK = Q(slot__gte=0) & Q(slot__lte=167)


class Gender(models.TextChoices):
    FEMALE = "f", _("female")
    MALE = "m", _("male")


class SchoolSystem(models.TextChoices):
    SIX_THREE = "6-3", _("6-3")
    FIVE_FOUR = "5-4", _("5-4")


def grade_range(low: str, high: str) -> Q:
    return Q(**{f"{low}__gte": 1}) & Q(**{f"{high}__lte": 12}) & Q(**{f"{low}__lte": F(high)})


class District(models.Model):
    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=40, unique=True)
    name_en = models.CharField(max_length=60)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Subject(models.Model):
    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=20, unique=True)
    name_en = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField(unique=True)

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class Children(models.QuerySet["Child"]):
    def with_consent(self) -> "Children":
        """A consent stands, and the child has not ended its taking part by itself."""
        standing = Consent.objects.filter(child=OuterRef("pk"), withdrawn_on=None)
        return self.filter(Exists(standing), stopped_at=None)

    def publishable(self) -> "Children":
        """Children for whom a pairing may be published today."""
        return self.filter(active=True).with_consent()


class Child(models.Model):
    """stopped_at: when the child itself, old enough for it, ended its taking part. Only it can come back.

    quiet_since, quiet_reason: its family is left in peace (`rosters.quiet`).
    """

    class QuietReason(models.TextChoices):
        BEREAVEMENT = "bereavement", _("somebody died")
        ILLNESS = "illness", _("somebody is seriously ill")
        OWN_WISH = "own_wish", _("the family asked for it")
        OTHER = "other", _("another reason that the coordinators know")

    roster_id = models.CharField(_("child id"), max_length=40, unique=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="child")
    name = models.CharField(_("name"), max_length=60)
    call_name = models.CharField(_("call name"), max_length=60)
    grade = models.PositiveSmallIntegerField(_("grade"))
    school_system = models.CharField(
        _("school system"), max_length=3, choices=SchoolSystem, default=SchoolSystem.SIX_THREE
    )
    district = models.ForeignKey(District, on_delete=models.PROTECT, verbose_name=_("district"))
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True)
    preferred_mentor_gender = models.CharField(
        _("preferred mentor gender"), max_length=1, choices=Gender, blank=True
    )
    priority = models.PositiveSmallIntegerField(_("priority"), default=0)
    previous_academic = models.ForeignKey(
        "Mentor", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    previous_wellbeing = models.ForeignKey(
        "Mentor", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    needs = models.TextField(_("needs"), blank=True)
    birth_date = models.DateField(_("birth date"))
    address = models.CharField(_("address"), max_length=200, blank=True)
    active = models.BooleanField(_("active"), default=True)
    stopped_at = models.DateTimeField(null=True)
    quiet_since = models.DateTimeField(null=True)
    quiet_reason = models.CharField(max_length=11, choices=QuietReason, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = Children.as_manager()

    class Meta:
        ordering = ["roster_id"]
        verbose_name = _("child")
        constraints = [
            models.CheckConstraint(condition=grade_range("grade", "grade"), name="a_grade_is_1_to_12"),
            models.CheckConstraint(condition=Q(priority__lte=3), name="a_priority_is_0_to_3"),
            models.CheckConstraint(condition=~Q(roster_id=""), name="a_child_has_an_id"),
            models.CheckConstraint(
                condition=Q(quiet_since=None) ^ ~Q(quiet_reason=""), name="a_quiet_family_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"child {self.roster_id}"


class ChildSubject(models.Model):
    """rank 0 is the subject wanted most."""

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="wanted")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    rank = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["child", "subject"], name="a_child_wants_a_subject_once"),
            models.UniqueConstraint(fields=["child", "rank"], name="a_child_s_subjects_are_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.subject_id}"


class ChildSlot(models.Model):
    """A weekly hour in which the child is free: weekday * 24 + hour, Monday 00:00 = 0, Asia/Shanghai."""

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="free_slots")
    slot = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["slot"]
        constraints = [
            models.UniqueConstraint(fields=["child", "slot"], name="a_child_slot_stands_once"),
            models.CheckConstraint(condition=SLOT_IN_WEEK, name="a_child_slot_is_in_the_week"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.slot}"


class Guardianship(models.Model):
    """A parent or guardian of a child; ``limited`` sees the schedule only, ``suspended`` nothing.

    withdrew_at: since when it is suspended because this guardian withdrew their consent and another goes on.
    Their consent brings it back.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        LIMITED = "limited", _("schedule only")
        SUSPENDED = "suspended", _("suspended")

    class Reason(models.TextChoices):
        COURT = "court", _("a court or another authority decided so")
        FAMILY = "family", _("the family agreed on it")
        SAFETY = "safety", _("to protect the child")
        OWN_WISH = "own_wish", _("the guardian asked for it")
        MISTAKE = "mistake", _("it was wrong before")

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="guardianships")
    guardian = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="guardianships"
    )
    order = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=200, blank=True)
    withdrew_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["child", "guardian"], name="a_guardian_is_linked_once"),
            models.UniqueConstraint(fields=["child", "order"], name="guardians_are_in_order"),
            models.CheckConstraint(
                condition=Q(status="active") | ~Q(status_reason=""),
                name="a_changed_guardianship_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(withdrew_at=None) | Q(status="suspended"),
                name="a_guardian_who_withdrew_sees_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"guardianship {self.pk}"


class Carer(models.Model):
    """The adult who is with the child now."""

    child = models.OneToOneField(Child, on_delete=models.CASCADE, related_name="carer")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="caring_for")
    relation = models.CharField(_("relation"), max_length=20, blank=True)

    def __str__(self) -> str:
        return f"carer {self.pk}"


class Consent(models.Model):
    """A guardian's consent that the child takes part. One stands at a time; withdrawn ones are kept."""

    class Source(models.TextChoices):
        PAPER = "paper", _("on paper")
        ONLINE = "online", _("online")

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="consents")
    guardian = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=10, choices=Source)
    given_on = models.DateField()
    withdrawn_on = models.DateField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["child"], condition=Q(withdrawn_on=None), name="one_standing_consent_per_child"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(withdrawn_on__gte=F("given_on")),
                name="a_consent_is_withdrawn_after_it_is_given",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None) | Q(withdrawn_on__isnull=False),
                name="who_withdrew_a_consent_did_so_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"


SOON = timedelta(days=14)  # to renew what runs out


class Mentors(models.QuerySet["Mentor"]):
    def publishable(self, today: date) -> "Mentors":
        """Mentors for whom a pairing may be published today; a wellbeing one needs a certificate besides."""
        return self.filter(active=True, paused=False, vetted_until__gte=today)

    def with_certificate(self, today: date) -> "Mentors":
        """``certified``: has a certificate that is valid today."""
        valid = Certificate.objects.filter(Q(valid_until=None) | Q(valid_until__gte=today))
        return self.annotate(certified=Exists(valid.filter(mentor=OuterRef("pk"))))

    def running_out(self, today: date) -> "Mentors":
        """Who takes part and may do so today, but for want of vetting, or of a counsellor's certificate, soon not."""
        then = today + SOON
        vetting = Q(vetted_until__range=(today, then))
        certificate = Q(is_wellbeing=True, certified=True, vetted_until__gte=today)
        lasting = Certificate.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=then), mentor=OuterRef("pk")
        )
        return self.with_certificate(today).filter(vetting | certificate & ~Exists(lasting), active=True)


class Mentor(models.Model):
    roster_id = models.CharField(_("mentor id"), max_length=40, unique=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mentor")
    name = models.CharField(_("name"), max_length=60)
    is_academic = models.BooleanField(_("academic mentor"), default=False)
    is_wellbeing = models.BooleanField(_("wellbeing mentor"), default=False)
    capacity = models.PositiveSmallIntegerField(_("capacity"))
    district = models.ForeignKey(District, on_delete=models.PROTECT, verbose_name=_("district"))
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True)
    vetted_until = models.DateField(_("vetted until"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)
    paused = models.BooleanField(_("paused"), default=False)
    away_until = models.DateField(_("away until"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = Mentors.as_manager()

    class Meta:
        ordering = ["roster_id"]
        verbose_name = _("mentor")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_academic=True) | Q(is_wellbeing=True), name="a_mentor_has_a_role"
            ),
            models.CheckConstraint(condition=~Q(roster_id=""), name="a_mentor_has_an_id"),
        ]

    def __str__(self) -> str:
        return f"mentor {self.roster_id}"

    def is_away(self, day: date) -> bool:
        """Ill, as a coordinator said, up to the end of a day."""
        return self.away_until is not None and day <= self.away_until


class MentorSlot(models.Model):
    """A weekly hour in which the mentor is free, counted like a ChildSlot."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="free_slots")
    slot = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["slot"]
        constraints = [
            models.UniqueConstraint(fields=["mentor", "slot"], name="a_mentor_slot_stands_once"),
            models.CheckConstraint(condition=SLOT_IN_WEEK, name="a_mentor_slot_is_in_the_week"),
        ]

    def __str__(self) -> str:
        return f"{self.mentor_id} {self.slot}"


class Teaching(models.Model):
    """A subject that an academic mentor teaches, grades ``low`` to ``high``."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="teachings")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    low = models.PositiveSmallIntegerField()
    high = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["subject__order", "low"]
        constraints = [
            models.UniqueConstraint(
                fields=["mentor", "subject", "low", "high"], name="a_teaching_stands_once"
            ),
            models.CheckConstraint(condition=grade_range("low", "high"), name="a_teaching_has_a_grade_band"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.low}-{self.high}"


class WellbeingBand(models.Model):
    """Grades that a wellbeing mentor looks after, ``low`` to ``high``."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="wellbeing_bands")
    low = models.PositiveSmallIntegerField()
    high = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["low", "high"]
        constraints = [
            models.UniqueConstraint(fields=["mentor", "low", "high"], name="a_wellbeing_band_stands_once"),
            models.CheckConstraint(condition=grade_range("low", "high"), name="a_wellbeing_band_has_grades"),
        ]

    def __str__(self) -> str:
        return f"{self.low}-{self.high}"


class Certificate(models.Model):
    """What makes a mentor eligible for wellbeing: kept with who checked it and when."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="certificates")
    kind = models.CharField(_("kind"), max_length=40)
    number = models.CharField(_("number"), max_length=60, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_on = models.DateField(null=True)
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mentor", "kind"], name="a_certificate_kind_stands_once"),
            models.CheckConstraint(condition=~Q(kind=""), name="a_certificate_has_a_kind"),
        ]

    def __str__(self) -> str:
        return self.kind

    def is_valid(self, today: date) -> bool:
        return self.valid_until is None or self.valid_until >= today
