"""Dated meetings, the sessions that took place, what was written about them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backend.rosters.models import Child, Mentor
from chat.models.rooms import Room
from chat.rules.attendance import Totals
from chat.rules.meetings import NEAR, TO_COME, MeetingState, MissedBy
from chat.rules.meetings import Meeting as MeetingValue
from chat.rules.sessions import EndWhy
from chat.rules.times import HOUR, local_day, local_time
from matching.models import Pairing

USER = settings.AUTH_USER_MODEL


class ProgrammeDates(models.Model):
    """The first and the last day of the programme: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="there_is_one_programme"),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")),
                name="a_programme_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return "programme dates"


class Holiday(models.Model):
    """A day without meetings."""

    day = models.DateField(_("day"), primary_key=True)
    name = models.CharField(_("name"), max_length=40, blank=True)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return str(self.day)


class Measured(models.Model):
    """Seconds that each was present, and both. None until they are final."""

    mentor_s = models.PositiveIntegerField(null=True)
    child_s = models.PositiveIntegerField(null=True)
    both_s = models.PositiveIntegerField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(both_s=None) | (Q(both_s__lte=F("mentor_s")) & Q(both_s__lte=F("child_s"))),
                name="%(class)s_both_is_no_more_than_each",
            )
        ]

    def take(self, totals: Totals) -> None:
        self.mentor_s, self.child_s, self.both_s = seconds(totals)

    def stored(self) -> tuple[int | None, int | None, int | None]:
        return self.mentor_s, self.child_s, self.both_s


def seconds(totals: Totals) -> tuple[int, int, int]:
    """Whole seconds, cut off."""
    spans = (totals.mentor, totals.child, totals.both)
    mentor, child, both = (int(span.total_seconds()) for span in spans)
    return mentor, child, both


class Meetings(models.QuerySet["Meeting"]):
    def to_come(self) -> "Meetings":
        return self.filter(state__in=TO_COME)

    def with_met(self) -> "Meetings":
        """met: they were together for it already."""
        return self.annotate(met=Exists(_sessions()))

    def ahead(self, now: datetime) -> "Meetings":
        """What people are told comes next: not over yet, and not ended by the mentor already, unless the two went on."""
        ended = Exists(_sessions().filter(why=EndWhy.MENTOR)) & ~Exists(_sessions().filter(ended_at=None))
        return self.to_come().filter(start__gt=now - HOUR).exclude(Q(start__lte=now + NEAR) & ended)

    def begun_today(self, now: datetime) -> "Meetings":
        """Those whose hour has begun since midnight; not what was cancelled."""
        begun = self.filter(start__gte=local_time(local_day(now), 0), start__lte=now)
        return begun.exclude(state=MeetingState.CANCELLED)

    def off_ahead(self, now: datetime) -> "Meetings":
        """Cancelled ones whose hour has not come."""
        return self.filter(state=MeetingState.CANCELLED, start__gt=now)

    def called_off(self, now: datetime) -> "Meetings":
        """Cancelled ones of today and tomorrow: whoever waits for one must not find nothing in its place."""
        today = local_day(now)
        return self.filter(
            state=MeetingState.CANCELLED,
            start__gte=local_time(today, 0),
            start__lt=local_time(today, 0) + timedelta(days=2),
        )


def _sessions() -> "models.QuerySet[Session]":
    """Of the meeting outside: those that opened in its hour or a little before."""
    of_pairing = Session.objects.filter(room__pairing=OuterRef("pairing"))
    return of_pairing.filter(opened_at__gte=OuterRef("start") - NEAR, opened_at__lt=OuterRef("start") + HOUR)


class Meeting(Measured):
    """One dated occurrence of a pairing's weekly hour.

    planned_start: by the weekly hour; it names the occurrence.  start: where it is now.
    child, mentor: of the pairing, here so that the database can refuse a doubled hour.
    for_absence: cancelled because the mentor is away, and takes place after all when they are back in time.
    """

    pairing = models.ForeignKey(Pairing, on_delete=models.PROTECT, related_name="meetings")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="meetings")
    mentor = models.ForeignKey(Mentor, on_delete=models.PROTECT, related_name="meetings")
    planned_start = models.DateTimeField()
    start = models.DateTimeField()
    state = models.CharField(
        max_length=9, choices=[(s.value, s.value) for s in MeetingState], default=MeetingState.PLANNED
    )
    changed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    missed_by = models.CharField(max_length=6, choices=[(m.value, m.value) for m in MissedBy], blank=True)
    for_absence = models.BooleanField(default=False)

    met: bool  # only of with_met()

    objects = Meetings.as_manager()

    class Meta(Measured.Meta):
        ordering = ["start", "pk"]
        indexes = [
            models.Index(fields=["state", "start"], name="meetings_by_state"),
            models.Index(fields=["pairing", "start"], name="meetings_of_a_pairing"),
        ]
        constraints = [
            *Measured.Meta.constraints,
            models.UniqueConstraint(
                fields=["pairing", "planned_start"], name="a_weekly_hour_occurs_once_a_date"
            ),
            models.UniqueConstraint(
                fields=["mentor", "start"],
                condition=~Q(state="cancelled"),
                name="a_mentor_meets_one_child_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["child", "start"],
                condition=~Q(state="cancelled"),
                name="a_child_meets_one_mentor_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in MeetingState]), name="a_meeting_is_in_a_known_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="planned") | Q(start=F("planned_start")), name="a_moved_meeting_says_so"
            ),
            models.CheckConstraint(
                condition=Q(state="missed") ^ Q(missed_by=""), name="a_missed_meeting_says_by_whom"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["held", "missed", "void"]) ^ Q(judged_at=None),
                name="a_judged_meeting_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["moved", "cancelled"]) | Q(changed_at__isnull=False),
                name="a_changed_meeting_says_when",
            ),
            models.CheckConstraint(
                condition=Q(for_absence=False) | Q(state="cancelled"),
                name="only_a_cancelled_meeting_is_so_for_an_absence",
            ),
        ]

    def __str__(self) -> str:
        return f"meeting {self.pk}"

    @property
    def moved_from(self) -> datetime | None:
        """When it was to be by the weekly hour, where that is not when it is."""
        return self.planned_start if self.planned_start != self.start else None

    def value(self) -> MeetingValue:
        return MeetingValue(self.pk, self.start, MeetingState(self.state))


