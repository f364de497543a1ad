"""What rooms tell those above them, inside the transaction: a receiver that fails takes it all back."""

from django.dispatch import Signal

# Moved, cancelled or taken back by a person: ``meeting``, ``actor``, ``old_start``, ``was`` (its state),
# ``before`` (id of who changed it last).
meeting_changed = Signal()
summary_written = Signal()  # ``summary``, ``actor``
