"""What rooms tell those above them, inside the transaction: a receiver that fails takes it all back."""

from django.dispatch import Signal

meeting_changed = Signal()  # moved or cancelled by a person: ``meeting``, ``actor``, ``old_start``
summary_written = Signal()  # ``summary``, ``actor``
