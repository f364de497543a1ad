"""What publishing tells those above it, inside its transaction: a receiver that fails takes it all back.

Each is sent with ``pairings`` (a list of Pairing), ``actor`` and ``now``, the time of the publishing.
"""

from django.dispatch import Signal

pairings_started = Signal()
pairings_moved = Signal()  # the weekly hour changed; ``old_slots`` has the hour before, by pairing id
pairings_ended = Signal()
