"""The append-only, chained log: who did what to which object, when."""

from django.db import models


class Entry(models.Model):
    """One act. ``hash`` covers this row and the hash before it, so an altered or removed row shows.

    facts: plain values that say what changed; never names, words of a conversation, or contact details.
    """

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True, help_text="User id; empty: the system itself.")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["object_type", "object_id"]), models.Index(fields=["actor_id"])]
        constraints = [
            models.UniqueConstraint(fields=["previous_hash"], name="the_audit_chain_has_no_forks"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="audit_numbers_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class Head(models.Model):
    """The end of the chain, in one row that writers lock so that the chain can't fork."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="the_audit_chain_has_one_head")]

    def __str__(self) -> str:
        return f"head {self.number}"