class Session(Measured):
    """Time together in a room. decided_at: when its end was known; ``ended_at`` is when it was over.

    next_tick_at: when the clock has something to do with it.  settled_at: its minutes are final since.
    warned_end: the end that both were warned of.  rest_at: when they are told next that it is time to rest.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="sessions")
    meeting = models.ForeignKey(Meeting, null=True, on_delete=models.PROTECT, related_name="sessions")
    opened_at = models.DateTimeField()
    active_at = models.DateTimeField()
    warned_end = models.DateTimeField(null=True)
    rest_at = models.DateTimeField(null=True)
    next_tick_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=6, choices=[(w.value, w.value) for w in EndWhy], blank=True)
    decided_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta(Measured.Meta):
        ordering = ["opened_at", "pk"]
        indexes = [
            models.Index(fields=["next_tick_at"], condition=Q(ended_at=None), name="sessions_to_tick"),
            models.Index(fields=["decided_at"], condition=Q(settled_at=None), name="sessions_to_settle"),
        ]
        constraints = [
            *Measured.Meta.constraints,
            models.UniqueConstraint(
                fields=["room"], condition=Q(ended_at=None), name="one_session_at_a_time_in_a_room"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, why="", decided_at=None)
                | (Q(ended_at__gte=F("opened_at"), decided_at__gte=F("ended_at")) & ~Q(why="")),
                name="an_ended_session_says_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) ^ Q(both_s__isnull=False), name="a_settled_session_has_minutes"
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


class Elsewhere(models.Model):
    """A meeting by telephone or video, as the mentor reports it; never mixed with measured minutes."""

    class Medium(models.TextChoices):
        PHONE = "phone", _("telephone")
        VIDEO = "video", _("video")

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="elsewhere")
    meeting = models.ForeignKey(Meeting, null=True, on_delete=models.PROTECT, related_name="elsewhere")
    medium = models.CharField(max_length=5, choices=Medium)
    began_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    disputed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    disputed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["began_at", "pk"]
        verbose_name_plural = "elsewhere"
        constraints = [
            models.UniqueConstraint(fields=["room", "began_at"], name="a_report_stands_once"),
            models.CheckConstraint(
                condition=Q(minutes__gte=1) & Q(minutes__lte=180), name="a_report_has_plausible_minutes"
            ),
            models.CheckConstraint(
                condition=Q(disputed_at=None, disputed_by=None)
                | Q(disputed_at__isnull=False, disputed_by__isnull=False),
                name="a_dispute_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"elsewhere {self.pk}"


class Summary(models.Model):
    """What was done and what comes next, by the mentor. A change is a new version; none is deleted."""

    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="summaries")
    elsewhere = models.ForeignKey(Elsewhere, null=True, on_delete=models.PROTECT, related_name="summaries")
    version = models.PositiveSmallIntegerField()
    body = models.TextField()
    mood = models.PositiveSmallIntegerField(null=True)
    written_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["version"]
        verbose_name_plural = "summaries"
        constraints = [
            models.UniqueConstraint(fields=["session", "version"], name="a_session_summary_version_once"),
            models.UniqueConstraint(fields=["elsewhere", "version"], name="a_report_summary_version_once"),
            models.CheckConstraint(
                condition=Q(session=None) ^ Q(elsewhere=None), name="a_summary_is_about_one_thing"
            ),
            models.CheckConstraint(
                condition=~Q(body="") & Q(version__gte=1), name="a_summary_says_something"
            ),
            models.CheckConstraint(
                condition=Q(mood=None) | (Q(mood__gte=1) & Q(mood__lte=5)), name="a_mood_is_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"summary {self.pk}"

    @property
    def pairing(self) -> Pairing:
        about = self.session or self.elsewhere
        assert about is not None
        return about.room.pairing
