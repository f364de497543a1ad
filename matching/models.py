"""Rounds, what they propose, and the pairings that publishing makes of it."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from backend.rosters.models import SLOT_IN_WEEK, Child, Mentor, Subject
from matching.states import State


class Role(models.TextChoices):
    ACADEMIC = "academic", _("academic")
    WELLBEING = "wellbeing", _("wellbeing")


class EndReason(models.TextChoices):
    REMATCHED = "rematched", _("matched again")
    MENTOR_LEFT = "mentor_left", _("the mentor left")
    CHILD_LEFT = "child_left", _("the child left")
    NOT_A_FIT = "not_a_fit", _("not a good fit")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("consent withdrawn")
    FINISHED = "finished", _("the programme is over")


class Round(models.Model):
    """One run of the matching over a frozen roster. See matching.states for its life.

    snapshot:  canonical JSON of the roster it decides on; snapshot_sha256 its hash.
    left_out:  who could not take part, each with the reason: [{"kind", "id", "reason"}].
    attempt:   counts claims; a worker whose attempt is not the row's own may write nothing.
    lease_until: a solving round whose lease has passed belongs to nobody and is claimed again.
    version:   counts edits of the proposals; an edit names the version that it saw.
    """

    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default="draft")
    covers_all = models.BooleanField(default=True)
    chosen = models.ManyToManyField(Child, related_name="+", blank=True)
    weights = models.JSONField(default=dict)
    stickiness = models.PositiveSmallIntegerField(_("stickiness"), default=0)
    gap = models.FloatField(default=0.0)
    time_limit = models.FloatField(null=True, blank=True)
    seed = models.PositiveIntegerField(default=0)

    snapshot = models.TextField(blank=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    left_out = models.JSONField(default=list)

    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    summary = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    solved_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in State]), name="a_round_is_in_a_known_state"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="published"), name="one_round_is_current"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "superseded"])
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="a_published_round_says_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["solved", "published", "superseded"]) | Q(solved_at__isnull=False),
                name="a_solved_round_says_when",
            ),
            models.CheckConstraint(condition=Q(gap__gte=0) & Q(gap__lt=1), name="a_gap_is_a_fraction"),
        ]

    def __str__(self) -> str:
        return f"round {self.pk}"

    @cached_property
    def frozen(self) -> dict[str, Any]:
        """The roster that the round decides on, as `matching.core.codec` writes it: to be read, never changed."""
        return dict(json.loads(self.snapshot))


class Place(models.Model):
    """A child, a role, a mentor and a weekly slot: what a proposal suggests and a pairing promises."""

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="%(class)ss")
    role = models.CharField(_("role"), max_length=10, choices=Role)
    mentor = models.ForeignKey(Mentor, on_delete=models.PROTECT, related_name="%(class)ss")
    slot = models.PositiveSmallIntegerField(_("weekly hour"))
    subject = models.ForeignKey(Subject, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=SLOT_IN_WEEK, name="%(class)s_slot_is_in_the_week"),
            models.CheckConstraint(
                condition=Q(role="academic", subject__isnull=False) | Q(role="wellbeing", subject=None),
                name="%(class)s_has_a_subject_when_academic",
            ),
        ]


class Proposal(Place):
    """What a round suggests for one child and role.

    terms: points of the fit by name.  by_hand: a coordinator chose it after the solver.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="proposals")
    fit = models.SmallIntegerField()
    value = models.SmallIntegerField()
    terms = models.JSONField(default=dict)
    by_hand = models.BooleanField(default=False)

    class Meta(Place.Meta):
        ordering = ["child__roster_id", "role"]
        constraints = [
            *Place.Meta.constraints,
            models.UniqueConstraint(
                fields=["round", "child", "role"], name="a_round_proposes_once_per_child_and_role"
            ),
            models.UniqueConstraint(
                fields=["round", "mentor", "slot"], name="a_round_uses_a_mentor_hour_once"
            ),
            models.UniqueConstraint(
                fields=["round", "child", "slot"], name="a_round_gives_a_child_two_different_hours"
            ),
            models.UniqueConstraint(
                fields=["round", "child", "mentor"], name="a_round_gives_a_child_two_different_people"
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class Unserved(models.Model):
    """A child and role for which the round found nobody, and why.

    facts, remedy: plain values that matching.wording makes a sentence of, in the reader's language.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="unserved")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    reason = models.CharField(max_length=30)
    facts = models.JSONField(default=dict)
    remedy = models.JSONField(default=dict)

    class Meta:
        ordering = ["child__roster_id", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "child", "role"], name="an_unserved_role_stands_once_in_a_round"
            ),
        ]

    def __str__(self) -> str:
        return f"unserved {self.pk}"


class Edit(models.Model):
    """One change of a solved plan by hand, so that it can be told, undone and done again.

    number: the version of the plan that it made.  of: which edit an undo takes back, or a redo makes again.
    before, after: the places that it changed, as matching.steps.Seat writes them.
    """

    class Kind(models.TextChoices):
        CHANGED = "changed", _("changed")
        SWAPPED = "swapped", _("swapped")
        UNDONE = "undone", _("undone")
        REDONE = "redone", _("done again")

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="edits")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=7, choices=Kind)
    of = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField()
    after = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["round", "number"]
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="an_edit_is_numbered_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["undone", "redone"], of__isnull=False)
                | Q(kind__in=["changed", "swapped"], of=None),
                name="an_undo_names_what_it_undoes",
            ),
        ]

    @property
    def nth(self) -> int:
        """Its place among the edits of the round, from 1 on: the plan as it was solved is the first version."""
        return self.number - 1

    def __str__(self) -> str:
        return f"edit {self.number} of round {self.round_id}"


class Comparison(models.Model):
    """What other choices for a child and role would cost the others: asked for, and worked out by the worker.

    version: the edit of the plan that it is about.  attempt, lease_until: as of a round.
    found: matching.core.plan.Alternative as JSON, the cheapest first; null until answered.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="comparisons")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    version = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    found = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "child", "role"], name="a_round_compares_once_per_child_and_role"
            ),
            models.CheckConstraint(
                condition=Q(found__isnull=True) | Q(error=""), name="a_comparison_is_answered_or_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"

    @property
    def state(self) -> str:
        """waiting, answered or failed."""
        return "failed" if self.error else "waiting" if self.found is None else "answered"


class Lock(models.Model):
    """A standing pin (this mentor) or forbid (never this mentor), until somebody lifts it."""

    class Kind(models.TextChoices):
        PIN = "pin", _("pin")
        FORBID = "forbid", _("forbid")

    kind = models.CharField(max_length=6, choices=Kind)
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="locks")
    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="locks")
    role = models.CharField(max_length=10, choices=Role, blank=True)
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="pin") & ~Q(role="") | Q(kind="forbid", slot=None),
                name="a_pin_names_its_role_and_a_forbid_no_slot",
            ),
            models.CheckConstraint(condition=Q(slot=None) | SLOT_IN_WEEK, name="a_lock_slot_is_in_the_week"),
            models.UniqueConstraint(
                fields=["kind", "child", "mentor", "role"],
                condition=Q(lifted_at=None),
                name="a_standing_lock_stands_once",
            ),
            models.UniqueConstraint(
                fields=["child", "role"],
                condition=Q(lifted_at=None, kind="pin"),
                name="one_standing_pin_per_child_and_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Pairings(models.QuerySet["Pairing"]):
    def live(self) -> "Pairings":
        return self.filter(ended_at=None)

    def of_person(self, user: settings.AUTH_USER_MODEL) -> "Pairings":  # type: ignore[name-defined]
        """Pairings in which this user is the child or the mentor."""
        return self.filter(Q(child__user=user) | Q(mentor__user=user))

    def unanswered(self) -> "Pairings":
        """The mentor was asked about the hour and has not said yet."""
        return self.live().filter(asked_at__isnull=False, answer="")


class Pairing(Place):
    """A published child, mentor and role with its weekly slot. Ended ones are kept.

    asked_at: since when the mentor is asked whether the hour suits; a new hour asks anew.
    """

    class Answer(models.TextChoices):
        SUITS = "suits", _("the hour suits")
        DOES_NOT = "does_not", _("the hour does not suit")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="pairings")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)
    asked_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=8, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)

    objects = Pairings.as_manager()

    class Meta(Place.Meta):
        ordering = ["child__roster_id", "role"]
        constraints = [
            *Place.Meta.constraints,
            models.UniqueConstraint(
                fields=["child", "role"],
                condition=Q(ended_at=None),
                name="one_live_pairing_per_child_and_role",
            ),
            models.UniqueConstraint(
                fields=["mentor", "slot"],
                condition=Q(ended_at=None),
                name="a_mentor_hour_serves_one_child",
            ),
            models.UniqueConstraint(
                fields=["child", "slot"],
                condition=Q(ended_at=None),
                name="a_child_s_two_hours_differ",
            ),
            models.UniqueConstraint(
                fields=["child", "mentor"],
                condition=Q(ended_at=None),
                name="a_child_s_two_mentors_differ",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="an_ended_pairing_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="a_pairing_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None)
                | (~Q(answer="") & Q(asked_at__isnull=False, answered_at__gte=F("asked_at"))),
                name="who_answers_was_asked_before",
            ),
        ]

    def __str__(self) -> str:
        return f"pairing {self.pk}"
