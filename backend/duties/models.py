"""What the worker does by the clock, and when it last did it."""

from django.db import models


class Duty(models.Model):
    """A periodic duty. Whoever moves ``next_run_at`` forward has it, so two workers never share one."""

    name = models.CharField(max_length=40, primary_key=True)
    next_run_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "duties"

    def __str__(self) -> str:
        return self.name
